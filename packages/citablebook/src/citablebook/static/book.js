/* Notes of origin: keep them on the screen, open them on tap, close them with Escape.
   Without this script they still open on hover and focus, and the number still links. */
(() => {
  // Landmarks of the theme, named for screen readers.
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Contents of the book");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "Contents of this page");

  const place = (number) => {
    const note = number.querySelector(":scope > .note");
    if (!note) return;
    number.classList.remove("dismissed");
    note.style.setProperty("--shift", "0px");
    const box = note.getBoundingClientRect();
    const room = document.documentElement.clientWidth - 8;
    const shift = box.left < 8 ? 8 - box.left : box.right > room ? room - box.right : 0;
    note.style.setProperty("--shift", `${shift}px`);
  };
  const numbers = () => document.querySelectorAll(".number");
  for (const number of numbers()) {
    number.addEventListener("pointerenter", () => place(number));
    number.addEventListener("focusin", () => place(number));
    // On touch the first tap opens the note, the next one follows the link.
    number.addEventListener("click", (event) => {
      const note = number.querySelector(":scope > .note");
      if (note && matchMedia("(hover: none)").matches && number.dataset.open !== "yes") {
        event.preventDefault();
        for (const other of numbers()) delete other.dataset.open;
        number.dataset.open = "yes";
        number.querySelector("a, mark")?.focus();
        place(number);
      }
    });
    number.addEventListener("focusout", () => delete number.dataset.open);
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const number of document.querySelectorAll(".number:hover, .number:focus-within")) number.classList.add("dismissed");
  });
})();
