// @ts-check
import { element } from "./dom.js";
import { link } from "./markdown.js";
import { ProtocolError } from "./protocol.js";

/** @typedef {import("./protocol.js").Announcement} Announcement */
/** @typedef {import("./protocol.js").Hours} Hours */
/** @typedef {import("./protocol.js").Language} Language */
/** @typedef {import("./protocol.js").News} Told */
/** @typedef {import("./texts.js").Texts} Texts */
/**
 * What the part needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {() => Texts} texts
 * @property {(language: Language) => Promise<Told>} load
 * @property {(text: string) => void} say announce politely
 * @property {() => string} agency the one of the page, whose hours come first; empty for none
 * @property {() => void} goOn put the focus where the customer goes on
 */

const REFRESH_MS = 10 * 60_000;
const KINDS = { outage: "news_outage", information: "news_information" };

/** What staff tell beside the conversation, and when people answer; a failed request changes nothing. */
export class News {
  /** @type {Chat} */
  #chat;
  /** @type {Told} */
  #told = { announcements: [], hours: [] };
  /** @type {Set<string>} announcements that were said already; an announcement has one id in both languages */
  #said = new Set();
  /** @type {Set<string>} */
  #dismissed = new Set();
  #isDue = false;
  /** @type {number | undefined} */
  #timer;

  announcements = element("section", { class: "news", hidden: true });
  #list = element("ul", { role: "list" });
  hours = element("details", { class: "hours", hidden: true });
  #summary = element("summary", {});
  #services = element("div", {});

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    this.announcements.append(this.#list);
    this.hours.append(this.#summary, this.#services);
    document.addEventListener("visibilitychange", () => this.#refreshWhenDue());
  }

  /** Load what is told now, in the page's language. */
  async refresh() {
    const { language } = this.#chat.texts();
    this.#isDue = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isDue = true;
      this.#refreshWhenDue();
    }, REFRESH_MS);
    try {
      const told = await this.#chat.load(language);
      if (language === this.#chat.texts().language) this.#show(told);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
  }

  #refreshWhenDue() {
    if (this.#isDue && !document.hidden) void this.refresh();
  }

  /** @param {Told} told */
  #show(told) {
    const texts = this.#chat.texts();
    const isSame = JSON.stringify(told) === JSON.stringify(this.#told) && this.announcements.lang === texts.language;
    if (isSame) return;
    this.#told = told;
    this.announcements.lang = texts.language;
    this.announcements.setAttribute("aria-label", texts.get("news"));
    this.#showAnnouncements();
    this.#showHours();
    for (const { id, kind, title } of this.#open) {
      if (!this.#said.has(id)) this.#chat.say(`${texts.get(KINDS[kind])}: ${ended(title)}`);
      this.#said.add(id);
    }
  }

  /** The announcements of kinds that have a name, without the dismissed ones. */
  get #open() {
    return this.#told.announcements.filter(({ id, kind }) => Object.hasOwn(KINDS, kind) && !this.#dismissed.has(id));
  }

  #showAnnouncements() {
    const root = /** @type {ShadowRoot} */ (this.announcements.getRootNode());
    const focused = this.#list.contains(root.activeElement) ? root.activeElement?.closest("li")?.dataset.id : undefined;
    this.#list.replaceChildren(...this.#open.map((announcement) => this.#item(announcement)));
    this.announcements.hidden = this.#open.length === 0;
    if (focused === undefined) return;
    const item = Array.from(this.#list.children).find((child) => /** @type {HTMLElement} */ (child).dataset.id === focused);
    const button = (item ?? this.#list).querySelector("button");
    if (button) button.focus();
    else this.#chat.goOn();
  }

  /** @param {Announcement} announcement */
  #item({ id, kind, title, text, until, link: page }) {
    const texts = this.#chat.texts();
    const time = until ? texts.moment(until) : null;
    const hide = element("button", { type: "button", class: "quiet" }, texts.get("news_hide"));
    hide.setAttribute("aria-label", `${texts.get("news_hide")}: ${title}`);
    hide.addEventListener("click", () => {
      this.#dismissed.add(id);
      this.#showAnnouncements();
    });
    return element(
      "li",
      { class: kind, "data-id": id },
      element(
        "div",
        {},
        element("p", {}, element("strong", {}, `${texts.get(KINDS[kind])}:`), ` ${title}`),
        element("p", {}, text),
        time && element("p", { class: "news-until" }, texts.get("news_until", { time })),
        page && element("p", { lang: page.language ?? undefined }, link(page.title, page.url, texts.newTab)),
      ),
      hide,
    );
  }

  #showHours() {
    const texts = this.#chat.texts();
    const own = this.#chat.agency();
    const services = [...this.#told.hours].sort((one, other) => Number(other.agency === own) - Number(one.agency === own));
    this.hours.lang = texts.language;
    this.hours.hidden = services.length === 0;
    this.#summary.textContent = texts.get("hours");
    this.#services.replaceChildren(...services.map((service) => this.#service(service)));
  }

  /** @param {Hours} hours */
  #service({ name, text, open, links }) {
    const texts = this.#chat.texts();
    const items = links.map(({ title, url, language }) => element("li", { lang: language }, link(title, url, texts.newTab)));
    return element(
      "div",
      { class: "service" },
      element("p", {}, element("strong", {}, name)),
      element("p", { class: open ? "is-open" : "is-closed" }, texts.get(open ? "hours_open" : "hours_closed")),
      element("p", {}, text),
      items.length > 0 && element("ul", { role: "list" }, ...items),
    );
  }
}

/** @param {string} title */
function ended(title) {
  return /[.!?…]$/.test(title) ? title : `${title}.`;
}
