// @ts-check
import { element } from "./dom.js";

/** @typedef {import("./texts.js").Texts} Texts */
/**
 * What the note needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {() => Texts} texts
 * @property {() => string | null} until when the conversation ends (ISO 8601), or null when there is nothing to note
 * @property {(text: string) => void} say announce politely
 */

const AFTER_MS = 10 * 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A quiet note beside the field when nothing was done for a while: the conversation waits, and for how long. */
export class IdleNote {
  /** @type {Chat} */
  #chat;
  /** @type {number | undefined} */
  #timer;

  element = element("p", { class: "idle-note", hidden: true });

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
  }

  /** Something was done, or came: the note goes, and comes back after another quiet while. */
  touch() {
    clearTimeout(this.#timer);
    this.element.hidden = true;
    this.#timer = setTimeout(() => this.#appear(), AFTER_MS);
  }

  applyTexts() {
    if (!this.element.hidden) this.#write();
  }

  #appear() {
    if (!this.#write()) return;
    this.#chat.say(this.element.textContent ?? "");
    const left = Date.parse(this.#chat.until() ?? "") - Date.now();
    this.#timer = setTimeout(() => (this.element.hidden = true), Math.min(left, LONGEST_TIMER_MS));
  }

  /** @returns {boolean} whether there is something to note */
  #write() {
    const until = this.#chat.until();
    const texts = this.#chat.texts();
    const time = until && Date.parse(until) > Date.now() ? texts.moment(until) : null;
    this.element.hidden = time === null;
    this.element.lang = texts.language;
    this.element.textContent = time === null ? "" : texts.get("idle", { time });
    return time !== null;
  }
}
