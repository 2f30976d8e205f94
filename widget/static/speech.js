// @ts-check
import { element } from "./dom.js";
import { actionTitle, spokenText } from "./message-view.js";

/** @typedef {import("./protocol.js").Language} Language */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {{text: string, language: Language | null}} Spoken */

const SPEAK_AFTER_MS = 80;
const SILENT_AFTER_MS = 12_000;

/** The one live region: everything is announced once, politely. */
export class Speech {
  /** @type {() => Texts} */
  #texts;
  /** @type {Spoken[]} */
  #waiting = [];
  /** @type {number | undefined} */
  #speakTimer;
  /** @type {number | undefined} */
  #silenceTimer;

  element = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite", "aria-atomic": "true" });

  /** @param {() => Texts} texts those of the page */
  constructor(texts) {
    this.#texts = texts;
  }

  /**
   * What comes within the same moment is joined, so that nothing replaces unread words.
   *
   * @param {...Spoken} spoken
   */
  say(...spoken) {
    this.#waiting.push(...spoken);
    clearTimeout(this.#speakTimer);
    clearTimeout(this.#silenceTimer);
    this.#speakTimer = setTimeout(() => {
      const parts = this.#waiting.splice(0);
      this.element.replaceChildren(
        ...parts.map(({ text, language }) => element("p", { lang: language ?? this.#texts().language }, text)),
      );
      this.#silenceTimer = setTimeout(() => this.element.replaceChildren(), SILENT_AFTER_MS);
    }, SPEAK_AFTER_MS);
  }

  /** Leave no words behind. */
  silence() {
    this.#waiting = [];
    this.element.replaceChildren();
  }

  /**
   * @param {Message[]} messages
   * @returns {Spoken[]} their words, who says them, and what can be pressed
   */
  wordsOf(messages) {
    const texts = this.#texts();
    const { language } = texts;
    const spoken = messages.map((message, index) => {
      const isSame = message.from === messages[index - 1]?.from;
      const sender = isSame ? "" : `${texts.get(message.from === "bot" ? "name" : "you")}: `;
      return { text: sender + spokenText(message, texts), language: message.language };
    });
    const titles = messages.flatMap(({ buttons }) => (buttons ?? []).map(({ title }) => title));
    if (titles.length > 0) spoken.push({ text: `${texts.get("choices")}: ${titles.join(", ")}.`, language });
    const offers = messages.map((message) => actionTitle(message, texts)).filter(Boolean);
    for (const title of offers) spoken.push({ text: texts.get("button", { title }), language });
    return spoken;
  }
}
