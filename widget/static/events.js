// @ts-check
import { ProtocolError } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Transcript} Transcript */
/** @typedef {{name: string, id: string | null, data: string}} StreamEvent */
/** @typedef {{hasLived: boolean, isRefused: boolean, retryAfter: number}} Outcome */
/**
 * What the stream needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {(last: string | null, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>} open the conversation's events after a message
 * @property {() => Promise<Transcript>} poll the whole conversation
 * @property {(messages: Message[]) => void} messages what came, in the server's order; some of it may be known already
 * @property {(typing: boolean) => void} typing whether an answer is being made
 * @property {(reason: "erased" | "expired") => void} ended the conversation is over, and nothing more is asked for
 * @property {(connected: boolean) => void} connected told when the connection is lost for a while, and when it is back
 */

/** Longer than the server's silence between two signs of life (15 s), with room for one that is late. */
const SILENCE_MS = 40_000;
/** A stream of which nothing comes is held back on the way. */
const FIRST_SIGN_MS = 15_000;
/** Whatever breaks sooner did not work. */
const LIVED_MS = 5_000;
const FAILURES_UNTIL_POLLING = 3;
const POLL_MS = 10_000;
const STREAM_AGAIN_MS = 180_000;
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;
const HURRIED_MS = 500;
/** A break that is mended sooner needs no word. */
const LOST_AFTER_MS = 6_000;
/** Browsers open few connections to one server, and every tab needs one for its questions. */
const HIDDEN_MS = 60_000;
/** An answer of several messages is shown and said as one. */
const GATHER_MS = 50;

/** Reads server-sent events (WHATWG HTML, 9.2) out of pieces of text that may be cut anywhere. */
export class EventParser {
  #rest = "";
  #name = "";
  /** @type {string | null} */
  #id = null;
  /** @type {string[]} */
  #data = [];

  /**
   * @param {string} piece
   * @returns {StreamEvent[]} the events that are complete now
   */
  feed(piece) {
    // A carriage return at the end may be the first half of a line's end.
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?=[^\n])/);
    this.#rest = lines.pop() ?? "";
    return lines.map((line) => this.#line(line)).filter((event) => event !== null);
  }

  /**
   * @param {string} line
   * @returns {StreamEvent | null}
   */
  #line(line) {
    if (line === "") return this.#end();
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  /** @returns {StreamEvent | null} */
  #end() {
    const event = { name: this.#name || "message", id: this.#id, data: this.#data.join("\n") };
    const isEvent = this.#data.length > 0;
    this.#name = "";
    this.#data = [];
    return isEvent ? event : null;
  }
}

/**
 * Follows a conversation: what other tabs and servers add to it comes here, and so does an answer whose request broke.
 *
 * A broken stream is resumed after the last message; where streams do not work, the conversation is read now and then.
 */
export class Events {
  /** @type {Chat} */
  #chat;
  /** @type {object | null} what is followed now; another start makes another one */
  #run = null;
  /** @type {string | null} */
  #last = null;
  /** @type {AbortController | null} */
  #stream = null;
  #heardAt = 0;
  /** @type {(() => void) | null} */
  #wake = null;
  #hasReasonToHurry = false;
  /** @type {Message[]} */
  #gathered = [];
  /** @type {number | undefined} */
  #gatherTimer;
  /** @type {number | undefined} */
  #lostTimer;
  #isLost = false;
  /** @type {number | undefined} */
  #hiddenTimer;
  #isLetGo = false;

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    window.addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => this.#visibilityChanged());
  }

  /**
   * Follow the conversation that the chat has now.
   *
   * @param {string | null} last the id of its last message, null when it has none
   */
  start(last) {
    this.stop();
    this.#run = {};
    this.#last = last;
    this.#visibilityChanged();
    void this.#follow(this.#run);
  }

  /** Follow the conversation under the chat's new token. */
  restart() {
    this.start(this.#last);
  }

  /** Whether the connection has been away for a while. */
  get isLost() {
    return this.#isLost;
  }

  stop() {
    this.#run = null;
    this.#stream?.abort();
    this.#wake?.();
    clearTimeout(this.#gatherTimer);
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    clearTimeout(this.#hiddenTimer);
    this.#gathered = [];
    this.#isLost = false;
  }

  // --- Going on ---------------------------------------------------------------------------------------------------

  /** @param {object} run */
  async #follow(run) {
    let failures = 0;
    while (this.#run === run) {
      if (this.#isLetGo) {
        await this.#pause(LONGEST_WAIT_MS);
        continue;
      }
      const { hasLived, isRefused, retryAfter } = await this.#listen(run);
      if (this.#run !== run) return;
      if (!this.#isLetGo) this.#silent();
      failures = hasLived ? 0 : failures + 1;
      if (isRefused || failures >= FAILURES_UNTIL_POLLING) {
        await this.#pollFor(run, retryAfter || STREAM_AGAIN_MS);
        failures = FAILURES_UNTIL_POLLING - 1;
      } else {
        await this.#pause(growing(FIRST_WAIT_MS, failures));
      }
    }
  }

  /**
   * @param {object} run
   * @returns {Promise<Outcome>} once the stream has ended or broken
   */
  async #listen(run) {
    const stream = new AbortController();
    this.#stream = stream;
    /** @type {number | undefined} */
    let timer;
    const expectSign = (/** @type {number} */ within) => {
      clearTimeout(timer);
      timer = setTimeout(() => stream.abort(), within);
    };
    expectSign(FIRST_SIGN_MS);
    let begun = 0;
    let isRefused = false;
    let retryAfter = 0;
    try {
      const body = await this.#chat.open(this.#last, stream.signal);
      const reader = body.getReader();
      const decoder = new TextDecoder();
      const parser = new EventParser();
      for (;;) {
        const piece = await reader.read().catch(() => null);
        if (!piece || piece.done || this.#run !== run) break;
        begun ||= Date.now();
        this.#heard();
        expectSign(SILENCE_MS);
        for (const event of parser.feed(decoder.decode(piece.value, { stream: true }))) this.#take(event, run);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Whoever refuses can be reached: too many streams are open, or there are none here.
      isRefused = error.status >= 400 && error.status < 500;
      retryAfter = (error.retryAfter ?? 0) * 1_000;
      if (error.sessionIsOver && this.#run === run) this.#end("expired");
    } finally {
      clearTimeout(timer);
      stream.abort();
    }
    return { hasLived: begun > 0 && Date.now() - begun >= LIVED_MS, isRefused, retryAfter };
  }

  /**
   * Read the conversation now and then, until it is time to try a stream again or the service has come back.
   *
   * @param {object} run
   * @param {number} period milliseconds
   */
  async #pollFor(run, period) {
    const until = Date.now() + period;
    let misses = 0;
    while (this.#run === run && Date.now() < until) {
      if (!document.hidden) {
        const isBack = misses > 0;
        misses = (await this.#poll(run)) ? 0 : misses + 1;
        if (isBack && misses === 0) return;
      }
      await this.#pause(Math.min(growing(POLL_MS, misses), until - Date.now()));
    }
  }

  /**
   * @param {object} run
   * @returns {Promise<boolean>} whether the service answered
   */
  async #poll(run) {
    try {
      const { messages } = await this.#chat.poll();
      if (this.#run !== run) return true;
      this.#heard();
      this.#last = messages.at(-1)?.id ?? this.#last;
      if (messages.length > 0) this.#chat.messages(messages);
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (this.#run === run && error.sessionIsOver) this.#end("expired");
      else if (this.#run === run) this.#silent();
      return false;
    }
  }

  /**
   * @param {number} milliseconds
   * @returns {Promise<void>} earlier when there is reason to hurry
   */
  #pause(milliseconds) {
    const isHurried = this.#hasReasonToHurry;
    this.#hasReasonToHurry = false;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, isHurried ? HURRIED_MS * Math.random() : milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // --- What comes -------------------------------------------------------------------------------------------------

  /**
   * @param {StreamEvent} event
   * @param {object} run
   */
  #take({ name, id, data }, run) {
    if (this.#run !== run) return;
    const content = parsed(data);
    if (content === null) return;
    if (name === "message") {
      this.#last = id ?? this.#last;
      this.#gathered.push(content);
      clearTimeout(this.#gatherTimer);
      this.#gatherTimer = setTimeout(() => this.#handOver(), GATHER_MS);
    } else if (name === "typing") {
      this.#handOver();
      this.#chat.typing(content.typing === true);
    } else if (name === "ended") {
      this.#handOver();
      this.#end(content.reason === "erased" ? "erased" : "expired");
    }
  }

  #handOver() {
    clearTimeout(this.#gatherTimer);
    const messages = this.#gathered.splice(0);
    if (messages.length > 0) this.#chat.messages(messages);
  }

  /** @param {"erased" | "expired"} reason */
  #end(reason) {
    this.stop();
    this.#chat.ended(reason);
  }

  // --- The connection ---------------------------------------------------------------------------------------------

  #heard() {
    this.#heardAt = Date.now();
    clearTimeout(this.#lostTimer);
    this.#lostTimer = undefined;
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#chat.connected(true);
  }

  #silent() {
    if (this.#isLost || this.#lostTimer !== undefined) return;
    this.#chat.typing(false);
    this.#lostTimer = setTimeout(() => {
      this.#lostTimer = undefined;
      this.#isLost = true;
      this.#chat.connected(false);
    }, LOST_AFTER_MS);
  }

  /** The network is back: what was open before is dead, even where nobody has noticed yet. */
  #hurry() {
    this.#hasReasonToHurry = true;
    this.#stream?.abort();
    this.#wake?.();
  }

  #visibilityChanged() {
    clearTimeout(this.#hiddenTimer);
    if (document.hidden) {
      this.#hiddenTimer = setTimeout(() => {
        this.#isLetGo = this.#run !== null;
        this.#stream?.abort();
      }, HIDDEN_MS);
      return;
    }
    const wasLetGo = this.#isLetGo;
    this.#isLetGo = false;
    // After a sleep of the device a stream is dead without a sign.
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#stream?.abort();
    if (wasLetGo) this.#wake?.();
  }
}

/**
 * @param {number} first
 * @param {number} failures so far, one after another
 * @returns {number} milliseconds to wait, different for everybody, so that not all come back at the same moment
 */
function growing(first, failures) {
  return Math.min(LONGEST_WAIT_MS, first * 2 ** failures) * (0.5 + Math.random());
}

/**
 * @param {string} data
 * @returns {any} null when it is not JSON
 */
function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
