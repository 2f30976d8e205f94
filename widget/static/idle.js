// @ts-check
import { element } from "./dom.js";

/** @typedef {import("./texts.js").Texts} Texts */
/**
 * What the parts need of the chat around them.
 *
 * @typedef {object} Chat
 * @property {() => Texts} texts
 * @property {() => string | null} until when the conversation ends (ISO 8601), or null when it is not one that waits
 * @property {(text: string) => void} say announce politely
 * @property {() => void} closed the conversation went from the screen
 * @property {() => void} opened it is on the screen again
 * @property {() => void} goOn put the focus where the customer goes on
 * @property {() => void} end ask whether to end the conversation
 */
/** @typedef {"" | "note" | "warning" | "closed"} Stage */

/**
 * The times of a conversation in which nothing is done, counted from the last sign of the customer.
 *
 * Between warning and closing lies more than the 20 seconds of WCAG 2.2.1, and one key or touch begins everything anew.
 */
const AFTER_MS = { note: 10 * 60_000, warning: 30 * 60_000, closed: 35 * 60_000 };
/** @type {Record<"" | "note" | "warning", "note" | "warning" | "closed">} */
const NEXT = { "": "note", note: "warning", warning: "closed" };
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * What happens while nothing is done: a note that the conversation waits, a warning, and then the conversation goes
 * from the screen, as somebody else may come to it. The service keeps it, and one press brings it back.
 */
export class Idle {
  /** @type {Chat} */
  #chat;
  /** @type {Stage} */
  #stage = "";
  #touchedAt = Date.now();
  /** @type {number | undefined} */
  #timer;

  note = element("p", { class: "idle-note", hidden: true });
  warning = element("div", { class: "idle-warning", hidden: true });
  #warningText = element("p", {});
  #stay = element("button", { type: "button", class: "primary" });
  cover = element("section", { class: "cover", "aria-labelledby": "cover-heading", hidden: true });
  #coverHeading = element("h2", { id: "cover-heading", tabindex: "-1" });
  #coverText = element("p", {});
  #open = element("button", { type: "button", class: "primary" });
  #end = element("button", { type: "button", class: "quiet" });

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.warning.append(this.#warningText, this.#stay);
    this.cover.append(
      this.#coverHeading,
      this.#coverText,
      element("div", { class: "actions" }, this.#open, this.#end),
    );
    this.#stay.addEventListener("click", () => {
      this.touch();
      this.#chat.goOn();
    });
    this.#open.addEventListener("click", () => {
      this.reopen();
      this.#chat.goOn();
    });
    this.#end.addEventListener("click", () => this.#chat.end());
  }

  /** Something was done, or came: everything begins anew; what is closed stays closed. */
  touch() {
    if (this.#stage === "closed") return;
    this.#touchedAt = Date.now();
    this.#enter("");
  }

  /** Bring the conversation back to the screen. */
  reopen() {
    if (this.#stage !== "closed") return;
    this.#stage = "";
    this.touch();
    this.#chat.opened();
  }

  /** The conversation has ended or another one begins. */
  reset() {
    this.#stage = "";
    this.touch();
  }

  applyTexts() {
    this.#write();
  }

  /** @param {Stage} stage */
  #enter(stage) {
    this.#stage = stage;
    this.#write();
    this.#schedule();
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (this.#stage === "closed") return;
    const next = NEXT[this.#stage];
    const quiet = this.#touchedAt + AFTER_MS[next] - Date.now();
    const left = Date.parse(this.#chat.until() ?? "") - Date.now();
    this.#timer = setTimeout(() => this.#advance(next), Math.min(quiet, left > 0 ? left : quiet, LONGEST_TIMER_MS));
  }

  /** @param {"note" | "warning" | "closed"} stage */
  #advance(stage) {
    if (!this.#isWaiting) {
      this.touch();
      return;
    }
    if (Date.now() < this.#touchedAt + AFTER_MS[stage]) {
      this.#schedule();
      return;
    }
    // After a sleep of the device the time is over, but nobody has been warned.
    if (stage === "warning") this.#touchedAt = Date.now() - AFTER_MS.warning;
    this.#enter(stage);
    if (stage === "closed") this.#chat.closed();
    const part = { note: this.note, warning: this.#warningText, closed: this.#coverHeading }[stage];
    this.#chat.say(part.textContent ?? "");
  }

  get #isWaiting() {
    return Date.parse(this.#chat.until() ?? "") > Date.now();
  }

  #write() {
    const texts = this.#chat.texts();
    const until = this.#chat.until() ?? "";
    const stage = this.#isWaiting || this.#stage === "closed" ? this.#stage : "";
    const closing = new Date(this.#touchedAt + AFTER_MS.closed).toISOString();
    for (const part of [this.note, this.warning, this.cover]) part.lang = texts.language;
    this.note.hidden = stage !== "note";
    this.note.textContent = stage === "note" ? texts.get("idle", { time: texts.moment(until) ?? "" }) : "";
    this.warning.hidden = stage !== "warning";
    this.#warningText.textContent = stage === "warning" ? texts.get("idle_warning", { time: texts.clock(closing) ?? "" }) : "";
    this.#stay.textContent = texts.get("idle_stay");
    this.cover.hidden = stage !== "closed";
    this.#coverHeading.textContent = texts.get("idle_closed");
    this.#coverText.textContent = stage === "closed" ? texts.get("idle_kept", { time: texts.moment(until) ?? "" }) : "";
    this.#open.textContent = texts.get("idle_open");
    this.#end.textContent = texts.get("end_confirm");
  }
}
