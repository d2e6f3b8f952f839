// Escape closes the drawer that is open on a narrow screen, and the focus goes back to its button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const toggle of document.querySelectorAll(".sidebar-toggle:checked")) {
    toggle.checked = false;
    toggle.focus();
  }
});

// Sphinx marks the words of a search on the page it found, in drawings too; in the title of one it
// fails, and marks nothing more. So it is told to leave titles out, before it begins.
window.addEventListener(
  "DOMContentLoaded",
  () => {
    for (const title of document.querySelectorAll("svg title")) title.classList.add("nohighlight");
  },
  { capture: true },
);
