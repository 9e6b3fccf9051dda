"use strict";
// What the parts of the page share: what the figures can be opened to, and how an element is made.
const OPENED = JSON.parse(document.getElementById("opened").textContent);

/** An element with these properties and children. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Who follows a link out of a popover wants to see where it leads.
addEventListener("hashchange", () => document.querySelector(":popover-open")?.hidePopover());
