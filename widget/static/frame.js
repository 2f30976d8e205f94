// @ts-check
import { element, icon } from "./dom.js";
import { loadTexts } from "./texts.js";

/** @typedef {import("./luotsi-chat.js").LuotsiChat} LuotsiChat */
/** @typedef {import("./protocol.js").Language} Language */

const COLOUR = /^[0-9a-f]{6}$/;
const READABLE = 4.5;
/** The grounds of chat.css on which the accent is used as a colour of text. */
const LIGHT_GROUNDS = ["ffffff", "eff5f6"];
const DARK_GROUNDS = ["141f26", "1e2c34"];

/**
 * What the chat does when the launcher of another page frames it.
 *
 * The two talk about the frame alone: nothing of the conversation is ever sent. What comes is taken only from the page
 * that frames this one, and what is sent reaches only the origin that the launcher named.
 */
export class Frame {
  #chat;
  #host = hostOrigin();
  #isShown = false;
  #unread = 0;
  #isReady = false;
  #close = element("button", { type: "button", slot: "close" }, icon("minimise"));

  /** @param {LuotsiChat} chat before its begin() */
  constructor(chat) {
    this.#chat = chat;
    chat.dataset.framed = "";
    document.documentElement.dataset.framed = "";
    applyAccent(chat);
    chat.append(this.#close);
    this.#close.addEventListener("click", () => this.#tell("close"));
    chat.addEventListener("luotsi-language", (event) => this.#languageChanged(/** @type {CustomEvent} */ (event).detail));
    chat.addEventListener("luotsi-answer", (event) => this.#answersCame(/** @type {CustomEvent} */ (event).detail.count));
    document.addEventListener("keydown", (event) => this.#keyPressed(event));
    window.addEventListener("message", (event) => this.#heard(event));
  }

  /** The chat can be used; a chat that could not be opened stays silent, and the launcher offers another way. */
  ready() {
    if (this.#chat.hasAttribute("failed")) return;
    this.#isReady = true;
    this.#tell("ready");
    this.#tellLanguage();
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    // There, Escape closes the dialog.
    if (this.#chat.shadowRoot?.querySelector("dialog[open]")) return;
    this.#tell("close");
  }

  /** @param {number} count */
  #answersCame(count) {
    if (this.#isShown) return;
    this.#unread += count;
    this.#tell("unread", { count: this.#unread });
  }

  /** @param {{language: Language}} detail */
  #languageChanged({ language }) {
    // The catalogue is loaded already.
    void loadTexts(language).then((texts) => {
      this.#close.setAttribute("aria-label", texts.get("minimise"));
      this.#close.title = texts.get("minimise");
      this.#close.lang = language;
    });
    if (this.#isReady) this.#tellLanguage();
  }

  #tellLanguage() {
    this.#tell("language", { language: document.documentElement.lang, title: document.title });
  }

  /** @param {MessageEvent} event */
  #heard({ source, origin, data }) {
    if (source !== window.parent || this.#host === null || origin !== this.#host) return;
    if (data?.luotsi === "shown") {
      this.#isShown = true;
      if (data.focus === true) this.#chat.focus();
      // Nothing could be scrolled while the frame was hidden; its size comes with the next picture.
      if (this.#unread > 0) requestAnimationFrame(() => requestAnimationFrame(() => this.#chat.showNewest()));
      this.#unread = 0;
    } else if (data?.luotsi === "hidden") {
      this.#isShown = false;
    }
  }

  /**
   * @param {"ready" | "close" | "unread" | "language"} what
   * @param {Record<string, string | number>} [details]
   */
  #tell(what, details = {}) {
    if (this.#host !== null) window.parent.postMessage({ ...details, luotsi: what }, this.#host);
  }
}

/**
 * The origin of the page around this one, as its launcher wrote it behind the "#", which is never sent to a server.
 *
 * @returns {string | null} null if it is no origin, or not the one that the browser knows
 */
function hostOrigin() {
  const named = new URLSearchParams(location.hash.slice(1)).get("host") ?? "";
  const known = location.ancestorOrigins?.[0] ?? named;
  try {
    return known === named && new URL(named).origin === named ? named : null;
  } catch {
    return null;
  }
}

/**
 * Take the authority's colours where they can be read.
 *
 * @param {HTMLElement} chat
 */
function applyAccent(chat) {
  const asked = new URLSearchParams(location.search);
  const [fill, text] = ["accent", "accent-text"].map((name) => asked.get(name) ?? "");
  if (!COLOUR.test(fill) || !COLOUR.test(text) || contrast(fill, text) < READABLE) return;
  const set = (/** @type {string} */ name, /** @type {string} */ value) => chat.style.setProperty(`--luotsi-${name}`, `#${value}`);
  set("fill", fill);
  set("on-fill", text);
  if (LIGHT_GROUNDS.every((ground) => contrast(fill, ground) >= READABLE)) set("accent-on-light", fill);
  if (DARK_GROUNDS.every((ground) => contrast(fill, ground) >= READABLE)) set("accent-on-dark", fill);
}

/**
 * The contrast ratio of WCAG 2.
 *
 * @param {string} one "rrggbb"
 * @param {string} other
 * @returns {number} from 1 to 21
 */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {string} colour "rrggbb" */
function luminance(colour) {
  const [red, green, blue] = [0, 2, 4].map((start) => {
    const part = parseInt(colour.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
