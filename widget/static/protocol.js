// @ts-check

/** @typedef {"fi" | "en"} Language */
/** @typedef {{title: string, payload: string}} Choice */
/** @typedef {{title: string, url: string, language?: Language | null}} Reference */
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
 */
/** @typedef {{session: string, expires_at: string, limits: {message_length: number}, messages: Message[]}} Opening */
/** @typedef {{language: Language, masked: string[], text: string, messages: Message[]}} Answer */
/** @typedef {{expires_at: string, messages: Message[]}} Transcript */
/** @typedef {{id: string, text: string, payload?: string}} Question */

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

/** The three requests of a conversation. */
export class Protocol {
  /** The language of the server's error texts: the page's, which may differ from the browser's. */
  language = "en";

  /** @param {URL} base address that ends in a slash */
  constructor(base) {
    this.base = base;
  }

  /**
   * @param {Language} language
   * @returns {Promise<Opening>}
   */
  open(language) {
    return this.#request("sessions", { body: { language } });
  }

  /**
   * Ask a question; asking again with the same id is safe and brings the same answer.
   *
   * @param {string} session
   * @param {Question} question
   * @returns {Promise<Answer>}
   */
  ask(session, question) {
    return this.#request("messages", { session, body: question });
  }

  /**
   * @param {string} session
   * @returns {Promise<Transcript>}
   */
  transcript(session) {
    return this.#request("messages", { session });
  }

  /**
   * @param {string} path
   * @param {{session?: string, body?: object}} options
   * @returns {Promise<any>}
   */
  async #request(path, { session, body }) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json", "Accept-Language": this.language };
    if (session) headers.Authorization = `Bearer ${session}`;
    if (body) headers["Content-Type"] = "application/json";
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    /** @type {Response} */
    let response;
    /** @type {any} */
    let content = null;
    try {
      response = await fetch(new URL(path, this.base), {
        method: body ? "POST" : "GET",
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: abort.signal,
      });
      const received = await response.text();
      try {
        content = JSON.parse(received);
      } catch {
        content = null;
      }
    } catch {
      throw new ProtocolError("network", 0, "");
    } finally {
      clearTimeout(timer);
    }
    if (response.ok && Array.isArray(content?.messages)) return content;
    const status = response.ok ? 502 : response.status;
    throw new ProtocolError(content?.error?.code ?? "service_unavailable", status, content?.error?.message ?? "");
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
