// Comfort in a meeting room: the arrow keys, and those of a presenter, do what the links do.

const directions = { ArrowRight: "next", PageDown: "next", ArrowLeft: "prev", PageUp: "prev" };

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = document.querySelector(`a[rel="${directions[event.key]}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
