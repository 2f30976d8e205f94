// @ts-check
import { element, icon } from "./dom.js";
import { link, renderMarkdown } from "./markdown.js";

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
 * @property {string[]} masked labels of what was removed from the customer's text
 * @property {boolean} firstMasked whether the full explanation is shown
 * @property {HTMLLIElement | null} node
 */

const PLACEHOLDER = /\[([A-Z][A-Z_]{2,40})\]/g;

/**
 * @param {Message} message
 * @returns {Entry}
 */
export function received(message) {
  return { message, status: "sent", problem: "", question: null, masked: [], firstMasked: false, node: null };
}

/**
 * @param {string} text a customer's text as it was kept, with `[LABEL]` where something was removed
 * @param {Texts} texts
 * @returns {HTMLParagraphElement}
 */
function customerText(text, texts) {
  const paragraph = element("p", { dir: "auto" });
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const name = texts.label(match[1]);
    if (name === null) continue;
    paragraph.append(text.slice(end, match.index));
    paragraph.append(element("span", { class: "removed", lang: texts.language, "data-label": match[1] }, `[${name}]`));
    end = match.index + match[0].length;
  }
  paragraph.append(text.slice(end));
  return paragraph;
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
 * @param {string[]} labels
 * @param {Texts} texts
 * @returns {string} the labels' names, each once
 */
export function labelNames(labels, texts) {
  return [...new Set(labels.map((label) => texts.label(label) ?? texts.get("masked_other")))].join(", ");
}

/**
 * @param {Entry} entry
 * @param {Texts} texts
 * @returns {string} the sentence about what was removed, or empty
 */
export function maskedNote(entry, texts) {
  if (entry.masked.length === 0) return "";
  return texts.get(entry.firstMasked ? "masked_first" : "masked_again", { labels: labelNames(entry.masked, texts) });
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
  const note = maskedNote(entry, texts);
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
      mine ? null : referenceList(texts.get("links"), message.links, texts),
      mine ? null : referenceList(texts.get("sources"), message.sources, texts),
      mine ? null : reviewNote(message, texts),
    ),
    note && element("p", { class: "masked-note", lang: texts.language }, icon("shield"), element("span", {}, note)),
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
