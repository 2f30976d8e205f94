// @ts-check

/** @typedef {import("./protocol.js").Language} Language */
/** @typedef {{token: string, limit: number, language: Language, tab: string, stored: boolean}} Session */

const KEY = "luotsi-session";
const CHANNEL = "luotsi-tabs";
const ANSWER_WITHIN_MS = 120;

/** @returns {Session | null} what this tab remembers; null also when storage is blocked or damaged */
export function recall() {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (typeof session?.token !== "string" || typeof session.limit !== "number") return null;
    return { ...session, stored: session.stored !== false };
  } catch {
    return null;
  }
}

/** @param {Session} session */
export function remember(session) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // Blocked storage costs only the conversation's survival over a reload.
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was stored where storage is blocked.
  }
}

/**
 * Browsers copy sessionStorage into a duplicated tab; the copy must not share the first tab's conversation.
 * A tab that holds a conversation answers for its random tab name; the token itself is never sent.
 */
export class TabGuard {
  #channel = typeof BroadcastChannel === "function" ? new BroadcastChannel(CHANNEL) : null;
  /** @type {string | null} */
  #held = null;
  /** @type {(() => void) | null} */
  #taken = null;
  /** @type {string | null} */
  #asked = null;

  constructor() {
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data?.ask && data.ask === this.#held) this.#channel?.postMessage({ taken: data.ask });
      if (data?.taken && data.taken === this.#asked) this.#taken?.();
    });
  }

  /** @param {string | null} tab the name to answer for, or null to stop */
  hold(tab) {
    this.#held = tab;
  }

  /**
   * @param {string} tab
   * @returns {Promise<boolean>} whether another open tab holds this conversation
   */
  isTaken(tab) {
    const channel = this.#channel;
    if (!channel) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (/** @type {boolean} */ taken) => {
        this.#asked = null;
        this.#taken = null;
        resolve(taken);
      };
      this.#asked = tab;
      this.#taken = () => settle(true);
      channel.postMessage({ ask: tab });
      setTimeout(() => settle(false), ANSWER_WITHIN_MS);
    });
  }
}
