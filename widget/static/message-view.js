// @ts-check
import { element, icon } from "./dom.js";
import { link, renderMarkdown, safeAddress } from "./markdown.js";

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Question} Question */
/** @typedef {import("./protocol.js").Reference} Reference */
/** @typedef {import("./texts.js").Texts} Texts */
/**
 * One place in the conversation.
 *
 * @typedef {object} Entry
 * @property {Message} message
 * @property {"sent" | "sending" | "failed" | "retrying"} status
 * @property {string} problem the text key or the server's words for a failure
 * @property {Question | null} question what to send again; null for everything that came from the server
 * @property {number} [retryAt] when the service takes it again (milliseconds since 1970)
 * @property {string[]} masked labels of what was removed from the customer's text
 * @property {HTMLLIElement | null} node
 */

/** `[PHONE_NUMBER]`, or `[NAME_2]` for the second person of the conversation. */
const PLACEHOLDER = /\[([A-Z][A-Z_]{1,39}?[A-Z])(?:_(\d{1,3}))?\]/g;

/**
 * The dialogs that an answer can offer, and the text on the button that opens each.
 *
 * @type {Record<string, string>}
 */
const ACTIONS = { show_stored: "data_show", do_not_store: "data_unstore", delete: "data_delete" };

/**
 * @param {Message} message
 * @returns {Entry}
 */
export function received(message) {
  return { message, status: "sent", problem: "", question: null, masked: message.masked ?? [], node: null };
}

/**
 * Put what the assistant says about a removal before the answer, as a message of its own.
 *
 * @param {Message[]} messages
 * @returns {Message[]}
 */
export function withNotices(messages) {
  return messages.flatMap((message, index) => {
    const { id, notice, time } = message;
    if (!notice) return [message];
    const language = messages[index + 1]?.language ?? null;
    return [message, { id: `${id}-notice`, from: "bot", language, text: notice, time }];
  });
}

/**
 * @param {string} text a customer's text as it was kept, with `[LABEL]` where something was removed
 * @param {Texts} texts
 * @returns {HTMLParagraphElement}
 */
export function customerText(text, texts) {
  const paragraph = element("p", { dir: "auto" });
  let end = 0;
  for (const { 0: whole, 1: label, 2: number, index } of text.matchAll(PLACEHOLDER)) {
    const name = texts.label(label);
    if (name === null) continue;
    const shown = number ? `[${name} ${number}]` : `[${name}]`;
    paragraph.append(text.slice(end, index));
    paragraph.append(element("span", { class: "removed", lang: texts.language, "data-label": label }, shown));
    end = index + whole.length;
  }
  paragraph.append(text.slice(end));
  return paragraph;
}

/**
 * Tell whether a text that was kept may be one that was typed: the same words, but for what was removed from them.
 *
 * @param {string} kept
 * @param {string} typed
 */
export function isSameText(kept, typed) {
  // Control characters, the first slash and the spaces at the end are not kept.
  const bare = (/** @type {string} */ text) => text.replace(/[\p{C}\p{Z}]/gu, "").replace(/^\/+/, "");
  const [first, ...others] = kept.replace(PLACEHOLDER, "\0").split("\0").map(bare);
  const words = bare(typed);
  const last = others.pop();
  if (last === undefined) return words === first;
  if (!words.startsWith(first)) return false;
  let end = first.length;
  for (const part of others) {
    const start = words.indexOf(part, end);
    if (start === -1) return false;
    end = start + part.length;
  }
  return words.length - last.length >= end && words.endsWith(last);
}

/**
 * @param {Texts} texts
 * @param {string} key
 * @param {"privacy" | "accessibility"} [page]
 * @returns {HTMLAnchorElement} a link to the privacy notice or the accessibility statement, beside the conversation
 */
export function noticeLink(texts, key, page = "privacy") {
  const href = new URL(`../${page}?lang=${texts.language}`, import.meta.url).href;
  return element(
    "a",
    { href, target: "_blank", rel: "noopener" },
    texts.get(key),
    icon("external"),
    element("span", { class: "visually-hidden" }, ` (${texts.get("new_tab")})`),
  );
}

/**
 * @param {string} heading
 * @param {Reference[] | undefined} references
 * @param {Texts} texts
 * @returns {HTMLElement | null}
 */
function referenceList(heading, references, texts) {
  if (!references?.length) return null;
  // The title is in the language of its page, which may be neither the answer's nor the chat page's.
  const items = references.map(({ title, url, language }) =>
    element("li", { lang: language }, link(title, url, texts.newTab)),
  );
  return element(
    "div",
    { class: "references" },
    element("p", { class: "references-title", lang: texts.language }, heading),
    element("ul", {}, ...items),
  );
}

/**
 * @param {Message} message
 * @returns {HTMLImageElement | HTMLParagraphElement | null} the message's picture; from anywhere else only its words
 */
export function picture({ image, language }) {
  if (!image) return null;
  const { url, alt } = image;
  const lang = language ?? undefined;
  const src = url.startsWith("/chat/") ? safeAddress(url) : null;
  if (src === null) return element("p", { lang }, alt);
  return element("img", { class: "picture", src, alt, lang, decoding: "async" });
}

/**
 * @param {string[]} labels
 * @param {Texts} texts
 * @returns {string} a short sentence that names what was removed, each kind once; empty without labels
 */
export function removedNote(labels, texts) {
  const names = new Set(labels.map((label) => texts.label(label) ?? texts.get("removed_other")));
  return names.size === 0 ? "" : texts.get("removed", { labels: [...names].join(", ") });
}

/**
 * @param {Entry} entry
 * @param {Texts} texts
 * @returns {string} the note about what was removed without leaving a placeholder
 */
function unseenNote({ message, masked }, texts) {
  const seen = new Set(Array.from(message.text.matchAll(PLACEHOLDER), ([, label]) => texts.label(label)));
  return removedNote(masked.filter((label) => !seen.has(texts.label(label))), texts);
}

/**
 * @param {Message} message
 * @param {Texts} texts
 * @returns {string} the words on the button below an answer that offers a dialog, or empty
 */
export function actionTitle({ action }, texts) {
  return action && Object.hasOwn(ACTIONS, action) ? texts.get(ACTIONS[action]) : "";
}

/**
 * @param {Message} message
 * @param {Texts} texts
 * @returns {HTMLElement | null} what opens the dialog that the answer offers; nothing opens by itself
 */
function actionPart(message, texts) {
  const { action } = message;
  if (action === "show_notice") return element("p", { class: "offer" }, noticeLink(texts, "privacy_link"));
  const title = actionTitle(message, texts);
  if (title === "") return null;
  const button = element("button", { type: "button", lang: texts.language, "data-action": action }, title);
  return element("div", { class: "offer" }, button);
}

/**
 * @param {Message} message
 * @param {Texts} texts
 * @returns {HTMLElement | null} when the answer was checked, and a warning where it changes quickly
 */
function reviewNote(message, texts) {
  const date = message.reviewed ? texts.date(message.reviewed) : null;
  if (!date && !message.volatile) return null;
  return element(
    "div",
    { class: "review", lang: texts.language },
    date && element("p", {}, texts.get("reviewed", { date })),
    message.volatile && element("p", { class: "volatile" }, icon("clock"), element("span", {}, texts.get("volatile"))),
  );
}

/**
 * Build or rebuild the list item of an entry.
 *
 * @param {Entry} entry
 * @param {Texts} texts the language of the page; the message carries its own `lang`
 * @returns {HTMLLIElement}
 */
export function renderEntry(entry, texts) {
  const { message } = entry;
  const mine = message.from === "customer";
  const clock = texts.clock(message.time);
  const note = mine ? unseenNote(entry, texts) : "";
  const body = mine ? customerText(message.text, texts) : renderMarkdown(message.text, texts.newTab);
  const node = element(
    "li",
    { class: `message ${mine ? "customer" : "bot"}`, "data-id": message.id },
    element(
      "p",
      { class: "meta", lang: texts.language },
      element("span", { class: "sender" }, mine ? texts.get("you") : texts.get("name")),
      clock && element("time", { datetime: message.time }, clock),
    ),
    element(
      "div",
      { class: "bubble" },
      element("div", { class: "text", lang: message.language ?? undefined }, body),
      mine ? null : picture(message),
      mine ? null : referenceList(texts.get("links"), message.links, texts),
      mine ? null : referenceList(texts.get("sources"), message.sources, texts),
      mine ? null : reviewNote(message, texts),
    ),
    note && element("p", { class: "removed-note", lang: texts.language }, note),
    mine ? null : actionPart(message, texts),
  );
  entry.node?.replaceWith(node);
  entry.node = node;
  return node;
}

/**
 * What a screen reader hears of a new message: its words, without the Markdown signs.
 *
 * @param {Message} message
 * @param {Texts} texts
 * @returns {string}
 */
export function spokenText(message, texts) {
  const blocks = renderMarkdown(message.text, texts.newTab).querySelectorAll("p, li");
  return Array.from(blocks, (block) => {
    for (const hidden of block.querySelectorAll(".visually-hidden")) hidden.remove();
    for (const lineBreak of block.querySelectorAll("br")) lineBreak.replaceWith(" ");
    const words = (block.textContent ?? "").trim();
    return /[.!?:;…]$/.test(words) ? words : `${words}.`;
  }).join(" ");
}
