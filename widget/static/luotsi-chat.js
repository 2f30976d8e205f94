// @ts-check
import { element, icon } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { actionTitle, noticeLink, received, removedNote, renderEntry, spokenText, withNotices } from "./message-view.js";
import { Protocol, ProtocolError, questionId } from "./protocol.js";
import { TabGuard, forget, recall, remember } from "./session.js";
import { LANGUAGES, isLanguage, loadTexts } from "./texts.js";

/** @typedef {import("./message-view.js").Entry} Entry */
/** @typedef {import("./protocol.js").Choice} Choice */
/** @typedef {import("./protocol.js").Language} Language */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Notice} Notice */
/** @typedef {import("./protocol.js").Opening} Opening */
/** @typedef {import("./feedback.js").AnswerFeedback} AnswerFeedback */
/** @typedef {import("./idle.js").IdleNote} IdleNote */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./your-data.js").View} View */
/** @typedef {import("./your-data.js").YourData} YourData */
/** @typedef {{text: string, language: Language | null}} Spoken */

const SLOW_AFTER_MS = 5_000;
const SPEAK_AFTER_MS = 80;
const SILENT_AFTER_MS = 12_000;
const COUNT_ALOUD_AFTER_MS = 1_000;
const COUNT_ALOUD_BELOW = 50;
const DEFAULT_LIMIT = 1_000;
const SWITCH_PAYLOAD = { fi: "/switch_to_finnish", en: "/switch_to_english" };
const NOTICE_POINTS = /** @type {const} */ ([
  ["personal", "shield"],
  ["automated", "robot"],
  ["general", "compass"],
  ["storage", "clock"],
]);

/**
 * The customer's chat: the notice, then the conversation.
 *
 * Attribute `api`: address of the chat interface, by default ../api/ seen from this file.
 * Event `luotsi-language`: detail {language, title}, whenever the language of the texts changes.
 */
export class LuotsiChat extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #protocol = new Protocol(new URL("../api/", import.meta.url));
  #guard = new TabGuard();
  /** @type {Map<Language, Promise<Notice>>} */
  #notices = new Map();
  /** @type {Texts | null} */
  #catalogue = null;
  /** @type {Session | null} */
  #session = null;
  #sessionIsOver = false;
  /** @type {string | null} when the session ends (ISO 8601) */
  #expires = null;
  /** @type {Set<string>} the answers about which nothing more is asked */
  #rated = new Set();
  /** @type {Entry[]} */
  #entries = [];
  /** @type {Entry | null} */
  #pending = null;
  #opening = false;
  #isAtEnd = true;
  /** @type {"" | "empty_message" | "wait_for_answer" | "too_long" | "refused" | "data_failed_load"} */
  #inputProblem = "";
  #refusal = "";
  #startProblem = "";
  /** @type {"" | "consent_needed" | "consent_changed"} */
  #consentProblem = "";
  /** @type {number | undefined} */
  #slowTimer;
  /** @type {number | undefined} */
  #speakTimer;
  /** @type {number | undefined} */
  #silenceTimer;
  /** @type {number | undefined} */
  #countTimer;
  /** @type {Spoken[]} */
  #toSpeak = [];

  /** @type {Promise<void>} */
  #styled = Promise.resolve();
  #frame = element("div", { class: "frame", hidden: true });
  #name = element("h1", { class: "name" });
  #role = element("p", { class: "role" });
  #mark = element("p", { class: "mark", hidden: true });
  #languages = element("div", { class: "languages", role: "group" });
  #openData = element("button", { type: "button", class: "quiet open-data", "aria-haspopup": "dialog" });
  #end = element("button", { type: "button", class: "quiet end" });
  #offline = element("p", { class: "offline", hidden: true });

  #notice = element("section", { class: "notice", "aria-labelledby": "notice-heading", hidden: true });
  #noticeHeading = element("h2", { id: "notice-heading", tabindex: "-1" });
  #noticeIntro = element("p", { class: "intro" });
  #noticePoints = element("ul", { class: "points", role: "list" });
  #storagePoint = element("div", { class: "kept" });
  #consentPart = element("div", { class: "consent", hidden: true });
  #consent = element("input", { id: "consent", type: "checkbox", autocomplete: "off", "aria-describedby": "consent-problem" });
  #consentLabel = element("label", { for: "consent" });
  #consentProblemText = element("p", { id: "consent-problem", class: "problem", hidden: true });
  #noticePrivacy = element("span");
  #noticeProblem = element("p", { class: "problem", hidden: true });
  #start = element("button", { type: "button", class: "primary start" });

  #conversation = element("div", { class: "conversation", hidden: true });
  #conversationHeading = element("h2", { id: "conversation-heading", class: "visually-hidden" });
  #log = element("div", { class: "log", role: "region", tabindex: "0", "aria-labelledby": "conversation-heading" });
  #list = element("ol", { class: "messages", role: "list" });
  #choices = element("div", { class: "choices", role: "group", hidden: true });
  #typing = element("p", { class: "typing", hidden: true });
  #typingText = element("span", {});
  #banner = element("div", { class: "banner", hidden: true });

  #form = element("form", { class: "composer", novalidate: true });
  #label = element("label", { for: "question" });
  #input = element("textarea", {
    id: "question",
    rows: "1",
    dir: "auto",
    enterkeyhint: "send",
    autocomplete: "off",
    // Some browsers send what is typed to a checking service on the network.
    spellcheck: "false",
    writingsuggestions: "false",
    "aria-describedby": "question-problem question-hint",
  });
  #send = element("button", { type: "submit", class: "primary send" });
  #problem = element("p", { id: "question-problem", class: "problem", hidden: true });
  #hint = element("p", { id: "question-hint", class: "hint" });
  #hintLong = element("span", { class: "hint-long" });
  #hintShort = element("span", { class: "hint-short", "aria-hidden": "true" });
  #hintLimit = element("span", { class: "visually-hidden" });
  #counter = element("span", { class: "counter", "aria-hidden": "true" });
  #privacy = element("span");

  #dialog = element("dialog", { class: "ending", "aria-labelledby": "end-heading", "aria-describedby": "end-text" });
  #dialogHeading = element("h2", { id: "end-heading" });
  #dialogText = element("p", { id: "end-text" });
  #dialogConfirm = element("button", { type: "button", class: "primary" });
  #dialogDelete = element("button", { type: "button", class: "warning" });
  #dialogCancel = element("button", { type: "button", class: "quiet" });

  #status = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite", "aria-atomic": "true" });

  /** @type {YourData | null} loaded with the first conversation, as there is no data before */
  #data = null;
  /** @type {AnswerFeedback | null} */
  #feedback = null;
  /** @type {IdleNote | null} */
  #idle = null;

  connectedCallback() {
    if (this.#root.childElementCount > 0) return;
    const api = this.getAttribute("api");
    if (api) this.#protocol = new Protocol(new URL(api, document.baseURI));
    this.#build();
    this.#listen();
  }

  /**
   * Show the notice, or the conversation that this tab already holds.
   *
   * @param {Language} language used unless the conversation's own is remembered
   * @returns {Promise<void>}
   */
  async begin(language) {
    let session = recall();
    if (session && (await this.#guard.isTaken(session.tab))) {
      forget();
      session = null;
    }
    const shown = session && isLanguage(session.language) ? session.language : language;
    if (!(await this.#setLanguage(shown))) return;
    await this.#styled;
    this.#frame.hidden = false;
    if (session) {
      this.#adopt(session);
      this.#show("conversation");
      await this.#restore();
    } else {
      this.#show("notice");
    }
  }

  // --- Building ---------------------------------------------------------------------------------------------------

  #build() {
    const stylesheet = element("link", { rel: "stylesheet", href: new URL("./chat.css", import.meta.url).href });
    const frame = this.#frame;
    this.#styled = new Promise((resolve) => {
      stylesheet.addEventListener("load", () => resolve());
      stylesheet.addEventListener("error", () => resolve());
    });

    for (const language of LANGUAGES) {
      this.#languages.append(element("button", { type: "button", lang: language, "data-language": language }));
    }
    const header = element(
      "header",
      {},
      element("div", { class: "brand" }, icon("compass"), element("div", {}, this.#name, this.#role), this.#mark),
      element("div", { class: "tools" }, this.#languages, this.#openData, this.#end),
    );
    this.#notice.append(
      this.#noticeHeading,
      this.#noticeIntro,
      this.#noticePoints,
      this.#consentPart,
      this.#noticeProblem,
      element("div", { class: "actions" }, this.#start, this.#noticePrivacy),
    );
    this.#consentPart.append(
      this.#consentProblemText,
      element("div", { class: "choice" }, this.#consent, this.#consentLabel),
    );
    this.#typing.append(
      element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i")),
      this.#typingText,
    );
    this.#log.append(this.#list, this.#choices, this.#typing);
    this.#hint.append(this.#hintLong, this.#hintShort, " ", this.#hintLimit, this.#privacy);
    this.#form.append(
      this.#label,
      element("div", { class: "field" }, this.#input, this.#send),
      this.#problem,
      element("div", { class: "below" }, this.#hint, this.#counter),
    );
    this.#conversation.append(this.#conversationHeading, this.#log, this.#banner, this.#form);
    this.#dialog.append(
      this.#dialogHeading,
      this.#dialogText,
      element("div", { class: "actions" }, this.#dialogConfirm, this.#dialogDelete, this.#dialogCancel),
    );
    frame.append(header, this.#offline, this.#notice, this.#conversation);
    this.#root.append(stylesheet, frame, this.#dialog, this.#status);
  }

  #listen() {
    this.#languages.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      const language = button?.dataset.language;
      if (isLanguage(language)) void this.#switchLanguage(language);
    });
    this.#start.addEventListener("click", () => void this.#startConversation());
    this.#consent.addEventListener("change", () => {
      if (this.#consent.checked) this.#showConsentProblem("");
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("input", () => this.#inputChanged());
    this.#end.addEventListener("click", () => this.#dialog.showModal());
    this.#dialogCancel.addEventListener("click", () => this.#dialog.close());
    this.#dialogConfirm.addEventListener("click", () => {
      this.#dialog.close();
      this.#endConversation();
    });
    this.#dialogDelete.addEventListener("click", () => {
      this.#dialog.close();
      void this.#showData("delete");
    });
    this.#openData.addEventListener("click", () => void this.#showData("overview"));
    this.#list.addEventListener("click", (event) => {
      const action = /** @type {Element} */ (event.target).closest("button")?.dataset.action;
      if (action) void this.#showData(/** @type {View} */ (action));
    });
    this.#log.addEventListener("scroll", () => this.#noteEnd());
    // The newest message stays in sight when the field grows or a screen keyboard opens.
    new ResizeObserver(() => {
      if (this.#isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
    }).observe(this.#log);
    for (const sign of ["keydown", "pointerdown", "input"]) {
      this.#root.addEventListener(sign, () => this.#idle?.touch());
    }
    window.addEventListener("offline", () => this.#connectionChanged());
    window.addEventListener("online", () => this.#connectionChanged());
    this.#connectionChanged();
  }

  // --- Language ---------------------------------------------------------------------------------------------------

  /**
   * @param {Language} language
   * @returns {Promise<boolean>} whether its texts could be loaded
   */
  async #setLanguage(language) {
    try {
      this.#catalogue = await loadTexts(language);
    } catch {
      if (!this.#catalogue) {
        this.setAttribute("failed", "");
        this.#root.replaceChildren(element("slot"));
      }
      return false;
    }
    this.#protocol.language = language;
    this.#applyTexts();
    const detail = { language, title: this.#texts.get("page_title") };
    this.dispatchEvent(new CustomEvent("luotsi-language", { bubbles: true, composed: true, detail }));
    return true;
  }

  get #texts() {
    if (!this.#catalogue) throw new Error("begin() must be called first");
    return this.#catalogue;
  }

  #applyTexts() {
    const texts = this.#texts;
    this.#frame.lang = texts.language;
    this.#dialog.lang = texts.language;
    this.#name.textContent = texts.get("name");
    this.#role.textContent = texts.get("role");
    this.#languages.setAttribute("aria-label", texts.get("language_group"));
    for (const button of this.#languages.querySelectorAll("button")) {
      const language = /** @type {Language} */ (button.dataset.language);
      button.textContent = texts.get(`language_${language}`);
      button.setAttribute("aria-pressed", String(language === texts.language));
    }
    this.#openData.textContent = texts.get("data_heading");
    this.#end.textContent = texts.get("end");
    this.#mark.replaceChildren(icon("shield"), texts.get("not_stored"));
    this.#offline.textContent = texts.get("offline");

    this.#noticeHeading.textContent = texts.get("notice_heading");
    this.#noticeIntro.textContent = texts.get("notice_intro");
    this.#noticePoints.replaceChildren(
      ...NOTICE_POINTS.map(([point, shape]) =>
        element(
          "li",
          {},
          icon(shape),
          element(
            "div",
            {},
            element("h3", {}, texts.get(`notice_${point}_title`)),
            point === "storage" ? this.#storagePoint : element("p", {}, texts.get(`notice_${point}`)),
          ),
        ),
      ),
    );
    this.#storagePoint.replaceChildren(texts.get("data_kept"));
    this.#noticePrivacy.replaceChildren(noticeLink(texts, "privacy_link"));
    this.#privacy.replaceChildren(noticeLink(texts, "privacy_short"));
    this.#showConsentProblem(this.#consentProblem);
    if (!this.#notice.hidden) void this.#showNotice();
    this.#start.textContent = texts.get(this.#opening ? "starting" : "start");
    this.#showStartProblem(this.#startProblem);

    this.#conversationHeading.textContent = texts.get("conversation");
    this.#choices.setAttribute("aria-label", texts.get("choices"));
    this.#typingText.textContent = texts.get("typing");
    this.#label.textContent = texts.get("input_label");
    this.#hintLong.textContent = texts.get("input_hint");
    this.#hintShort.textContent = texts.get("input_short_hint");
    this.#hintLimit.textContent = texts.get("input_limit", { limit: this.#limit }) + " ";
    this.#send.replaceChildren(element("span", {}, texts.get("send")), icon("send"));
    this.#showInputProblem();
    this.#showCount();
    for (const entry of this.#entries) this.#renderEntry(entry);
    this.#showBanner(this.#bannerKind);

    this.#dialogHeading.textContent = texts.get("end_heading");
    this.#dialogConfirm.textContent = texts.get("end_confirm");
    this.#dialogDelete.textContent = texts.get("data_delete");
    this.#dialogCancel.textContent = texts.get("end_cancel");
    this.#showMark();
    this.#data?.applyTexts();
    this.#feedback?.applyTexts();
    this.#idle?.applyTexts();
  }

  // --- Your data --------------------------------------------------------------------------------------------------

  /** @returns {Promise<YourData>} */
  async #loadData() {
    const { YourData } = await import("./your-data.js");
    if (this.#data) return this.#data;
    const data = new YourData({
      protocol: () => this.#protocol,
      session: () => this.#session,
      texts: () => this.#texts,
      notice: () => this.#loadNotice(),
      isWaiting: () => this.#pending !== null,
      say: (text) => this.#say({ text, language: this.#texts.language }),
      unstored: ({ session: token, expires_at: expires }) => this.#unstored(token, expires),
      erased: () => this.#clear(),
      startAnew: () => void this.#startAnew(),
    });
    data.dialog.addEventListener("close", () => {
      this.#root.append(this.#status);
      if (!this.#session) this.#noticeHeading.focus();
    });
    data.applyTexts();
    this.#root.append(data.dialog);
    this.#data = data;
    return data;
  }

  /** Load what stands beside the answers and the field; without it the conversation works as well. */
  async #loadCompanions() {
    const [{ AnswerFeedback }, { IdleNote }] = await Promise.all([
      await import("./feedback.js"),
      await import("./idle.js"),
    ]);
    if (this.#feedback) return;
    const say = (/** @type {string} */ text) => this.#say({ text, language: this.#texts.language });
    const texts = () => this.#texts;
    this.#feedback = new AnswerFeedback({
      texts,
      say,
      send: (feedback) => this.#protocol.rate(this.#session?.token ?? "", feedback),
      done: (id) => void this.#rated.add(id),
      goOn: (options) => this.#focusForWriting(options),
    });
    this.#idle = new IdleNote({
      texts,
      say,
      until: () => (this.#session && !this.#sessionIsOver && !this.#isWaiting ? this.#expires : null),
    });
    this.#list.after(this.#feedback.element);
    this.#problem.after(this.#idle.element);
    this.#showFeedback();
    this.#idle.touch();
  }

  /** @param {View} view */
  async #showData(view) {
    const data = await this.#loadData().catch(() => null);
    if (!data) {
      this.#complain("data_failed_load");
      return;
    }
    // A modal dialog makes everything outside it unreachable for screen readers, the live region too.
    data.dialog.append(this.#status);
    data.open(view);
  }

  /**
   * @param {string} token the one that replaces the session's
   * @param {string} expires
   */
  #unstored(token, expires) {
    if (!this.#session) return;
    Object.assign(this.#session, { token, stored: false });
    this.#expires = expires;
    remember(this.#session);
    this.#showMark();
    this.#showFeedback();
  }

  /** Show for good whether the conversation is stored. */
  #showMark() {
    const isStored = this.#session?.stored !== false;
    this.#mark.hidden = isStored;
    this.#dialogDelete.hidden = !isStored;
    this.#dialogText.textContent = this.#texts.get(isStored ? "end_text" : "end_text_unstored");
  }

  // --- The privacy notice -----------------------------------------------------------------------------------------

  /** @returns {Promise<Notice>} in the page's language; a failed load is tried again the next time */
  #loadNotice() {
    const { language } = this.#texts;
    let notice = this.#notices.get(language);
    if (!notice) {
      notice = this.#protocol.notice(language);
      notice.catch(() => this.#notices.delete(language));
      this.#notices.set(language, notice);
    }
    return notice;
  }

  /** Say what this installation stores, and ask for consent if it wants one; starting tries again if this fails. */
  async #showNotice() {
    const { language } = this.#texts;
    const notice = await this.#loadNotice().catch(() => null);
    if (!notice || language !== this.#texts.language) return;
    const { newTab } = this.#texts;
    this.#storagePoint.replaceChildren(renderMarkdown(notice.short, newTab));
    // A label holds words and links, no paragraphs.
    const [consent] = renderMarkdown(notice.consent, newTab).children;
    this.#consentLabel.replaceChildren(...(consent?.childNodes ?? []));
    this.#consentPart.hidden = notice.mode !== "opt-in";
  }

  /**
   * Lead to the choice that is still open.
   *
   * @param {"consent_needed" | "consent_changed"} problem
   */
  async #askConsent(problem) {
    await this.#showNotice();
    this.#showConsentProblem(problem);
    this.#consent.focus();
  }

  /** @param {"" | "consent_needed" | "consent_changed"} key */
  #showConsentProblem(key) {
    this.#consentProblem = key;
    this.#consentProblemText.hidden = key === "";
    this.#consentProblemText.textContent = key === "" ? "" : this.#texts.get(key);
    this.#consent.setAttribute("aria-invalid", String(key !== ""));
  }

  /** @param {Language} language */
  async #switchLanguage(language) {
    if (language === this.#texts.language) return;
    if (this.#isWaiting) {
      this.#complain("wait_for_answer");
      return;
    }
    if (!(await this.#setLanguage(language))) return;
    this.#say({ text: this.#texts.get("language_changed"), language });
    if (!this.#session || this.#sessionIsOver) return;
    this.#rememberLanguage(language);
    void this.#ask(this.#questionEntry(this.#texts.get("switch_title"), SWITCH_PAYLOAD[language]));
  }

  /** @param {Language} language */
  #rememberLanguage(language) {
    if (!this.#session) return;
    this.#session.language = language;
    remember(this.#session);
  }

  // --- The session ------------------------------------------------------------------------------------------------

  /** @param {Session} session */
  #adopt(session) {
    this.#session = session;
    this.#sessionIsOver = false;
    this.#guard.hold(session.tab);
    this.#hintLimit.textContent = this.#texts.get("input_limit", { limit: this.#limit }) + " ";
    this.#showCount();
  }

  get #limit() {
    return this.#session?.limit ?? DEFAULT_LIMIT;
  }

  /** Start the next conversation at once, unless consent has to be given for it first. */
  async #startAnew() {
    const notice = await this.#loadNotice().catch(() => null);
    if (notice?.mode !== "opt-in") return this.#startConversation();
    this.#leave();
    this.#noticeHeading.focus();
  }

  async #startConversation() {
    if (this.#opening) return;
    this.#opening = true;
    this.#start.setAttribute("aria-disabled", "true");
    this.#start.textContent = this.#texts.get("starting");
    this.#showStartProblem("");
    try {
      const notice = await this.#loadNotice();
      if (notice.mode === "opt-in" && !this.#consent.checked) await this.#askConsent("consent_needed");
      else await this.#open(notice);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code === "consent_required") {
        await this.#consentRefused();
        return;
      }
      const problem = error.code === "network" ? "start_failed_network" : "start_failed_server";
      this.#showStartProblem(problem);
      this.#showBannerProblem(problem);
      this.#say({ text: this.#texts.get(problem), language: this.#texts.language });
    } finally {
      this.#opening = false;
      this.#start.removeAttribute("aria-disabled");
      this.#start.textContent = this.#texts.get("start");
    }
  }

  /** The notice changed, or came to ask for consent, since it was loaded: show it as it is now, and ask anew. */
  async #consentRefused() {
    this.#notices.clear();
    this.#consent.checked = false;
    if (this.#session) this.#leave();
    await this.#askConsent("consent_changed");
  }

  /** @param {Notice} notice */
  async #open(notice) {
    const { language } = this.#texts;
    const opening = await this.#protocol.open(language, notice);
    const limit = opening.limits?.message_length ?? DEFAULT_LIMIT;
    const session = { token: opening.session, limit, language, tab: questionId(), stored: true };
    remember(session);
    this.#expires = opening.expires_at;
    this.#entries = [];
    this.#list.replaceChildren();
    this.#consent.checked = false;
    this.#adopt(session);
    this.#showConsentProblem("");
    this.#showBanner("");
    this.#receive(opening.messages);
    this.#show("conversation");
    this.#log.scrollTop = 0;
    this.#noteEnd();
    this.#focusForWriting();
    this.#sayMessages(opening.messages);
  }

  async #restore() {
    const session = this.#session;
    if (!session) return;
    this.#showBanner("");
    try {
      const { messages, expires_at: expires } = await this.#protocol.transcript(session.token);
      this.#expires = expires;
      const unsent = this.#entries.filter(({ question }) => question);
      this.#entries = [];
      this.#list.replaceChildren();
      this.#receive(withNotices(messages));
      for (const entry of unsent) this.#place(entry);
      this.#log.scrollTop = this.#log.scrollHeight;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.sessionIsOver) {
        this.#leave();
        this.#showStartProblem("expired_notice");
      } else {
        this.#showBanner("load_failed");
        this.#say({ text: this.#texts.get("load_failed"), language: this.#texts.language });
      }
    }
  }

  #leave() {
    forget();
    this.#guard.hold(null);
    this.#session = null;
    this.#sessionIsOver = false;
    this.#pending = null;
    this.#entries = [];
    this.#list.replaceChildren();
    this.#waiting(false);
    this.#showBanner("");
    this.#showChoices();
    this.#show("notice");
  }

  /** Leave nothing of the conversation on the screen or the device. */
  #clear() {
    this.#input.value = "";
    this.#inputChanged();
    this.#leave();
    this.#toSpeak = [];
    this.#status.replaceChildren();
  }

  #endConversation() {
    const session = this.#session;
    if (session && !session.stored) {
      // At the latest it is gone when the session expires, so a failure needs no word.
      this.#protocol.erase(session.token).catch(() => {});
    }
    this.#clear();
    this.#noticeHeading.focus();
    this.#say({ text: this.#texts.get("ended"), language: this.#texts.language });
  }

  /** @param {"notice" | "conversation"} view */
  #show(view) {
    this.#notice.hidden = view !== "notice";
    this.#conversation.hidden = view !== "conversation";
    this.#openData.hidden = view !== "conversation";
    this.#end.hidden = view !== "conversation";
    this.#showMark();
    if (view === "notice") void this.#showNotice();
    else {
      void this.#loadData().catch(() => {});
      void this.#loadCompanions().catch(() => {});
    }
  }

  // --- Asking -----------------------------------------------------------------------------------------------------

  /** Whether something is on its way that the next question must not overtake. */
  get #isWaiting() {
    return this.#pending !== null || Boolean(this.#data?.isErasing);
  }

  #submit() {
    const text = this.#input.value.trim();
    if (this.#sessionIsOver) {
      this.#banner.querySelector("button")?.focus();
    } else if (this.#isWaiting) {
      this.#complain("wait_for_answer");
    } else if (text === "") {
      this.#complain("empty_message");
      this.#input.focus();
    } else if (this.#excess() > 0) {
      this.#complain("too_long");
      this.#input.focus();
    } else {
      this.#input.value = "";
      this.#inputChanged();
      this.#input.focus();
      void this.#ask(this.#questionEntry(text));
    }
  }

  /**
   * @param {string} text
   * @param {string | null} [payload]
   * @returns {Entry}
   */
  #questionEntry(text, payload) {
    const question = payload ? { id: questionId(), payload, text } : { id: questionId(), text };
    const language = payload ? this.#texts.language : null;
    const entry = received({ id: question.id, from: "customer", language, text, time: new Date().toISOString() });
    entry.question = question;
    return entry;
  }

  /** @param {Entry} entry */
  async #ask(entry) {
    const session = this.#session;
    if (!session || !entry.question || this.#isWaiting) return;
    this.#pending = entry;
    entry.status = entry.status === "failed" ? "retrying" : "sending";
    this.#place(entry);
    this.#waiting(true);
    let failure = null;
    let answer = null;
    try {
      answer = await this.#protocol.ask(session.token, entry.question);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      failure = error;
    }
    if (this.#session !== session || this.#pending !== entry) return;
    this.#pending = null;
    this.#waiting(false);
    if (failure) this.#failed(entry, failure);
    else if (answer) await this.#answered(entry, answer);
  }

  /**
   * @param {Entry} entry
   * @param {import("./protocol.js").Answer} answer
   */
  async #answered(entry, answer) {
    const retryHadFocus = Boolean(entry.node?.contains(this.#root.activeElement));
    entry.status = "sent";
    entry.question = null;
    if (answer.text) entry.message.text = answer.text;
    entry.masked = Array.isArray(answer.masked) ? answer.masked : [];
    this.#renderEntry(entry);
    const replies = answer.messages.filter(({ from }) => from === "bot");
    const [, ...messages] = withNotices([{ ...entry.message, notice: answer.notice }, ...replies]);
    this.#receive(messages);
    if (isLanguage(answer.language) && answer.language !== this.#texts.language) {
      if (await this.#setLanguage(answer.language)) this.#rememberLanguage(answer.language);
    }
    if (retryHadFocus) this.#focusForWriting();
    this.#scrollTo(entry);
    const note = answer.notice ? "" : removedNote(entry.masked, this.#texts);
    this.#sayMessages(messages, note ? [{ text: note, language: this.#texts.language }] : []);
  }

  /**
   * @param {Entry} entry
   * @param {ProtocolError} failure
   */
  #failed(entry, failure) {
    if (failure.sessionIsOver) {
      this.#sessionIsOver = true;
      forget();
      this.#guard.hold(null);
      for (const unsent of this.#entries.filter(({ question }) => question).reverse()) this.#takeBack(unsent);
      this.#showBanner("expired");
      this.#say({ text: this.#texts.get("expired"), language: this.#texts.language });
    } else if (failure.questionIsRefused && !entry.question?.payload) {
      this.#takeBack(entry);
      this.#refusal = failure.message || this.#texts.get("failed_server");
      this.#complain("refused");
      this.#input.focus();
    } else {
      const network = navigator.onLine ? "failed_network" : "failed_offline";
      entry.status = "failed";
      entry.problem = failure.code === "network" ? network : failure.message || "failed_server";
      this.#renderState(entry);
      this.#reveal(entry);
      const text = `${this.#texts.get("not_sent")} ${this.#problemText(entry)}`;
      this.#say({ text, language: this.#texts.language });
    }
  }

  /**
   * Move a question that was not sent back into the field, before anything typed since.
   *
   * @param {Entry} entry
   */
  #takeBack(entry) {
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.node?.remove();
    if (!entry.question?.payload) {
      this.#input.value = [entry.message.text, this.#input.value.trim()].filter(Boolean).join("\n");
      this.#inputChanged();
    }
    this.#showChoices();
  }

  // --- The list of messages ---------------------------------------------------------------------------------------

  /** @param {Message[]} messages those already shown are skipped */
  #receive(messages) {
    const known = new Set(this.#entries.map(({ message }) => message.id));
    for (const message of messages) {
      if (known.has(message.id)) continue;
      const entry = received(message);
      this.#entries.push(entry);
      this.#list.append(this.#renderEntry(entry));
    }
    this.#showChoices();
  }

  /**
   * Put a question at the end, where its answer will follow; a repeated one keeps its node and so the focus.
   *
   * @param {Entry} entry
   */
  #place(entry) {
    this.#entries = [...this.#entries.filter((other) => other !== entry), entry];
    if (!entry.node) this.#list.append(this.#renderEntry(entry));
    else if (entry.node !== this.#list.lastElementChild) {
      const focused = this.#root.activeElement;
      this.#list.append(entry.node);
      if (focused instanceof HTMLElement) focused.focus();
    }
    this.#renderState(entry);
    this.#showChoices();
    this.#reveal(entry);
  }

  /**
   * @param {Entry} entry
   * @returns {HTMLLIElement}
   */
  #renderEntry(entry) {
    const node = renderEntry(entry, this.#texts);
    this.#renderState(entry);
    return node;
  }

  /** @param {Entry} entry */
  #problemText(entry) {
    return Object.hasOwn(this.#texts.catalogue, entry.problem) ? this.#texts.get(entry.problem) : entry.problem;
  }

  /**
   * Show whether a question was sent; the retry button stays the same element so that it keeps the focus.
   *
   * @param {Entry} entry
   */
  #renderState(entry) {
    const node = entry.node;
    if (!node) return;
    let state = node.querySelector(".state");
    const shown = entry.status === "failed" || entry.status === "retrying";
    node.classList.toggle("unsent", shown);
    if (!shown) {
      state?.remove();
      return;
    }
    const texts = this.#texts;
    if (!state) {
      const retry = element("button", { type: "button", class: "retry" });
      retry.addEventListener("click", () => (this.#isWaiting ? this.#complain("wait_for_answer") : void this.#ask(entry)));
      const edit = element("button", { type: "button", class: "quiet edit" }, texts.get("edit"));
      edit.addEventListener("click", () => {
        if (this.#isWaiting) {
          this.#complain("wait_for_answer");
          return;
        }
        this.#takeBack(entry);
        this.#input.focus();
      });
      const buttons = element("div", { class: "actions" }, retry, entry.question?.payload ? null : edit);
      state = element("div", { class: "state", lang: texts.language }, element("p", { class: "problem" }), buttons);
      node.append(state);
    }
    const retry = /** @type {HTMLButtonElement} */ (state.querySelector(".retry"));
    const retrying = entry.status === "retrying";
    retry.textContent = texts.get(retrying ? "retrying" : "retry");
    retry.setAttribute("aria-disabled", String(retrying));
    /** @type {HTMLElement} */ (state.querySelector(".problem")).replaceChildren(
      element("strong", {}, texts.get("not_sent")),
      ` ${this.#problemText(entry)}`,
    );
  }

  /** The choices that came with the newest answer; a choice already passed by would answer another question. */
  #showChoices() {
    let newest = this.#entries.length;
    while (newest > 0 && this.#entries[newest - 1].message.from === "bot") newest -= 1;
    const messages = this.#sessionIsOver ? [] : this.#entries.slice(newest).map(({ message }) => message);
    const buttons = messages.flatMap(({ buttons: choices, language }) =>
      (choices ?? []).map((choice) => {
        const button = element("button", { type: "button", lang: language ?? undefined, dir: "auto" }, choice.title);
        button.addEventListener("click", (event) => this.#choose(choice, event));
        return button;
      }),
    );
    this.#choices.replaceChildren(...buttons);
    this.#choices.hidden = buttons.length === 0;
    this.#showFeedback();
    this.#idle?.touch();
  }

  /** Ask about the newest answer that names its sources, unless it was rated or nothing is kept. */
  #showFeedback() {
    const asked = this.#entries.findLastIndex(({ message }) => message.from === "customer");
    const newest = this.#entries.slice(asked + 1).findLast(({ message }) => message.sources?.length);
    const id = (this.#session?.stored && !this.#sessionIsOver && newest?.message.id) || null;
    if (id === null || !this.#rated.has(id)) this.#feedback?.ask(id);
  }

  /**
   * @param {Choice} choice
   * @param {MouseEvent} event
   */
  #choose(choice, event) {
    if (this.#isWaiting) {
      this.#complain("wait_for_answer");
      return;
    }
    const byKeyboard = event.detail === 0;
    void this.#ask(this.#questionEntry(choice.title, choice.payload));
    this.#focusForWriting({ byKeyboard });
  }

  /** @param {Entry} entry */
  #scrollTo(entry) {
    if (!entry.node) return;
    const top = entry.node.offsetTop - 12;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#log.scrollTo({ top, behavior: still ? "instant" : "smooth" });
    if (this.#pageScrolls()) entry.node.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
  }

  /** @param {Entry} entry */
  #reveal(entry) {
    this.#log.scrollTop = this.#log.scrollHeight;
    if (this.#pageScrolls()) entry.node?.scrollIntoView({ block: "nearest" });
  }

  #noteEnd() {
    this.#isAtEnd = this.#log.scrollTop + this.#log.clientHeight >= this.#log.scrollHeight - 8;
  }

  /** @returns {boolean} whether the page is so low that it scrolls as a whole */
  #pageScrolls() {
    return getComputedStyle(this.#log).overflowY === "visible";
  }

  /**
   * Focus the field; on a touch screen the conversation instead, as the screen keyboard would cover the answer.
   *
   * @param {{byKeyboard?: boolean}} [options]
   */
  #focusForWriting({ byKeyboard = false } = {}) {
    const touch = matchMedia("(pointer: coarse)").matches && !byKeyboard;
    (touch ? this.#log : this.#input).focus({ preventScroll: true });
  }

  // --- The field --------------------------------------------------------------------------------------------------

  /** @returns {number} characters above the limit, counted as the server counts them: code points */
  #excess() {
    return Array.from(this.#input.value.trim()).length - this.#limit;
  }

  #inputChanged() {
    if (!CSS.supports("field-sizing", "content")) {
      this.#input.style.height = "auto";
      this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
    }
    const excess = this.#excess();
    this.#inputProblem = excess > 0 ? "too_long" : "";
    this.#showInputProblem();
    this.#showCount();
    clearTimeout(this.#countTimer);
    if (excess <= -COUNT_ALOUD_BELOW) return;
    this.#countTimer = setTimeout(() => {
      const key = excess > 0 ? "too_long" : "characters_left";
      this.#say({ text: this.#texts.get(key, { count: Math.abs(excess) }), language: this.#texts.language });
    }, COUNT_ALOUD_AFTER_MS);
  }

  #showCount() {
    const used = this.#excess() + this.#limit;
    this.#counter.textContent = this.#texts.get("counter", { used, limit: this.#limit });
    this.#counter.classList.toggle("over", used > this.#limit);
    this.#counter.classList.toggle("idle", used === 0);
  }

  /** @param {"empty_message" | "wait_for_answer" | "too_long" | "refused" | "data_failed_load"} problem */
  #complain(problem) {
    this.#inputProblem = problem;
    clearTimeout(this.#countTimer);
    this.#showInputProblem();
    this.#say({ text: this.#problem.textContent ?? "", language: this.#texts.language });
  }

  #showInputProblem() {
    const problem = this.#inputProblem;
    const count = Math.max(this.#excess(), 0);
    if (problem === "") this.#problem.textContent = "";
    else this.#problem.textContent = problem === "refused" ? this.#refusal : this.#texts.get(problem, { count });
    this.#problem.hidden = problem === "";
    const isOfText = ["empty_message", "too_long", "refused"].includes(problem);
    this.#problem.classList.toggle("mild", !isOfText);
    this.#input.setAttribute("aria-invalid", String(isOfText));
  }

  /** @param {boolean} waiting */
  #waiting(waiting) {
    clearTimeout(this.#slowTimer);
    this.#typing.hidden = !waiting;
    this.#typing.classList.remove("slow");
    this.#typingText.textContent = this.#texts.get("typing");
    this.#send.setAttribute("aria-disabled", String(waiting));
    if (this.#inputProblem === "wait_for_answer") {
      this.#inputProblem = "";
      this.#showInputProblem();
    }
    if (!waiting) return;
    this.#slowTimer = setTimeout(() => {
      this.#typing.classList.add("slow");
      this.#typingText.textContent = this.#texts.get("slow");
      this.#log.scrollTop = this.#log.scrollHeight;
      this.#say({ text: this.#texts.get("slow"), language: this.#texts.language });
    }, SLOW_AFTER_MS);
  }

  // --- States of the whole ----------------------------------------------------------------------------------------

  /** @type {"" | "expired" | "load_failed"} */
  #bannerKind = "";

  /** @param {"" | "expired" | "load_failed"} kind */
  #showBanner(kind) {
    this.#bannerKind = kind;
    this.#banner.hidden = kind === "";
    if (kind === "") {
      this.#banner.replaceChildren();
      return;
    }
    const action = element(
      "button",
      { type: "button", class: "primary" },
      this.#texts.get(kind === "expired" ? "new_conversation" : "retry"),
    );
    action.addEventListener("click", () => {
      if (kind === "expired") void this.#startAnew();
      else if (this.#isWaiting) this.#complain("wait_for_answer");
      else {
        this.#focusForWriting();
        void this.#restore();
      }
    });
    this.#banner.replaceChildren(element("p", {}, this.#texts.get(kind)), action);
  }

  /** @param {string} key */
  #showBannerProblem(key) {
    if (this.#bannerKind === "") return;
    this.#banner.querySelector(".problem")?.remove();
    this.#banner.append(element("p", { class: "problem" }, this.#texts.get(key)));
  }

  /** @param {string} key */
  #showStartProblem(key) {
    this.#startProblem = key;
    this.#noticeProblem.hidden = key === "";
    this.#noticeProblem.textContent = key === "" ? "" : this.#texts.get(key);
    this.#noticeProblem.classList.toggle("mild", key === "expired_notice");
  }

  #connectionChanged() {
    const wasOffline = !this.#offline.hidden;
    this.#offline.hidden = navigator.onLine;
    if (!this.#catalogue || wasOffline === !navigator.onLine) return;
    for (const entry of navigator.onLine ? this.#entries : []) {
      if (entry.problem !== "failed_offline") continue;
      entry.problem = "failed_network";
      this.#renderState(entry);
    }
    this.#say({ text: this.#texts.get(navigator.onLine ? "online" : "offline"), language: this.#texts.language });
  }

  // --- Speaking ---------------------------------------------------------------------------------------------------

  /**
   * @param {Message[]} messages
   * @param {Spoken[]} [before]
   */
  #sayMessages(messages, before = []) {
    const { name, choices } = { name: this.#texts.get("name"), choices: this.#texts.get("choices") };
    const spoken = messages.map((message) => ({ text: spokenText(message, this.#texts), language: message.language }));
    if (spoken.length > 0) spoken[0].text = `${name}: ${spoken[0].text}`;
    const titles = messages.flatMap(({ buttons }) => (buttons ?? []).map(({ title }) => title));
    if (titles.length > 0) spoken.push({ text: `${choices}: ${titles.join(", ")}.`, language: this.#texts.language });
    const offers = messages.map((message) => actionTitle(message, this.#texts)).filter(Boolean);
    for (const title of offers) spoken.push({ text: this.#texts.get("button", { title }), language: this.#texts.language });
    this.#say(...before, ...spoken);
  }

  /**
   * Announce once, politely. What comes within the same moment is joined, so that nothing replaces unread words.
   *
   * @param {...Spoken} spoken
   */
  #say(...spoken) {
    this.#toSpeak.push(...spoken);
    clearTimeout(this.#speakTimer);
    clearTimeout(this.#silenceTimer);
    this.#speakTimer = setTimeout(() => {
      const parts = this.#toSpeak.splice(0);
      this.#status.replaceChildren(
        ...parts.map(({ text, language }) => element("p", { lang: language ?? this.#texts.language }, text)),
      );
      this.#silenceTimer = setTimeout(() => this.#status.replaceChildren(), SILENT_AFTER_MS);
    }, SPEAK_AFTER_MS);
  }
}
