// @ts-check

/** @typedef {"fi" | "en"} Language */
/** @typedef {{title: string, payload: string | null}} Choice */
/** @typedef {{title: string, url: string, language?: Language | null}} Reference */
/** @typedef {{url: string, alt: string}} Picture */
/**
 * @typedef {object} Message
 * @property {string} id
 * @property {"customer" | "bot"} from
 * @property {Language | null} language
 * @property {string} text
 * @property {string} time
 * @property {Choice[]} [buttons]
 * @property {Reference[]} [links]
 * @property {Reference[]} [sources]
 * @property {string | null} [reviewed]
 * @property {boolean} [volatile]
 * @property {string | null} [action] a dialog that the answer offers: one of the ACTIONS of message-view.js
 * @property {Picture | null} [image] a picture of this site
 * @property {string[]} [masked] labels of what was removed from the customer's text
 * @property {string | null} [notice] what the assistant says about the first removal
 */
/** @typedef {{session: string, expires_at: string, limits: {message_length: number}, messages: Message[]}} Opening */
/** @typedef {{id?: string, language: Language, masked: string[], text: string, notice?: string | null, messages: Message[]}} Answer */
/** @typedef {{expires_at: string, messages: Message[]}} Transcript */
/** @typedef {{version: string, mode: "notice" | "opt-in", title: string, sections: {id: string, heading: string, paragraphs: string[]}[], short: string, consent: string}} Notice */
/** @typedef {{code: string, erased_at: string, counts: Record<string, number>}} Receipt */
/** @typedef {{session: string, expires_at: string, stored: boolean, receipt: Receipt | null}} Unstored */
/** @typedef {{stored: boolean, reference?: string | null, expires_at?: string | null, notice_version?: string | null, consented_at?: string | null, messages: Message[], feedback?: {rating: string, comment?: string | null, time: string}[]}} StoredData */
/** @typedef {{id: string, text: string, payload?: string}} Question */
/** @typedef {{message_id: string | null, rating: "helpful" | "not_helpful", comment?: string}} Feedback null rates the whole conversation */
/** @typedef {{id: string, kind: "outage" | "information", title: string, text: string, until: string | null, link?: Reference | null}} Announcement */
/** @typedef {{agency: string, name: string, text: string, open: boolean, links: Reference[]}} Hours */
/** @typedef {{announcements: Announcement[], hours: Hours[]}} News */

/** Longer than the server's own limit for one answer, so that the page gives up only after the server has. */
const TIMEOUT_MS = 60_000;

/** A request that brought no usable answer; `code` is the server's code, or "network" when none arrived. */
export class ProtocolError extends Error {
  /**
   * @param {string} code
   * @param {number} status 0 when no answer arrived
   * @param {string} message in the customer's language, or empty
   * @param {number | null} [retryAfter] after so many seconds the same request may be let through
   */
  constructor(code, status, message, retryAfter = null) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  get sessionIsOver() {
    return this.status === 401;
  }

  /** The question itself was refused: sending it again unchanged would be refused again. */
  get questionIsRefused() {
    return this.status === 400 || this.status === 413 || this.code === "foreign_origin";
  }
}

/** The requests of a conversation. */
export class Protocol {
  /** The language of the server's error texts: the page's, which may differ from the browser's. */
  language = "en";

  /** @param {URL} base address that ends in a slash */
  constructor(base) {
    this.base = base;
  }

  /**
   * @param {Language} language
   * @returns {Promise<Notice>} the privacy notice in force, and whether it asks for consent
   */
  notice(language) {
    return this.#json(`notice?language=${language}`, ({ version }) => typeof version === "string");
  }

  /**
   * @param {Language} language
   * @param {Notice} notice the one that the customer saw, and consented to where it asks for consent
   * @returns {Promise<Opening>}
   */
  open(language, { version, mode }) {
    const body = { language, notice_version: version, ...(mode === "opt-in" && { consent: true }) };
    return this.#json("sessions", hasMessages, { body });
  }

  /**
   * Ask a question; asking again with the same id is safe and brings the same answer.
   *
   * @param {string} session
   * @param {Question} question
   * @returns {Promise<Answer>}
   */
  ask(session, question) {
    return this.#json("messages", hasMessages, { session, body: question });
  }

  /**
   * @param {string} session
   * @returns {Promise<Transcript>}
   */
  transcript(session) {
    return this.#json("messages", hasMessages, { session });
  }

  /**
   * @param {string} session
   * @param {string | null} last the id of the last message that is known, null for what is new only
   * @param {AbortSignal} signal ends the stream
   * @returns {Promise<ReadableStream<Uint8Array>>} server-sent events, for as long as they come
   */
  async events(session, last, signal) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "text/event-stream", ...(last !== null && { "Last-Event-ID": last }) };
    const response = await this.#fetch("events", { session, headers, signal });
    const isStream = response.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (response.ok && isStream && response.body) return response.body;
    throw refusal(response, await response.text().catch(() => ""));
  }

  /**
   * @param {Language} language
   * @returns {Promise<News>} what staff tell beside the conversation, and when people answer
   */
  news(language) {
    const isNews = (/** @type {any} */ { announcements, hours }) => Array.isArray(announcements) && Array.isArray(hours);
    return this.#json(`announcements?language=${language}`, isNews);
  }

  /**
   * Say what an answer was worth, or the whole conversation; the latest opinion counts.
   *
   * @param {string} session
   * @param {Feedback} feedback
   * @returns {Promise<boolean>} whether it was kept
   */
  async rate(session, feedback) {
    const isKept = (/** @type {any} */ { kept }) => typeof kept === "boolean";
    return (await this.#json("feedback", isKept, { session, body: feedback })).kept;
  }

  /**
   * @param {string} session
   * @returns {Promise<StoredData>}
   */
  stored(session) {
    return this.#json("conversation", hasMessages, { session });
  }

  /**
   * @param {string} session
   * @param {"json" | "html"} format
   * @param {Language} language of the readable page
   * @returns {Promise<string>} the document's own words, to be saved as a file
   */
  storedFile(session, format, language) {
    const path = format === "html" ? `conversation?format=html&lang=${language}` : "conversation";
    return this.#request(path, { session });
  }

  /**
   * Erase what was stored and go on in the service's memory only.
   *
   * @param {string} session
   * @returns {Promise<Unstored>} with the token that replaces the session's
   */
  unstore(session) {
    const isUnstored = (/** @type {any} */ { session: token, stored }) => typeof token === "string" && stored === false;
    return this.#json("conversation/do-not-store", isUnstored, { session, method: "POST" });
  }

  /**
   * Erase the conversation; erasing it again is safe.
   *
   * @param {string} session
   * @returns {Promise<{receipt: Receipt | null}>}
   */
  erase(session) {
    const isErased = (/** @type {any} */ { receipt }) => receipt !== undefined;
    return this.#json("conversation", isErased, { session, method: "DELETE", body: { confirm: true } });
  }

  /**
   * @param {string} path
   * @param {(content: any) => boolean} isValid whether the answer is what was asked for
   * @param {Options} [options]
   * @returns {Promise<any>}
   */
  async #json(path, isValid, options = {}) {
    const content = parsed(await this.#request(path, options));
    if (content && isValid(content)) return content;
    throw new ProtocolError("service_unavailable", 502, "");
  }

  /**
   * @typedef {object} Options
   * @property {string} [session]
   * @property {object} [body]
   * @property {"GET" | "POST" | "DELETE"} [method] by default POST with a body and GET without
   * @property {Record<string, string>} [headers]
   * @property {AbortSignal} [signal]
   *
   * @param {string} path
   * @param {Options} options
   * @returns {Promise<string>} the body of a successful answer
   */
  async #request(path, options) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const response = await this.#fetch(path, { ...options, signal: abort.signal });
      const received = await response.text().catch(() => Promise.reject(new ProtocolError("network", 0, "")));
      if (response.ok) return received;
      throw refusal(response, received);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {string} path
   * @param {Options} options
   * @returns {Promise<Response>} whatever was answered
   */
  async #fetch(path, { session, body, method = body ? "POST" : "GET", headers, signal }) {
    try {
      return await fetch(new URL(path, this.base), {
        method,
        headers: {
          "Accept-Language": this.language,
          ...(session && { Authorization: `Bearer ${session}` }),
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        // A request to erase goes on when the page is closed.
        keepalive: method === "DELETE",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal,
      });
    } catch {
      throw new ProtocolError("network", 0, "");
    }
  }
}

/**
 * @param {Response} response one that brought nothing usable
 * @param {string} received its body
 * @returns {ProtocolError}
 */
function refusal({ status, headers }, received) {
  const error = parsed(received)?.error;
  const wait = parseInt(headers.get("Retry-After") ?? "", 10);
  return new ProtocolError(error?.code ?? "service_unavailable", status, error?.message ?? "", wait > 0 ? wait : null);
}

/** @param {any} content */
function hasMessages(content) {
  return Array.isArray(content.messages);
}

/**
 * @param {string} received
 * @returns {any} null when it is not JSON
 */
function parsed(received) {
  try {
    return JSON.parse(received);
  } catch {
    return null;
  }
}

/**
 * A random identifier for a question, also where crypto.randomUUID is missing (plain http on an internal network).
 *
 * @returns {string} UUID version 4
 */
export function questionId() {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
