// @ts-check
import { element } from "./dom.js";
import { ProtocolError } from "./protocol.js";

/** @typedef {import("./protocol.js").Feedback} Feedback */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {(feedback: Feedback) => Promise<boolean>} Send tells whether it was kept */
/**
 * What the part needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {() => Texts} texts
 * @property {(text: string) => void} say announce politely
 * @property {() => void} goOn put the focus where the customer goes on
 */
/** @typedef {"question" | "words" | "thanks" | "not_kept"} Step */

const HEADINGS = { question: "rating_question", words: "rating_words", thanks: "feedback_thanks", not_kept: "feedback_not_kept" };
const MAX_COMMENT = 1_000;
/** Afterwards the question goes, and with it the last thing that belongs to the ended conversation. */
const GONE_AFTER_MS = 10 * 60_000;

/** Asks after a conversation whether it helped. The conversation is over already: nobody has to answer. */
export class ConversationRating {
  /** @type {Chat} */
  #chat;
  /** @type {Send | null} */
  #send = null;
  /** @type {Step} */
  #step = "question";
  /** @type {Feedback["rating"]} */
  #rating = "helpful";
  #busy = false;
  #failed = false;
  /** @type {number | undefined} */
  #timer;

  element = element("section", { class: "rating", "aria-labelledby": "rating-heading", hidden: true });
  #heading = element("h2", { id: "rating-heading", tabindex: "-1" });
  #hint = element("p", { id: "rating-hint", class: "hint" });
  #comment = element("textarea", {
    rows: "2",
    dir: "auto",
    maxlength: MAX_COMMENT,
    autocomplete: "off",
    spellcheck: "false",
    writingsuggestions: "false",
    "aria-labelledby": "rating-heading",
    "aria-describedby": "rating-hint",
  });
  #problem = element("p", { class: "problem", hidden: true });
  #actions = element("div", { class: "choose" });

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.element.append(this.#heading, this.#comment, this.#hint, this.#problem, this.#actions);
  }

  /**
   * Ask, and move the focus to the question.
   *
   * @param {Send} send
   */
  ask(send) {
    this.#send = send;
    this.#comment.value = "";
    this.#busy = false;
    this.#failed = false;
    this.#show("question");
    this.#heading.focus();
    this.#timer = setTimeout(() => this.close(), GONE_AFTER_MS);
  }

  /** Forget the ended conversation. */
  close() {
    clearTimeout(this.#timer);
    const hadFocus = this.#hasFocus;
    this.#send = null;
    this.#comment.value = "";
    this.element.hidden = true;
    if (hadFocus) this.#chat.goOn();
  }

  applyTexts() {
    if (!this.element.hidden) this.#show(this.#step);
  }

  get #hasFocus() {
    return this.element.contains(/** @type {ShadowRoot} */ (this.element.getRootNode()).activeElement);
  }

  /** @param {Step} step */
  #show(step) {
    const texts = this.#chat.texts();
    this.#step = step;
    this.element.lang = texts.language;
    this.element.hidden = false;
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
    const skip = (/** @type {string} */ key) => this.#button(key, () => this.close(), "quiet");
    if (step === "question") {
      return [
        this.#button("feedback_yes", () => this.#rate("helpful")),
        this.#button("feedback_no", () => this.#rate("not_helpful")),
        skip("rating_skip"),
      ];
    }
    if (step === "words") return [this.#button("feedback_send", () => this.#sendWords()), skip("rating_skip")];
    return [skip("data_close")];
  }

  /**
   * @param {string} key
   * @param {() => void} press
   * @param {"" | "quiet"} [kind]
   */
  #button(key, press, kind = "") {
    const button = element("button", { type: "button", class: kind }, this.#chat.texts().get(key));
    button.addEventListener("click", press);
    return button;
  }

  /** @param {Feedback["rating"]} rating */
  #rate(rating) {
    this.#rating = rating;
    void this.#deliver({ message_id: null, rating }, "words");
  }

  #sendWords() {
    const comment = this.#comment.value.trim();
    if (comment === "") this.#comment.focus();
    else void this.#deliver({ message_id: null, rating: this.#rating, comment }, "thanks");
  }

  /**
   * @param {Feedback} feedback
   * @param {Step} next what follows when it was kept
   */
  async #deliver(feedback, next) {
    const send = this.#send;
    if (!send || this.#busy) return;
    this.#busy = true;
    /** @type {Step | null} */
    let step = null;
    try {
      step = (await send(feedback)) ? next : "not_kept";
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    // Meanwhile it may have been skipped.
    if (this.#send !== send) return;
    this.#busy = false;
    this.#failed = step === null;
    const texts = this.#chat.texts();
    if (step === null) {
      this.#problem.textContent = texts.get("feedback_failed");
      this.#problem.hidden = false;
      this.#chat.say(texts.get("feedback_failed"));
      return;
    }
    const hadFocus = this.#hasFocus;
    this.#show(step);
    if (hadFocus) this.#heading.focus();
    else this.#chat.say(texts.get(HEADINGS[step]));
  }
}
