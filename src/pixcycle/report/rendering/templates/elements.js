"use strict";
// Shared by all scripts of the page: the data of the figures' interactive parts, and a function to create elements.
const OPENED = JSON.parse(document.getElementById("opened").textContent);

/** Create an element with these properties and children. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// A popover must not cover the target of a link that was followed from it.
addEventListener("hashchange", () => document.querySelector(":popover-open")?.hidePopover());
