// Comfort for every page; each of them works without it.

// A form that deletes or sends something away asks once more.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// After a form came back with errors, the first of them has the focus.
const wrong = document.querySelector("[aria-invalid='true']");
if (wrong) wrong.focus();
