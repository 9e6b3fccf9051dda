// Two images of a row, one over the other, with a divider to drag. Both are cut out of the figure that shows the row.
{
  const viewer = document.getElementById("viewer");
  const strips = [];   // of all figures, in page order
  let at = 0, zoom = 1;

  for (const [id, { strips: rows }] of Object.entries(OPENED)) {
    const drawn = document.querySelector(`#${CSS.escape(id)} .drawn`);
    for (const { label, images } of rows) strips.push({ drawn, label, images, picture: drawn.querySelector("img") });
  }

  if (strips.length) {
    const [title, stage, pair, range] = ["h2", ".stage", ".pair", "input"].map((found) => viewer.querySelector(found));
    const [left, right] = viewer.querySelectorAll("select");
    const [leftImage, rightImage] = viewer.querySelectorAll("canvas");

    const split = (percent) => {
      range.value = percent;
      rightImage.style.clipPath = `inset(0 0 0 ${range.value}%)`;
      viewer.querySelector(".divider").style.left = `${range.value}%`;
    };

    const cut = (canvas, { heading, box }) => {
      const { picture, picture: { naturalWidth, naturalHeight } } = strips[at];
      const [x, y, width, height] = box.map((share, i) => share * (i % 2 ? naturalHeight : naturalWidth));
      const [fromX, fromY] = [Math.ceil(x), Math.ceil(y)];   // leaves out the blurred edge
      const size = [Math.floor(x + width) - fromX, Math.floor(y + height) - fromY];
      [canvas.width, canvas.height] = size;
      canvas.ariaLabel = heading;
      canvas.getContext("2d").drawImage(picture, fromX, fromY, ...size, 0, 0, ...size);
    };

    const draw = () => {
      cut(leftImage, strips[at].images[left.value]);
      cut(rightImage, strips[at].images[right.value]);
      pair.style.setProperty("--shape", leftImage.width / leftImage.height);
    };

    const enlarge = (factor) => {
      zoom = Math.min(8, Math.max(1, zoom * factor));
      pair.style.setProperty("--zoom", zoom);
      stage.classList.toggle("zoomed", zoom > 1);
      viewer.querySelector("output").value = `${zoom}×`;
      stage.scrollTo((stage.scrollWidth - stage.clientWidth) / 2, (stage.scrollHeight - stage.clientHeight) / 2);
    };

    /** Show a row: the images under the same two headings as before if it has them, else its first two. */
    const show = (place, chosen) => {
      at = place;
      const { drawn, label, images } = strips[at];
      const headings = images.map(({ heading }) => heading);
      const before = [left, right].map((select) => select.selectedOptions[0]?.text);
      const kept = chosen ?? before.map((heading) => headings.indexOf(heading));
      const picked = kept.includes(-1) || kept[0] === kept[1] ? [0, 1] : kept;
      for (const [i, select] of [left, right].entries()) {
        select.replaceChildren(...headings.map((heading, value) => element("option", { value, text: heading })));
        select.value = picked[i];
      }
      const number = drawn.closest("figure").querySelector("figcaption b").textContent.replace(/\.$/, "");
      title.textContent = [number, label].filter(Boolean).join(", ");
      for (const button of viewer.querySelectorAll("[data-turn]")) button.disabled = !strips[at + +button.dataset.turn];
      draw();
    };
    const turn = (by) => strips[at + by] && show(at + by);

    for (const [place, { drawn, label, images }] of strips.entries()) {
      const [[x, top, , height], [lastX, , width]] = [images[0].box, images.at(-1).box];
      const compared = [label, images.map(({ heading }) => heading).join(", ")].filter(Boolean).join(": ");
      const button = element("button", { type: "button", className: "strip", ariaLabel: `Compare ${compared}` });
      for (const [name, share] of Object.entries({ left: x, top, width: lastX + width - x, height })) {
        button.style[name] = `${100 * share}%`;
      }
      button.addEventListener("click", ({ clientX, detail }) => {
        const { left: start, width: wide } = drawn.getBoundingClientRect();
        const pointed = detail ? images.findLastIndex(({ box }) => clientX >= start + box[0] * wide) : 1;
        viewer.showModal();
        title.focus();
        enlarge(1 / zoom);
        split(50);
        show(place, [0, Math.max(1, pointed)]);
      });
      drawn.append(button);
    }

    range.addEventListener("input", () => split(range.value));
    for (const select of [left, right]) select.addEventListener("change", draw);
    viewer.addEventListener("click", ({ target: { dataset } }) => {
      if (dataset.turn) turn(+dataset.turn);
      if (dataset.zoom) enlarge(+dataset.zoom);
      if ("close" in dataset) viewer.close();
    });
    const keys = { ArrowLeft: [turn, -1], ArrowRight: [turn, 1], "+": [enlarge, 2], "-": [enlarge, 0.5] };
    viewer.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
      const [act, by] = keys[key] ?? [];
      if (act && !target.matches("select, input") && !ctrlKey && !metaKey && !altKey) act(by);
    });
    pair.onpointerdown = pair.onpointermove = ({ buttons, clientX }) => {
      const { left: start, width } = pair.getBoundingClientRect();
      if (buttons) split((100 * (clientX - start)) / width);
    };
  }
}
