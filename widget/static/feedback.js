// @ts-check
import { element } from "./dom.js";
import { ProtocolError } from "./protocol.js";

/** @typedef {import("./protocol.js").Feedback} Feedback */
/** @typedef {import("./texts.js").Texts} Texts */
/**
 * What the part needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {() => Texts} texts
 * @property {(feedback: Feedback) => Promise<boolean>} send tells whether it was kept
 * @property {(text: string) => void} say announce politely
 * @property {(id: string) => void} done nothing more is asked about this answer
 * @property {(options: {byKeyboard: boolean}) => void} goOn put the focus where the customer goes on
 */
/** @typedef {"question" | "reason" | "words" | "thanks" | "not_kept"} Step */

const HEADINGS = {
  question: "feedback_question",
  reason: "feedback_why",
  words: "feedback_label",
  thanks: "feedback_thanks",
  not_kept: "feedback_not_kept",
};
const REASONS = ["feedback_wrong_topic", "feedback_too_hard", "feedback_out_of_date", "feedback_missing"];
const MAX_COMMENT = 1_000;

/** Two small buttons under the newest answer: whether it helped, and if not, why. */
export class AnswerFeedback {
  /** @type {Chat} */
  #chat;
  /** @type {string | null} */
  #about = null;
  /** @type {Step} */
  #step = "question";
  #busy = false;
  #failed = false;

  element = element("div", { class: "feedback", role: "group", "aria-labelledby": "feedback-heading", hidden: true });
  #heading = element("p", { id: "feedback-heading", class: "feedback-heading" });
  #comment = element("textarea", {
    rows: "2",
    dir: "auto",
    maxlength: MAX_COMMENT,
    autocomplete: "off",
    spellcheck: "false",
    writingsuggestions: "false",
    "aria-labelledby": "feedback-heading",
    "aria-describedby": "feedback-hint",
  });
  #hint = element("p", { id: "feedback-hint", class: "hint" });
  #problem = element("p", { class: "problem", hidden: true });
  #actions = element("div", { class: "actions" });

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.element.append(this.#heading, this.#comment, this.#hint, this.#actions, this.#problem);
  }

  /**
   * Ask about an answer; what was begun about the same answer goes on.
   *
   * @param {string | null} id null asks nothing
   */
  ask(id) {
    if (id === this.#about) return;
    this.#about = id;
    this.#busy = false;
    this.#comment.value = "";
    this.#show("question");
  }

  applyTexts() {
    this.#show(this.#step);
  }

  /** @param {Step} step */
  #show(step) {
    const texts = this.#chat.texts();
    this.#step = step;
    this.element.lang = texts.language;
    this.element.hidden = this.#about === null;
    this.#heading.textContent = texts.get(HEADINGS[step]);
    this.#comment.hidden = step !== "words";
    this.#hint.hidden = step !== "words";
    this.#hint.textContent = step === "words" ? texts.get("input_short_hint") : "";
    this.#problem.hidden = !this.#failed;
    this.#problem.textContent = this.#failed ? texts.get("feedback_failed") : "";
    this.#actions.replaceChildren(...this.#buttons(step));
  }

  /**
   * @param {Step} step
   * @returns {HTMLButtonElement[]}
   */
  #buttons(step) {
    if (step === "question") {
      return [
        this.#button("feedback_yes", (event) => this.#send({ rating: "helpful" }, event)),
        this.#button("feedback_no", (event) => this.#send({ rating: "not_helpful" }, event, "reason")),
      ];
    }
    if (step === "reason") {
      const reasons = REASONS.map((key) => {
        const comment = this.#chat.texts().get(key);
        return this.#button(key, (event) => this.#send({ rating: "not_helpful", comment }, event));
      });
      return [...reasons, this.#button("feedback_own_words", () => this.#askForWords())];
    }
    if (step === "words") return [this.#button("feedback_send", (event) => this.#sendWords(event))];
    return [];
  }

  /**
   * @param {string} key
   * @param {(event: MouseEvent) => void} press
   */
  #button(key, press) {
    const button = element("button", { type: "button" }, this.#chat.texts().get(key));
    button.addEventListener("click", (event) => {
      if (!this.#busy) press(event);
    });
    return button;
  }

  #askForWords() {
    this.#show("words");
    this.#comment.focus();
  }

  /** @param {MouseEvent} event */
  #sendWords(event) {
    const comment = this.#comment.value.trim();
    if (comment === "") this.#comment.focus();
    else void this.#send({ rating: "not_helpful", comment }, event);
  }

  /**
   * @param {Omit<Feedback, "message_id">} feedback
   * @param {MouseEvent} event
   * @param {Step} [next] what follows when it was kept
   */
  async #send(feedback, event, next = "thanks") {
    const about = this.#about;
    if (about === null) return;
    const byKeyboard = event.detail === 0;
    this.#busy = true;
    this.#failed = false;
    /** @type {Step | null} */
    let step = null;
    try {
      step = (await this.#chat.send({ message_id: about, ...feedback })) ? next : "not_kept";
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    // Meanwhile another answer may have come.
    if (this.#about !== about) return;
    this.#busy = false;
    this.#failed = step === null;
    const texts = this.#chat.texts();
    if (step === null) {
      this.#problem.textContent = texts.get("feedback_failed");
      this.#problem.hidden = false;
      this.#chat.say(texts.get("feedback_failed"));
      return;
    }
    const hadFocus = this.element.contains(/** @type {ShadowRoot} */ (this.element.getRootNode()).activeElement);
    this.#show(step);
    this.#chat.say(texts.get(HEADINGS[step]));
    if (step !== "reason") this.#chat.done(about);
    if (!hadFocus) return;
    if (step === "reason") this.#actions.querySelector("button")?.focus();
    else this.#chat.goOn({ byKeyboard });
  }
}
