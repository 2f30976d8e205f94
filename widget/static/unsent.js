// @ts-check
import { element } from "./dom.js";

/** @typedef {import("./message-view.js").Entry} Entry */
/** @typedef {import("./texts.js").Texts} Texts */
/**
 * @typedef {object} Deeds
 * @property {() => void} retry
 * @property {() => void} edit
 */

/**
 * @param {Entry} entry
 * @returns {number} whole seconds until the service takes it again, 0 when it does
 */
export function secondsLeft({ retryAt = 0 }) {
  return Math.max(0, Math.ceil((retryAt - Date.now()) / 1_000));
}

/**
 * @param {Entry} entry
 * @param {Texts} texts
 * @returns {string} "12 s", or "3 min" where seconds would only be unrest
 */
export function waitText(entry, texts) {
  const seconds = secondsLeft(entry);
  if (seconds < 100) return texts.get("wait_seconds", { count: seconds });
  return texts.get("wait_minutes", { count: Math.ceil(seconds / 60) });
}

/**
 * @param {Pick<Entry, "problem">} entry
 * @param {Texts} texts
 * @returns {string} why it was not sent: a text of the page, or the server's own words
 */
export function problemText({ problem }, texts) {
  return Object.hasOwn(texts.catalogue, problem) ? texts.get(problem) : problem;
}

/**
 * Show whether a question was sent; the retry button stays the same element so that it keeps the focus.
 *
 * @param {Entry} entry
 * @param {Texts} texts
 * @param {Deeds} deeds
 */
export function renderState(entry, texts, deeds) {
  const { node, status } = entry;
  if (!node) return;
  const shown = status === "failed" || status === "retrying";
  node.classList.toggle("unsent", shown);
  let state = node.querySelector(".state");
  if (!shown) {
    state?.remove();
    return;
  }
  if (!state) {
    const retry = element("button", { type: "button", class: "retry" });
    retry.addEventListener("click", deeds.retry);
    const edit = element("button", { type: "button", class: "quiet edit" }, texts.get("edit"));
    edit.addEventListener("click", deeds.edit);
    const buttons = element("div", { class: "actions" }, retry, entry.question?.payload ? null : edit);
    state = element("div", { class: "state", lang: texts.language }, element("p", { class: "problem" }), buttons);
    node.append(state);
  }
  const retry = /** @type {HTMLButtonElement} */ (state.querySelector(".retry"));
  const waits = status === "failed" && secondsLeft(entry) > 0;
  if (waits) retry.textContent = texts.get("retry_in", { wait: waitText(entry, texts) });
  else retry.textContent = texts.get(status === "retrying" ? "retrying" : "retry");
  retry.setAttribute("aria-disabled", String(waits || status === "retrying"));
  /** @type {HTMLElement} */ (state.querySelector(".problem")).replaceChildren(
    element("strong", {}, texts.get("not_sent")),
    ` ${problemText(entry, texts)}`,
  );
}

/**
 * Show every second how long a question has to wait, for as long as it waits.
 *
 * @param {Entry} entry
 * @param {() => boolean} tick shows it, and tells whether it still waits
 */
export function countDown(entry, tick) {
  const left = secondsLeft(entry);
  if (!tick() || left === 0) return;
  setTimeout(() => countDown(entry, tick), (entry.retryAt ?? 0) - Date.now() - (left - 1) * 1_000);
}
