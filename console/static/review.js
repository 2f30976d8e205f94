// Comfort for reading conversations: keys, and words that are selected go into the form. All of it works without this.
(() => {
  const list = document.querySelector("[data-transcript]");
  if (!list) return;
  const messages = [...list.querySelectorAll("[data-message]")];
  const STORED = "luotsi-review-keys";

  // Shortcuts of one letter can be switched off (WCAG 2.1.4); the choice stays in this browser.
  const help = document.querySelector("[data-keys]");
  const on = document.querySelector("[data-keys-on]");
  if (help) {
    help.hidden = false;
    on.checked = localStorage.getItem(STORED) !== "off";
    on.addEventListener("change", () => localStorage.setItem(STORED, on.checked ? "on" : "off"));
  }

  const current = () => document.activeElement.closest?.("[data-message]")
    || (location.hash && document.querySelector(`${location.hash}[data-message]`)) || null;
  const go = (step) => {
    const place = messages.indexOf(current());
    const next = messages[place < 0 ? 0 : Math.min(messages.length - 1, Math.max(0, place + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const send = (root, verb) => root?.querySelector(`form[data-verb="${verb}"] button`)?.click();
  const write = (message, selector) => {
    const field = message?.querySelector(selector);
    if (!field) return;
    field.closest("details")?.setAttribute("open", "");
    field.focus();
  };

  // Where the last selection within a message began, in characters of the stored text.
  let chosen = null;
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const words = selection.toString().trim();
    if (!words || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    const node = range.startContainer;
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const message = element?.closest("[data-said]")?.closest("[data-message]");
    if (!message) return;
    const piece = element.closest("[data-at]");
    const skipped = selection.toString().length - selection.toString().trimStart().length;
    // Offsets in a browser count UTF-16 units; the service counts characters.
    const before = piece && node.nodeType === Node.TEXT_NODE ? [...node.data.slice(0, range.startOffset)].length : null;
    chosen = { message, words, start: before === null ? "" : Number(piece.dataset.at) + before + skipped };
  });
  const fill = (field) => {
    const typed = field.value && field.value !== field.dataset.filled;
    if (!chosen || typed || field.closest("[data-message]") !== chosen.message) return;
    field.value = field.dataset.filled = chosen.words;
    field.form.elements.start.value = chosen.start;
  };
  list.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-selection]")) fill(event.target);
  });
  list.addEventListener("toggle", (event) => {
    if (event.target.open) event.target.querySelectorAll("[data-selection]").forEach(fill);
  }, true);
  list.addEventListener("input", (event) => {
    if (event.target.matches("[data-selection]")) event.target.form.elements.start.value = "";
  });

  document.addEventListener("keydown", (event) => {
    if (on && !on.checked) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
    const inMessage = event.target.closest("[data-message]");
    const actions = {
      j: () => go(1),
      k: () => go(-1),
      ArrowDown: inMessage === event.target ? () => go(1) : null,
      ArrowUp: inMessage === event.target ? () => go(-1) : null,
      r: () => send(current(), "right"),
      w: () => write(current(), 'form[data-verb="wrong"] input[name="topic"]'),
      f: () => send(current(), "flag"),
      n: () => write(current(), 'form[data-verb="note"] textarea'),
      m: () => write(current(), 'form[data-verb="mask"] input[name="words"]'),
      d: () => send(document.querySelector("aside"), "reviewed"),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });

  // After a mark, reading goes on at its message.
  if (location.hash) document.querySelector(`${location.hash}[data-message]`)?.focus();
})();
