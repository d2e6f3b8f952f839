// Escape closes the drawer that is open on a narrow screen, and the focus goes back to its button.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const toggle of document.querySelectorAll(".sidebar-toggle:checked")) {
    toggle.checked = false;
    toggle.focus();
  }
});
