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
/** @typedef {{language: Language, masked: string[], text: string, notice?: string | null, messages: Message[]}} Answer */
/** @typedef {{expires_at: string, messages: Message[]}} Transcript */
/** @typedef {{version: string, mode: "notice" | "opt-in", title: string, sections: {id: string, heading: string, paragraphs: string[]}[], short: string, consent: string}} Notice */
/** @typedef {{code: string, erased_at: string, counts: Record<string, number>}} Receipt */
/** @typedef {{session: string, expires_at: string, stored: boolean, receipt: Receipt | null}} Unstored */
/** @typedef {{stored: boolean, expires_at?: string | null, notice_version?: string | null, consented_at?: string | null, messages: Message[], feedback?: {rating: string, comment?: string | null, time: string}[]}} StoredData */
/** @typedef {{id: string, text: string, payload?: string}} Question */
/** @typedef {{message_id: string, rating: "helpful" | "not_helpful", comment?: string}} Feedback */

/** Longer than the server's own limit for one answer, so that the page gives up only after the server has. */
const TIMEOUT_MS = 60_000;

/** A request that brought no usable answer; `code` is the server's code, or "network" when none arrived. */
export class ProtocolError extends Error {
  /**
   * @param {string} code
   * @param {number} status 0 when no answer arrived
   * @param {string} message in the customer's language, or empty
   */
  constructor(code, status, message) {
    super(message);
    this.name = "ProtocolError";
    this.code = code;
    this.status = status;
  }

  get sessionIsOver() {
    return this.status === 401;
  }

  /** The question itself was refused: sending it again unchanged would be refused again. */
  get questionIsRefused() {
    return this.status === 400 || this.status === 413;
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
   * Say what an answer was worth; the latest opinion counts.
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
   *
   * @param {string} path
   * @param {Options} options
   * @returns {Promise<string>} the body of a successful answer
   */
  async #request(path, { session, body, method = body ? "POST" : "GET" }) {
    /** @type {Record<string, string>} */
    const headers = { "Accept-Language": this.language };
    if (session) headers.Authorization = `Bearer ${session}`;
    if (body) headers["Content-Type"] = "application/json";
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    /** @type {Response} */
    let response;
    /** @type {string} */
    let received;
    try {
      response = await fetch(new URL(path, this.base), {
        method,
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        // A request to erase goes on when the page is closed.
        keepalive: method === "DELETE",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: abort.signal,
      });
      received = await response.text();
    } catch {
      throw new ProtocolError("network", 0, "");
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return received;
    const error = parsed(received)?.error;
    throw new ProtocolError(error?.code ?? "service_unavailable", response.status, error?.message ?? "");
  }
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
