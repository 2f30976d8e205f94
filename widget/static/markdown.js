// @ts-check
import { element, icon } from "./dom.js";

/** @typedef {{words: string, language: string}} NewTab the words that say a link opens a new tab, and their language */

const INLINE = /\*\*([^*\n]+)\*\*|\[([^\][\n]{1,300})\]\(([^()\s]{1,2000})\)/g;
const BULLET = /^\s*[-*]\s+(.*)$/;

/**
 * The address to link to, or null when it must stay text: only https: and this site's own /chat/ pages are linked.
 *
 * @param {string} address
 * @param {string} [origin]
 * @returns {string | null}
 */
export function safeAddress(address, origin = location.origin) {
  if (!/^(https:\/\/|\/chat\/)/i.test(address)) return null;
  let url;
  try {
    url = new URL(address, origin);
  } catch {
    return null;
  }
  if (url.username || url.password) return null;
  if (address.startsWith("/")) return url.origin === origin && url.pathname.startsWith("/chat/") ? url.href : null;
  return url.protocol === "https:" ? url.href : null;
}

/**
 * A link that opens beside the conversation and tells the other side nothing about it; plain text if unsafe.
 *
 * @param {string} title
 * @param {string} address
 * @param {NewTab} newTab
 * @returns {Node}
 */
export function link(title, address, newTab) {
  const href = safeAddress(address);
  if (href === null) return document.createTextNode(title);
  return element(
    "a",
    { href, target: "_blank", rel: "noopener noreferrer" },
    title,
    icon("external"),
    element("span", { class: "visually-hidden", lang: newTab.language }, ` (${newTab.words})`),
  );
}

/**
 * @param {string} text
 * @param {NewTab} newTab
 * @returns {Node[]}
 */
function inline(text, newTab) {
  /** @type {Node[]} */
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, strong, title, address] = match;
    if (match.index > end) nodes.push(document.createTextNode(text.slice(end, match.index)));
    if (strong !== undefined) {
      nodes.push(element("strong", {}, ...inline(strong, newTab)));
    } else {
      nodes.push(safeAddress(address) === null ? document.createTextNode(whole) : link(title, address, newTab));
    }
    end = match.index + whole.length;
  }
  if (end < text.length) nodes.push(document.createTextNode(text.slice(end)));
  return nodes;
}

/**
 * Render the Markdown subset of an answer (paragraphs, line breaks, lists, bold, links) as DOM nodes.
 *
 * @param {string} text
 * @param {NewTab} newTab
 * @returns {DocumentFragment} anything else in the text appears literally
 */
export function renderMarkdown(text, newTab) {
  const fragment = document.createDocumentFragment();
  /** @type {HTMLElement | null} */
  let block = null;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const bullet = BULLET.exec(line);
    if (line.trim() === "") {
      block = null;
    } else if (bullet) {
      if (block?.localName !== "ul") {
        block = element("ul", { dir: "auto" });
        fragment.append(block);
      }
      block.append(element("li", {}, ...inline(bullet[1], newTab)));
    } else if (block?.localName === "p") {
      block.append(element("br"), ...inline(line, newTab));
    } else {
      block = element("p", { dir: "auto" }, ...inline(line, newTab));
      fragment.append(block);
    }
  }
  return fragment;
}
