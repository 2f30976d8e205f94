// @ts-check

/** @typedef {import("./protocol.js").Language} Language */

/** @type {readonly Language[]} */
export const LANGUAGES = ["fi", "en"];

/**
 * @param {unknown} value
 * @returns {value is Language}
 */
export function isLanguage(value) {
  return value === "fi" || value === "en";
}

/**
 * The page's language: the address decides, then the browser's preferences, then English.
 *
 * @param {string} query the query part of the address
 * @param {readonly string[]} preferences BCP 47 tags, best first
 * @returns {Language}
 */
export function chooseLanguage(query, preferences) {
  const asked = new URLSearchParams(query).get("lang");
  if (isLanguage(asked)) return asked;
  return preferences.map((tag) => tag.toLowerCase().split("-")[0]).find(isLanguage) ?? "en";
}

/** One language's catalogue of texts, and its way of writing dates. */
export class Texts {
  /**
   * @param {Language} language
   * @param {Record<string, string>} catalogue
   */
  constructor(language, catalogue) {
    this.language = language;
    this.catalogue = catalogue;
    this.locale = language === "fi" ? "fi-FI" : "en-GB";
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values] replace `{name}` in the text
   * @returns {string}
   */
  get(key, values = {}) {
    const text = this.catalogue[key];
    if (text === undefined) throw new Error(`No text ${key} in ${this.language}`);
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  }

  /**
   * @param {string} label an entity label such as PHONE_NUMBER
   * @returns {string | null} its name for the customer, or null if it has none
   */
  label(label) {
    return Object.hasOwn(this.catalogue, `label_${label}`) ? this.catalogue[`label_${label}`] : null;
  }

  /** What a link says to screen readers; it is read in the page's language, whatever surrounds it. */
  get newTab() {
    return { words: this.get("new_tab"), language: this.language };
  }

  /**
   * @param {string} date "2026-11-21"
   * @returns {string | null} null if it is no date
   */
  date(date) {
    const value = new Date(`${date.slice(0, 10)}T00:00:00Z`);
    if (Number.isNaN(value.getTime())) return null;
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "long", timeZone: "UTC" }).format(value);
  }

  /**
   * @param {string} time ISO 8601
   * @returns {string | null} date and clock time where the customer is
   */
  moment(time) {
    const value = new Date(time);
    if (Number.isNaN(value.getTime())) return null;
    return new Intl.DateTimeFormat(this.locale, { dateStyle: "long", timeStyle: "short" }).format(value);
  }

  /**
   * @param {string} time ISO 8601
   * @returns {string | null} the clock time where the customer is
   */
  clock(time) {
    const value = new Date(time);
    if (Number.isNaN(value.getTime())) return null;
    return new Intl.DateTimeFormat(this.locale, { hour: "2-digit", minute: "2-digit" }).format(value);
  }
}

/** @type {Map<Language, Promise<Texts>>} */
const loaded = new Map();

/**
 * @param {Language} language
 * @returns {Promise<Texts>} loaded once; a failed load is tried again the next time
 */
export function loadTexts(language) {
  let texts = loaded.get(language);
  if (!texts) {
    texts = fetch(new URL(`./messages.${language}.json`, import.meta.url)).then(async (response) => {
      if (!response.ok) throw new Error(`Texts: ${response.status}`);
      return new Texts(language, await response.json());
    });
    texts.catch(() => loaded.delete(language));
    loaded.set(language, texts);
  }
  return texts;
}
