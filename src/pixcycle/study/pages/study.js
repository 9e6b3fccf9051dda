// The trials of one participant: fetch a pair, show it for SHOWN_MS, ask which image was real, continue.
"use strict";

const SHOWN_MS = Number(document.body.dataset.shownMs);
const KEYS = { ArrowLeft: "left", ArrowRight: "right" };
const byId = (id) => document.getElementById(id);
const images = { left: byId("left"), right: byId("right") };
let step = null; // which keys are active: those of "ready", of "question", or none
let turn = null;
let displayedMs = 0;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const frame = () => new Promise(requestAnimationFrame);

// Repeat a request until the server accepts or refuses it, so that nothing is lost while it is down or busy.
async function ask(address, content = {}) {
  for (;;) {
    try {
      const answer = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(content),
      });
      const busy = answer.status === 429; // too many people begin at once
      if (answer.status < 500 && !busy) {
        byId("trouble").hidden = true;
        return { status: answer.status, content: await answer.json().catch(() => ({})) };
      }
    } catch { /* no connection */ }
    byId("trouble").hidden = false;
    await pause(1000);
  }
}

function wait(now) {
  step = now;
  byId("ready").hidden = now !== "ready";
  byId("question").hidden = now !== "question";
}

function only(section) {
  for (const id of ["consent", "trials", "end"]) byId(id).hidden = id !== section;
}

// Fetch the image of a side. Return false if its pair was shown in another window in the meantime.
async function fetched(side) {
  for (;;) {
    try {
      const answer = await fetch(`/image/${turn.token}/${side}`);
      if (answer.ok) {
        images[side].src = URL.createObjectURL(await answer.blob());
        await images[side].decode();
        return true;
      }
      if (answer.status < 500) return false;
    } catch { /* no connection */ }
    await pause(1000);
  }
}

async function next() {
  wait(null);
  do {
    const answer = await ask("/turn");
    if (answer.status !== 200) return only("consent"); // a participant of another study
    turn = answer.content;
    if (turn.finished) return only("end");
  } while (!(await Promise.all([fetched("left"), fetched("right")])).every(Boolean));
  only("trials");
  byId("progress").textContent = `${turn.practice ? "Practice pair" : "Pair"} ${turn.number} of ${turn.of}`;
  wait("ready");
  byId("next").focus();
}

async function show() {
  wait(null);
  byId("message").textContent = "";
  const { status } = await ask("/show", { token: turn.token });
  if (status !== 200) return next(); // shown in another window
  await frame();
  const begun = performance.now();
  for (const image of Object.values(images)) image.hidden = false;
  await pause(SHOWN_MS);
  await frame();
  for (const image of Object.values(images)) {
    image.hidden = true;
    URL.revokeObjectURL(image.src);
    image.removeAttribute("src");
  }
  displayedMs = performance.now() - begun;
  byId("message").textContent = "Which one was real?";
  wait("question");
}

async function answer(real) {
  wait(null);
  const { content } = await ask("/answer", { token: turn.token, real, displayed_ms: displayedMs });
  const feedback = { true: "Right: that was the real one.", false: "Wrong: that one was generated." };
  byId("message").textContent = feedback[content.right] ?? "";
  await next();
}

byId("begin").addEventListener("click", async () => {
  await ask("/begin");
  await next();
});
byId("next").addEventListener("click", () => step === "ready" && show());
for (const button of byId("question").querySelectorAll("button")) {
  button.addEventListener("click", () => step === "question" && answer(button.dataset.real));
}
document.addEventListener("keydown", (event) => {
  if (event.repeat) return;
  if (step === "question" && event.key in KEYS) {
    event.preventDefault();
    answer(KEYS[event.key]);
  } else if (step === "ready" && event.key === " ") {
    event.preventDefault();
    show();
  }
});
if ("known" in document.body.dataset) next();
