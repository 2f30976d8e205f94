// @ts-check
import { element } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { customerText, noticeLink, picture } from "./message-view.js";
import { ProtocolError } from "./protocol.js";

/** @typedef {import("./protocol.js").Notice} Notice */
/** @typedef {import("./protocol.js").Protocol} Protocol */
/** @typedef {import("./protocol.js").Receipt} Receipt */
/** @typedef {import("./protocol.js").StoredData} StoredData */
/** @typedef {import("./protocol.js").Unstored} Unstored */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {"overview" | "show_stored" | "do_not_store" | "unstored" | "delete" | "erased"} View */
/**
 * What the dialog needs of the chat around it.
 *
 * @typedef {object} Chat
 * @property {() => Protocol} protocol
 * @property {() => Session | null} session
 * @property {() => Texts} texts
 * @property {() => Promise<Notice>} notice
 * @property {() => boolean} isWaiting whether a question waits for its answer
 * @property {(text: string) => void} say announce politely
 * @property {(changed: Unstored) => void} unstored what was stored is erased, and the token replaced
 * @property {() => void} erased the conversation is gone
 * @property {() => void} startAnew
 * @property {() => void} print
 */

const SLOW_AFTER_MS = 700;
const REVOKE_AFTER_MS = 10_000;

/** The dialog in which customers use their rights: see, take along and erase what is stored about the conversation. */
export class YourData {
  /** @type {Chat} */
  #chat;
  /** @type {View} */
  #view = "overview";
  #busy = false;
  #isErasing = false;
  /** @type {string | null} the token of a conversation that may be erased, though nothing has confirmed it */
  #unsure = null;
  /** @type {StoredData | null} */
  #stored = null;
  /** @type {Receipt | null} */
  #receipt = null;

  dialog = element("dialog", { class: "data", "aria-labelledby": "data-heading" });
  #heading = element("h2", { id: "data-heading", tabindex: "-1" });
  #content = element("div", {});
  #kept = element("div", { class: "kept" });
  #contact = element("div", { class: "contact" });
  #problem = element("p", { class: "problem", hidden: true });
  #note = element("p", { class: "hint", hidden: true });
  #actions = element("div", { class: "actions" });

  /** @param {Chat} chat */
  constructor(chat) {
    this.#chat = chat;
    // What happened is told beside the buttons, which stay in sight however long the content is.
    const footer = element("div", { class: "footer" }, this.#problem, this.#note, this.#actions);
    this.dialog.append(this.#heading, this.#content, footer);
    this.dialog.addEventListener("cancel", (event) => {
      if (this.#isErasing) event.preventDefault();
    });
    // A closed dialog must not keep the conversation's words on a shared computer.
    this.dialog.addEventListener("close", () => {
      this.#stored = null;
      this.#receipt = null;
      this.#content.replaceChildren();
    });
  }

  /** Whether something is being erased: what is asked meanwhile could meet an old token. */
  get isErasing() {
    return this.#isErasing;
  }

  /** Whether it was here that the conversation was erased: then the dialog tells of it. */
  get mayHaveErased() {
    return this.#isErasing || (this.#unsure !== null && this.#unsure === this.#chat.session()?.token);
  }

  /** @param {View} view */
  open(view) {
    if (!this.#isErasing) this.#show(view);
    this.#present();
    if (view === "show_stored") void this.#load();
  }

  /** Show the view again in the language that the chat has now. */
  applyTexts() {
    this.dialog.lang = this.#texts.language;
    if (this.dialog.open && !this.#busy) this.#show(this.#view);
  }

  get #texts() {
    return this.#chat.texts();
  }

  #present() {
    if (!this.dialog.open) this.dialog.showModal();
    this.#heading.focus();
  }

  /** @param {View} view */
  #show(view) {
    this.#view = view;
    this.#complain("");
    this.#remark("");
    const [heading, content, actions] = this.#parts(view);
    this.#heading.textContent = this.#texts.get(heading);
    this.#content.replaceChildren(...content);
    this.#actions.replaceChildren(...actions);
    this.dialog.scrollTop = 0;
    if (this.dialog.open) this.#heading.focus();
  }

  // --- The views --------------------------------------------------------------------------------------------------

  /**
   * @param {View} view
   * @returns {[string, Node[], Node[]]} the heading's key, what is said, and the buttons below
   */
  #parts(view) {
    const isStored = this.#chat.session()?.stored !== false;
    const back = () => this.#button("data_back", () => this.#show("overview"), "quiet");
    if (view === "show_stored") {
      return ["data_stored_heading", this.#storedParts(), [back()]];
    }
    if (view === "do_not_store" && isStored) {
      const confirm = this.#button("data_unstore_confirm", () => void this.#unstore(), "primary");
      return ["data_unstore_heading", this.#words("data_unstore_what", "data_unstore_after"), [confirm, back()]];
    }
    if (view === "delete") {
      const confirm = this.#button("data_delete_confirm", () => void this.#erase(), "danger");
      return ["data_delete_heading", this.#words("data_delete_what", "data_delete_after"), [confirm, back()]];
    }
    if (view === "unstored") {
      const goOn = this.#button("data_go_on", () => this.dialog.close(), "primary");
      return ["data_unstored_heading", [...this.#words("data_unstored_now"), ...this.#receiptParts()], [goOn]];
    }
    if (view === "erased") {
      const anew = this.#button("new_conversation", () => this.#startAnew(), "primary");
      return ["data_erased_heading", [...this.#words("data_erased"), ...this.#receiptParts()], [anew, this.#close()]];
    }
    void this.#fillFromNotice();
    this.#kept.replaceChildren(...this.#words(isStored ? "data_kept" : "data_unstored_now"));
    this.#contact.replaceChildren(...this.#words("data_contact_in_notice"));
    const downloads = [
      this.#button("data_download_page", () => void this.#download("html")),
      this.#button("data_download_json", () => void this.#download("json")),
    ];
    const content = [
      this.#kept,
      this.#group(
        "data_see",
        this.#button("data_show", () => this.#showStored()),
        ...downloads,
        this.#button("data_print", () => this.#print()),
      ),
      this.#group(
        "data_erase",
        isStored && this.#button("data_unstore", () => this.#show("do_not_store")),
        this.#button("data_delete", () => this.#show("delete"), "warning"),
      ),
      element("h3", {}, this.#texts.get("data_other_rights")),
      this.#contact,
      element("p", {}, noticeLink(this.#texts, "privacy_link")),
    ];
    return ["data_heading", content, [this.#close()]];
  }

  /** Say what this installation's notice says about keeping and contact; without it the general words stay. */
  async #fillFromNotice() {
    const notice = await this.#chat.notice().catch(() => null);
    if (!notice || this.#view !== "overview") return;
    const { newTab } = this.#texts;
    if (this.#chat.session()?.stored !== false) this.#kept.replaceChildren(renderMarkdown(notice.short, newTab));
    const contacts = notice.sections.filter(({ id }) => id === "controller" || id === "officer");
    // The first paragraph of each says who they are and how to reach them.
    const paragraphs = contacts.map(({ paragraphs: [first] }) => renderMarkdown(first, newTab));
    if (paragraphs.length > 0) this.#contact.replaceChildren(...this.#words("data_contact"), ...paragraphs);
  }

  /** @returns {Node[]} */
  #storedParts() {
    const texts = this.#texts;
    const data = this.#stored;
    if (!data) return this.#words("data_loading");
    const { stored, reference, expires_at: end, notice_version: version, consented_at: consented } = data;
    const { messages, feedback = [] } = data;
    const facts = [
      !stored && texts.get("data_unstored_now"),
      stored && end && texts.get("data_stored_until", { date: texts.date(end) ?? end }),
      reference && texts.get("data_reference", { reference }),
      consented && texts.get("data_consented", { time: texts.moment(consented) ?? consented }),
      version && texts.get("data_notice_version", { version }),
      messages.length === 0 && texts.get("data_nothing"),
    ];
    const items = messages.map((message) => {
      const mine = message.from === "customer";
      return element(
        "li",
        {},
        element(
          "p",
          { class: "meta" },
          element("span", { class: "sender" }, texts.get(mine ? "you" : "name")),
          element("time", { datetime: message.time }, texts.moment(message.time)),
        ),
        element(
          "div",
          { class: "text", lang: message.language },
          mine ? customerText(message.text, texts) : renderMarkdown(message.text, texts.newTab),
          picture(message),
        ),
      );
    });
    const rated = feedback.map(({ rating, comment, time }) =>
      element("li", {}, `${texts.moment(time) ?? time}: ${[rating, comment].filter(Boolean).join(" – ")}`),
    );
    return [
      ...facts.filter(Boolean).map((fact) => element("p", {}, fact)),
      ...(items.length > 0 ? [element("ol", { class: "kept-messages", role: "list" }, ...items)] : []),
      ...(rated.length > 0 ? [element("h3", {}, texts.get("data_feedback")), element("ul", {}, ...rated)] : []),
    ];
  }

  /** @returns {Node[]} */
  #receiptParts() {
    const receipt = this.#receipt;
    if (!receipt) return [];
    const texts = this.#texts;
    const code = element("input", { id: "receipt", readonly: true, value: receipt.code, autocomplete: "off" });
    const copy = this.#button("data_copy", () => void this.#copy(code));
    const time = texts.moment(receipt.erased_at) ?? receipt.erased_at;
    return [
      element("p", {}, texts.get("data_receipt_what", { time, count: receipt.counts?.messages ?? 0 })),
      element("label", { for: "receipt" }, texts.get("data_receipt")),
      element("div", { class: "code" }, code, copy),
      ...this.#words("data_receipt_keep"),
    ];
  }

  #close() {
    return this.#button("data_close", () => this.dialog.close(), "quiet");
  }

  /**
   * @param {string} key
   * @param {() => void} press
   * @param {"" | "primary" | "quiet" | "danger" | "warning"} [kind]
   */
  #button(key, press, kind = "") {
    const button = element("button", { type: "button", class: kind }, this.#texts.get(key));
    button.addEventListener("click", () => {
      if (!this.#busy) press();
    });
    return button;
  }

  /**
   * @param {string} key
   * @param {...(Node | false)} buttons
   */
  #group(key, ...buttons) {
    return element(
      "section",
      {},
      element("h3", {}, this.#texts.get(key)),
      element("div", { class: "group" }, ...buttons),
    );
  }

  /** @param {...string} keys */
  #words(...keys) {
    return keys.map((key) => element("p", {}, this.#texts.get(key)));
  }

  // --- The deeds --------------------------------------------------------------------------------------------------

  /**
   * Ask the service for something; a failure is told in the dialog, and everything stays as it was.
   *
   * @param {string} failure key of what to say when it fails
   * @param {(session: Session) => Promise<View | null>} deed returns the view that tells of it
   * @param {{erases?: boolean}} [options] what erases keeps the dialog until its end is known
   */
  async #work(failure, deed, { erases = false } = {}) {
    const session = this.#chat.session();
    if (!session || this.#busy) return;
    this.#complain("");
    this.#remark("");
    this.#isErasing = erases;
    this.#setBusy(true);
    const slow = setTimeout(() => this.#remark("data_working"), SLOW_AFTER_MS);
    /** @type {View | null} */
    let view = null;
    let problem = "";
    try {
      view = await deed(session);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const offline = navigator.onLine ? "" : `${this.#texts.get("data_offline")} `;
      problem = error.sessionIsOver ? this.#texts.get("data_expired") : offline + this.#texts.get(failure);
    } finally {
      clearTimeout(slow);
      this.#isErasing = false;
      this.#setBusy(false);
      this.#remark("");
    }
    if (erases) this.#unsure = problem ? session.token : null;
    if (problem) this.#complain(problem);
    if (!view) return;
    this.#show(view);
    this.#present();
  }

  /**
   * @param {View} view
   * @returns {boolean} whether the customer still has this view open
   */
  #isWatched(view) {
    return this.dialog.open && this.#view === view;
  }

  #showStored() {
    this.#show("show_stored");
    void this.#load();
  }

  async #load() {
    this.#stored = null;
    await this.#work("data_failed_load", async ({ token }) => {
      const stored = await this.#chat.protocol().stored(token);
      if (!this.#isWatched("show_stored")) return null;
      this.#stored = stored;
      return "show_stored";
    });
    if (this.#stored || !this.#isWatched("show_stored")) return;
    this.#content.replaceChildren(this.#button("retry", () => this.#showStored()));
  }

  /** @param {"json" | "html"} format */
  async #download(format) {
    const name = `luotsi-${new Date().toISOString().slice(0, 10)}.${format}`;
    let isSaved = false;
    await this.#work("data_failed_load", async ({ token }) => {
      const content = await this.#chat.protocol().storedFile(token, format, this.#texts.language);
      const type = format === "html" ? "text/html" : "application/json";
      const href = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
      element("a", { href, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(href), REVOKE_AFTER_MS);
      isSaved = true;
      return null;
    });
    if (isSaved) this.#remark("data_downloaded", { name });
  }

  #unstore() {
    if (this.#chat.isWaiting()) {
      this.#complain(this.#texts.get("wait_for_answer"));
      return Promise.resolve();
    }
    /** @type {(session: Session) => Promise<View>} */
    const deed = async ({ token }) => {
      const changed = await this.#chat.protocol().unstore(token);
      this.#receipt = changed.receipt;
      this.#chat.unstored(changed);
      return "unstored";
    };
    return this.#work("data_failed_unstore", deed, { erases: true });
  }

  #erase() {
    /** @type {(session: Session) => Promise<View>} */
    const deed = async ({ token }) => {
      this.#receipt = (await this.#chat.protocol().erase(token)).receipt;
      this.#chat.erased();
      return "erased";
    };
    return this.#work("data_failed_delete", deed, { erases: true });
  }

  #startAnew() {
    this.dialog.close();
    this.#chat.startAnew();
  }

  #print() {
    this.dialog.close();
    this.#chat.print();
  }

  /** @param {HTMLInputElement} code */
  async #copy(code) {
    let copied = false;
    try {
      await navigator.clipboard.writeText(code.value);
      copied = true;
    } catch {
      // Pages without https, and browsers that ask first, may refuse: the selected code can be copied by hand.
      code.focus();
      code.select();
    }
    this.#remark(copied ? "data_copied" : "data_copy_by_hand");
  }

  // --- Telling how it goes ----------------------------------------------------------------------------------------

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#busy = busy;
    for (const button of this.dialog.querySelectorAll("button")) {
      if (busy) button.setAttribute("aria-disabled", "true");
      else button.removeAttribute("aria-disabled");
    }
  }

  /** @param {string} text */
  #complain(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = text === "";
    if (text) this.#tell(this.#problem);
  }

  /**
   * @param {string} key
   * @param {Record<string, string>} [values]
   */
  #remark(key, values = {}) {
    this.#note.textContent = key === "" ? "" : this.#texts.get(key, values);
    this.#note.hidden = key === "";
    if (key) this.#tell(this.#note);
  }

  /** @param {HTMLElement} part */
  #tell(part) {
    part.scrollIntoView({ block: "nearest" });
    this.#chat.say(part.textContent ?? "");
  }
}
