// Tells that a session is about to end for want of use, so that nothing that was written and not sent is lost.
const dialog = document.getElementById("idle");
const LAST_USE = "luotsi-last-use"; // shared by the tabs of this browser: a page in one of them keeps the session alive
const WARNING_MS = 120_000;
const idleMs = Number(dialog.dataset.seconds) * 1000;

function used() {
  localStorage.setItem(LAST_USE, String(Date.now()));
}

function show(state) {
  dialog.querySelector(".soon").hidden = state !== "soon";
  dialog.querySelector(".over").hidden = state !== "over";
  if (!dialog.open) dialog.showModal();
}

function look() {
  const left = Number(localStorage.getItem(LAST_USE)) + idleMs - Date.now();
  if (left <= 0) show("over");
  else if (left <= WARNING_MS) show("soon");
  else if (dialog.open && !dialog.querySelector(".soon").hidden) dialog.close();
  if (left > 0) setTimeout(look, Math.max(1000, Math.min(left, left - WARNING_MS > 0 ? left - WARNING_MS : left)));
}

dialog.querySelector(".soon button").addEventListener("click", async () => {
  const answer = await fetch(dialog.dataset.stay, { redirect: "manual" }).catch(() => null);
  if (answer?.ok) {
    used();
    dialog.close();
  } else {
    show("over");
  }
});
dialog.querySelector(".over button").addEventListener("click", () => dialog.close());

used();
look();
