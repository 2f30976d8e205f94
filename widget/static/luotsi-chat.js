// @ts-check
import { element, icon } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { isSameText, noticeLink, received, removedNote, renderEntry, withNotices } from "./message-view.js";
import { Protocol, ProtocolError, questionId } from "./protocol.js";
import { TabGuard, forget, recall, remember } from "./session.js";
import { Speech } from "./speech.js";
import { LANGUAGES, isLanguage, loadTexts } from "./texts.js";
import { countDown, problemText, renderState, secondsLeft, waitText } from "./unsent.js";

/** @typedef {import("./message-view.js").Entry} Entry */
/** @typedef {import("./protocol.js").Choice} Choice */
/** @typedef {import("./protocol.js").Language} Language */
/** @typedef {import("./protocol.js").Message} Message */
/** @typedef {import("./protocol.js").Notice} Notice */
/** @typedef {import("./protocol.js").Opening} Opening */
/** @typedef {import("./events.js").Events} Events */
/** @typedef {import("./feedback.js").AnswerFeedback} AnswerFeedback */
/** @typedef {import("./idle.js").Idle} Idle */
/** @typedef {import("./news.js").News} News */
/** @typedef {import("./rating.js").ConversationRating} ConversationRating */
/** @typedef {import("./session.js").Session} Session */
/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("./your-data.js").View} View */
/** @typedef {import("./your-data.js").YourData} YourData */
/** @typedef {import("./speech.js").Spoken} Spoken */

const SLOW_AFTER_MS = 5_000;
/** How long a request may take when its answer has come by the stream. */
const GRACE_MS = 2_000;
/** By then it is known whether the conversation goes on. */
const RESTART_AFTER_MS = 5_000;
const COUNT_ALOUD_AFTER_MS = 1_000;
const COUNT_ALOUD_BELOW = 50;
const DEFAULT_LIMIT = 1_000;
const SWITCH_PAYLOAD = { fi: "/switch_to_finnish", en: "/switch_to_english" };
const AGENCIES = new Map(Object.entries({ immigration: "agency_immigration", customs: "agency_customs" }));
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
 * Attribute `data-agency`: "immigration" or "customs", named under the title. Attribute `data-theme`: "light" or "dark".
 * Slot `close`: the button that puts the chat away, where it is framed.
 * Event `luotsi-language`: detail {language, title}, whenever the language of the texts changes.
 * Event `luotsi-answer`: detail {count}, when messages of the assistant have come.
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
  /** @type {Message[]} what came by the stream while a question waits for its answer */
  #heard = [];
  /** @type {number | undefined} */
  #graceTimer;
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
  #countTimer;

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
  #noticeEnd = element("div", { class: "actions" });
  #noticeLinks = element("span", { class: "links" });
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
  #printed = element("p", { class: "printed" });

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
  #links = element("span", { class: "links" });

  #dialog = element("dialog", { class: "ending", "aria-labelledby": "end-heading", "aria-describedby": "end-text" });
  #dialogHeading = element("h2", { id: "end-heading" });
  #dialogText = element("p", { id: "end-text" });
  #dialogConfirm = element("button", { type: "button", class: "primary" });
  #dialogDelete = element("button", { type: "button", class: "warning" });
  #dialogCancel = element("button", { type: "button", class: "quiet" });

  #speech = new Speech(() => this.#texts);

  /** @type {YourData | null} loaded with the first conversation, as there is no data before */
  #data = null;
  /** @type {AnswerFeedback | null} */
  #feedback = null;
  /** @type {Idle | null} */
  #idle = null;
  /** @type {News | null} */
  #news = null;
  /** @type {ConversationRating | null} */
  #rating = null;
  /** @type {Events | null} */
  #events = null;

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
    // Asked for together with the texts: a request takes long on a slow connection.
    if (!session) void this.#loadNotice(shown).catch(() => {});
    if (!(await this.#setLanguage(shown))) return;
    await this.#styled;
    this.#frame.hidden = false;
    void this.#loadNews().catch(() => {});
    if (session) {
      this.#adopt(session);
      this.#show("conversation");
      await this.#restore();
    } else {
      this.#show("notice");
    }
  }

  /** @override Where the customer goes on: the notice, or the field (on a touch screen the conversation). */
  focus() {
    if (this.#root.querySelector("dialog[open]")) return;
    if (this.#conversation.hidden) this.#noticeHeading.focus();
    else this.#focusForWriting();
  }

  /** Bring the newest question into view, with what was answered while the chat was put away. */
  showNewest() {
    const asked = this.#entries.findLast(({ message }) => message.from === "customer");
    if (asked) this.#scrollTo(asked);
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
      element("slot", { name: "close" }),
      element("div", { class: "tools" }, this.#languages, this.#openData, this.#end),
    );
    this.#notice.append(
      this.#noticeHeading,
      this.#noticeIntro,
      this.#noticePoints,
      this.#consentPart,
      this.#noticeProblem,
      this.#noticeEnd,
    );
    this.#noticeEnd.append(this.#start, this.#noticeLinks);
    this.#consentPart.append(
      this.#consentProblemText,
      element("div", { class: "choice" }, this.#consent, this.#consentLabel),
    );
    this.#typing.append(
      element("span", { class: "dots", "aria-hidden": "true" }, element("i"), element("i"), element("i")),
      this.#typingText,
    );
    this.#log.append(this.#list, this.#choices, this.#typing);
    this.#hint.append(this.#hintLong, this.#hintShort, " ", this.#hintLimit, this.#links);
    this.#form.append(
      this.#label,
      element("div", { class: "field" }, this.#input, this.#send),
      this.#problem,
      element("div", { class: "below" }, this.#hint, this.#counter),
    );
    this.#conversation.append(this.#conversationHeading, this.#printed, this.#log, this.#banner, this.#form);
    this.#dialog.append(
      this.#dialogHeading,
      this.#dialogText,
      element("div", { class: "actions" }, this.#dialogConfirm, this.#dialogDelete, this.#dialogCancel),
    );
    frame.append(header, this.#offline, this.#notice, this.#conversation);
    this.#root.append(stylesheet, frame, this.#dialog, this.#speech.element);
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
      this.#root.addEventListener(sign, (event) => {
        // The warning's own button would be gone before it is pressed.
        if (this.#idle && !event.composedPath().includes(this.#idle.warning)) this.#idle.touch();
      });
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
    const agency = AGENCIES.get(this.dataset.agency ?? "");
    this.#role.textContent = texts.get("role") + (agency ? ` – ${texts.get(agency)}` : "");
    this.#languages.setAttribute("aria-label", texts.get("language_group"));
    for (const button of this.#languages.querySelectorAll("button")) {
      const language = /** @type {Language} */ (button.dataset.language);
      button.textContent = texts.get(`language_${language}`);
      button.setAttribute("aria-pressed", String(language === texts.language));
    }
    this.#openData.textContent = texts.get("data_heading");
    this.#end.textContent = texts.get("end");
    this.#mark.replaceChildren(icon("shield"), texts.get("not_stored"));
    this.#offline.textContent = texts.get(this.#connection);

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
    this.#noticeLinks.replaceChildren(
      noticeLink(texts, "privacy_link"),
      noticeLink(texts, "accessibility_link", "accessibility"),
    );
    this.#links.replaceChildren(
      noticeLink(texts, "privacy_short"),
      " ",
      noticeLink(texts, "accessibility_short", "accessibility"),
    );
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
    this.#rating?.applyTexts();
    void this.#news?.refresh();
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
      print: () => this.#print(),
    });
    data.dialog.addEventListener("close", () => {
      this.#root.append(this.#speech.element);
      if (!this.#session) this.#noticeHeading.focus();
    });
    data.applyTexts();
    this.#root.append(data.dialog);
    this.#data = data;
    return data;
  }

  /** Load what stands beside the answers and the field; without it the conversation works as well. */
  async #loadCompanions() {
    const [{ AnswerFeedback }, { Idle }, { ConversationRating }] = await Promise.all([
      await import("./feedback.js"),
      await import("./idle.js"),
      await import("./rating.js"),
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
    this.#idle = new Idle({
      texts,
      say,
      until: () => (this.#session && !this.#sessionIsOver && !this.#isWaiting ? this.#expires : null),
      closed: () => this.#cover(),
      opened: () => {
        delete this.#conversation.dataset.covered;
        this.#events?.restart();
      },
      goOn: () => this.#focusForWriting(),
      end: () => this.#dialog.showModal(),
    });
    this.#rating = new ConversationRating({ texts, say, goOn: () => this.#noticeHeading.focus() });
    this.#list.after(this.#feedback.element);
    this.#problem.after(this.#idle.note);
    this.#form.before(this.#idle.warning);
    this.#conversation.append(this.#idle.cover);
    this.#notice.prepend(this.#rating.element);
    this.#showFeedback();
    this.#idle.touch();
  }

  /** Take the conversation from the screen; the customer can bring it back. */
  #cover() {
    const hadFocus = this.#hasFocus;
    for (const dialog of this.#root.querySelectorAll("dialog")) dialog.close();
    this.#conversation.dataset.covered = "";
    this.#events?.stop();
    this.#connectionChanged();
    if (hadFocus) this.#focusForWriting();
  }

  async #loadNews() {
    const { News } = await import("./news.js");
    this.#news ??= new News({
      texts: () => this.#texts,
      load: (language) => this.#protocol.news(language),
      say: (text) => this.#say({ text, language: this.#texts.language }),
      agency: () => this.dataset.agency ?? "",
      goOn: () => this.focus(),
    });
    this.#placeNews();
    await this.#news.refresh();
  }

  /** Show what staff tell where the customer is: before the start, or above the conversation. */
  #placeNews() {
    if (!this.#news) return;
    const { announcements, hours } = this.#news;
    if (this.#conversation.hidden) {
      this.#notice.prepend(announcements);
      this.#noticePoints.after(hours);
    } else {
      this.#log.before(announcements);
      this.#log.prepend(hours);
    }
  }

  #print() {
    this.#printed.textContent = this.#texts.get("printed", { time: this.#texts.moment(new Date().toISOString()) ?? "" });
    window.print();
  }

  /** @param {View} view */
  async #showData(view) {
    const data = await this.#loadData().catch(() => null);
    if (!data) {
      this.#complain("data_failed_load");
      return;
    }
    // A modal dialog makes everything outside it unreachable for screen readers, the live region too.
    data.dialog.append(this.#speech.element);
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
    this.#events?.restart();
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
  #loadNotice(language = this.#texts.language) {
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

  /**
   * The page's language follows the conversation's.
   *
   * @param {unknown} language
   */
  async #followLanguage(language) {
    if (!isLanguage(language) || language === this.#texts.language) return;
    if (await this.#setLanguage(language)) this.#rememberLanguage(language);
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
      const isRefused = ["too_many_requests", "foreign_origin"].includes(error.code) && error.message;
      const problem = error.code === "network" ? "start_failed_network" : isRefused || "start_failed_server";
      this.#showStartProblem(problem);
      this.#showBannerProblem(problem);
      this.#say({ text: problemText({ problem }, this.#texts), language: this.#texts.language });
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
    this.#rating?.close();
    this.#adopt(session);
    this.#showConsentProblem("");
    this.#showBanner("");
    this.#receive(opening.messages);
    this.#show("conversation");
    this.#log.scrollTop = 0;
    this.#noteEnd();
    this.#focusForWriting();
    this.#sayMessages(opening.messages);
    void this.#follow(opening.messages.at(-1)?.id ?? null);
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
      void this.#follow(messages.at(-1)?.id ?? null);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.sessionIsOver) {
        this.#leave();
        this.#showStartProblem("expired_notice");
      } else {
        this.#showBanner("load_failed");
        this.#sayText("load_failed");
      }
    }
  }

  #leave() {
    forget();
    this.#guard.hold(null);
    this.#unfollow();
    this.#session = null;
    this.#sessionIsOver = false;
    this.#pending = null;
    this.#entries = [];
    this.#list.replaceChildren();
    delete this.#conversation.dataset.covered;
    this.#idle?.reset();
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
    this.#speech.silence();
  }

  #endConversation() {
    const session = this.#session;
    if (session && !session.stored) {
      // At the latest it is gone when the session expires, so a failure needs no word.
      this.#protocol.erase(session.token).catch(() => {});
    }
    const wasAnswered = this.#entries.some(({ message, question }) => message.from === "customer" && !question);
    const mayRate = session?.stored && !this.#sessionIsOver && wasAnswered;
    this.#clear();
    this.#sayText("ended");
    if (mayRate && this.#rating) this.#rating.ask((feedback) => this.#protocol.rate(session.token, feedback));
    else this.#noticeHeading.focus();
  }

  /** @param {"notice" | "conversation"} view */
  #show(view) {
    this.#notice.hidden = view !== "notice";
    this.#conversation.hidden = view !== "conversation";
    this.#openData.hidden = view !== "conversation";
    this.#end.hidden = view !== "conversation";
    this.#showMark();
    this.#placeNews();
    if (view === "notice") void this.#showNotice();
    else {
      void this.#loadData().catch(() => {});
      void this.#loadCompanions().catch(() => {});
    }
  }

  // --- What comes by the stream -----------------------------------------------------------------------------------

  /**
   * Follow the conversation; without the stream, answers still come with their requests.
   *
   * @param {string | null} last the id of its last message
   */
  async #follow(last) {
    const session = this.#session;
    const loaded = await import("./events.js").catch(() => null);
    if (!loaded || !session || session !== this.#session || this.#sessionIsOver) return;
    const token = () => this.#session?.token ?? "";
    this.#events ??= new loaded.Events({
      open: (after, signal) => this.#protocol.events(token(), after, signal),
      poll: () => this.#protocol.transcript(token()),
      messages: (messages) => this.#hear(messages),
      typing: (isTyping) => this.#showTyping(isTyping),
      ended: (reason) => this.#endedElsewhere(reason),
      connected: () => this.#connectionChanged(),
    });
    this.#events.start(last);
  }

  #unfollow() {
    this.#events?.stop();
    clearTimeout(this.#graceTimer);
    this.#heard = [];
    this.#isTyping = false;
    this.#connectionChanged();
  }

  /** @param {Message[]} messages */
  #hear(messages) {
    this.#heard.push(...messages);
    const pending = this.#pending;
    if (!pending) {
      this.#takeIn();
      return;
    }
    // Usually its request brings the answer in a moment; if that is slow or lost, what came is the answer.
    const asked = this.#heard.findIndex((message) => isOf(message, pending));
    if (asked === -1 || !this.#heard.slice(asked).some(({ from }) => from === "bot")) return;
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => {
      if (this.#pending !== pending) return;
      this.#pending = null;
      this.#waiting(false);
      this.#takeIn();
    }, GRACE_MS);
  }

  /** Show and say what came and is not known yet; an own question that is among it has arrived. */
  #takeIn() {
    const known = new Set(this.#entries.map(({ message }) => message.id));
    /** @type {Message[]} */
    const fresh = [];
    /** @type {Entry | null} */
    let own = null;
    for (const message of withNotices(this.#heard.splice(0))) {
      if (known.has(message.id)) continue;
      known.add(message.id);
      const asked = this.#entries.find((entry) => isOf(message, entry));
      if (asked) this.#arrived((own = asked), message);
      else fresh.push(message);
    }
    if (!own && fresh.length === 0) return;
    const wasAtEnd = this.#isAtEnd;
    this.#receive(fresh);
    if (own) void this.#followLanguage(fresh.findLast(({ from }) => from === "bot")?.language);
    if (own) this.#scrollTo(own);
    else if (wasAtEnd && fresh.length > 0) this.#scrollTo(this.#entries[this.#entries.length - fresh.length]);
    const note = own && !own.message.notice ? removedNote(own.masked, this.#texts) : "";
    if (fresh.length > 0) this.#sayMessages(fresh, note ? [{ text: note, language: this.#texts.language }] : []);
  }

  /**
   * An own question is kept by the service, whatever became of its request.
   *
   * @param {Entry} entry
   * @param {Message} message as it is kept
   */
  #arrived(entry, message) {
    const hadFocus = Boolean(entry.node?.contains(this.#root.activeElement));
    Object.assign(entry, { message, status: "sent", problem: "", question: null, masked: message.masked ?? [] });
    if (entry === this.#entries.at(-1)) this.#renderEntry(entry);
    else this.#place(entry);
    if (hadFocus) this.#focusForWriting();
  }

  /** @param {"erased" | "expired"} reason */
  #endedElsewhere(reason) {
    if (reason === "erased" && this.#data?.mayHaveErased) {
      setTimeout(() => this.#session && !this.#sessionIsOver && this.#events?.restart(), RESTART_AFTER_MS);
      return;
    }
    this.#pending = null;
    this.#waiting(false);
    if (reason === "expired") {
      this.#sessionEnded();
      return;
    }
    const hadFocus = this.#hasFocus;
    for (const unsent of this.#entries.filter(({ question }) => question).reverse()) this.#takeBack(unsent);
    for (const dialog of this.#root.querySelectorAll("dialog")) dialog.close();
    this.#leave();
    this.#showStartProblem("erased_notice");
    if (hadFocus) this.#noticeHeading.focus();
    this.#sayText("erased_notice");
  }

  #sessionEnded() {
    this.#sessionIsOver = true;
    forget();
    this.#guard.hold(null);
    this.#unfollow();
    for (const unsent of this.#entries.filter(({ question }) => question).reverse()) this.#takeBack(unsent);
    this.#showChoices();
    this.#showBanner("expired");
    this.#sayText("expired");
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
    this.#idle?.reopen();
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
    if (answer) await this.#answered(entry, answer);
    this.#takeIn();
    if (failure && entry.question) this.#failed(entry, failure);
  }

  /**
   * @param {Entry} entry
   * @param {import("./protocol.js").Answer} answer
   */
  async #answered(entry, answer) {
    const retryHadFocus = Boolean(entry.node?.contains(this.#root.activeElement));
    entry.status = "sent";
    entry.question = null;
    if (answer.id) this.#isKept(entry, answer.id);
    if (answer.text) entry.message.text = answer.text;
    entry.masked = Array.isArray(answer.masked) ? answer.masked : [];
    this.#renderEntry(entry);
    const replies = answer.messages.filter(({ from }) => from === "bot");
    const [, ...answered] = withNotices([{ ...entry.message, notice: answer.notice }, ...replies]);
    const messages = this.#receive(answered);
    await this.#followLanguage(answer.language);
    if (retryHadFocus) this.#focusForWriting();
    this.#scrollTo(entry);
    const note = answer.notice ? "" : removedNote(entry.masked, this.#texts);
    if (messages.length > 0) this.#sayMessages(messages, note ? [{ text: note, language: this.#texts.language }] : []);
  }

  /**
   * Give a question the id under which it is kept; if it came by the stream unrecognised, it is shown already.
   *
   * @param {Entry} entry
   * @param {string} id
   */
  #isKept(entry, id) {
    const twin = this.#entries.find((other) => other !== entry && other.message.id === id);
    entry.message.id = id;
    if (!twin) return;
    const others = this.#entries.filter((other) => other !== entry);
    this.#entries = others.map((other) => (other === twin ? entry : other));
    if (entry.node) twin.node?.replaceWith(entry.node);
  }

  /**
   * @param {Entry} entry
   * @param {ProtocolError} failure
   */
  #failed(entry, failure) {
    if (failure.sessionIsOver) {
      this.#sessionEnded();
    } else if (failure.questionIsRefused && !entry.question?.payload) {
      this.#takeBack(entry);
      this.#refusal = failure.message || this.#texts.get("failed_server");
      this.#complain("refused");
      this.#input.focus();
    } else {
      const network = navigator.onLine ? "failed_network" : "failed_offline";
      entry.status = "failed";
      entry.problem = failure.code === "network" ? network : failure.message || "failed_server";
      entry.retryAt = Date.now() + (failure.retryAfter ?? 0) * 1_000;
      this.#renderState(entry);
      this.#reveal(entry);
      if (failure.retryAfter !== null) countDown(entry, () => this.#countedDown(entry));
      const text = `${this.#texts.get("not_sent")} ${problemText(entry, this.#texts)}`;
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

  /**
   * @param {Message[]} messages those already shown are skipped
   * @returns {Message[]} the new ones
   */
  #receive(messages) {
    const known = new Set(this.#entries.map(({ message }) => message.id));
    const fresh = messages.filter(({ id }) => !known.has(id));
    for (const message of fresh) {
      const entry = received(message);
      this.#entries.push(entry);
      this.#list.append(this.#renderEntry(entry));
    }
    this.#showChoices();
    return fresh;
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

  /**
   * @param {Entry} entry one that the service takes again after a while
   * @returns {boolean} whether it still waits
   */
  #countedDown(entry) {
    if (entry.status !== "failed" || !this.#entries.includes(entry)) return false;
    this.#renderState(entry);
    if (secondsLeft(entry) > 0) return true;
    this.#sayText("retry_now");
    return false;
  }

  /** @param {Entry} entry */
  #retry(entry) {
    const wait = waitText(entry, this.#texts);
    if (secondsLeft(entry) > 0) this.#sayText("retry_later", { wait });
    else if (this.#isWaiting) this.#complain("wait_for_answer");
    else void this.#ask(entry);
  }

  /** @param {Entry} entry */
  #renderState(entry) {
    renderState(entry, this.#texts, {
      retry: () => this.#retry(entry),
      edit: () => {
        if (this.#isWaiting) {
          this.#complain("wait_for_answer");
          return;
        }
        this.#takeBack(entry);
        this.#input.focus();
      },
    });
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
    // The event comes later; what happens until then must not take the customer for being at the end.
    this.#noteEnd(top);
    if (this.#pageScrolls()) entry.node.scrollIntoView({ block: "start", behavior: still ? "instant" : "smooth" });
  }

  /** @param {Entry} entry */
  #reveal(entry) {
    this.#log.scrollTop = this.#log.scrollHeight;
    if (this.#pageScrolls()) entry.node?.scrollIntoView({ block: "nearest" });
  }

  /** Whether the customer is in the chat, and not in a page around it. */
  get #hasFocus() {
    return document.hasFocus() && this.#root.activeElement !== null;
  }

  /** @param {number} [top] where the conversation is scrolled to, or on the way to */
  #noteEnd(top = this.#log.scrollTop) {
    this.#isAtEnd = top + this.#log.clientHeight >= this.#log.scrollHeight - 8;
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
    if ("covered" in this.#conversation.dataset) {
      /** @type {HTMLElement} */ (this.#conversation.querySelector("#cover-heading")).focus();
      return;
    }
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

  /** Whether an answer to somebody's question elsewhere is being made. */
  #isTyping = false;

  /** @param {boolean} isTyping */
  #showTyping(isTyping) {
    // While an own question waits, its request tells more.
    this.#isTyping = isTyping && this.#pending === null && !this.#sessionIsOver;
    if (this.#pending === null) this.#typing.hidden = !this.#isTyping;
    if (this.#isTyping && this.#isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {boolean} waiting */
  #waiting(waiting) {
    clearTimeout(this.#slowTimer);
    this.#isTyping = false;
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
      this.#sayText("slow");
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
    this.#banner.append(element("p", { class: "problem" }, problemText({ problem: key }, this.#texts)));
  }

  /** @param {string} key */
  #showStartProblem(key) {
    this.#startProblem = key;
    this.#noticeProblem.hidden = key === "";
    this.#noticeProblem.textContent = problemText({ problem: key }, this.#texts);
    const isNews = ["expired_notice", "erased_notice"].includes(key);
    this.#noticeProblem.classList.toggle("mild", isNews);
    // What led here comes first; what hinders the start stands beside its button.
    if (isNews) this.#noticeHeading.before(this.#noticeProblem);
    else this.#noticeEnd.before(this.#noticeProblem);
  }

  /** @type {"online" | "offline" | "lost"} */
  #connection = "online";

  #connectionChanged() {
    const before = this.#connection;
    this.#connection = !navigator.onLine ? "offline" : this.#events?.isLost ? "lost" : "online";
    this.#offline.hidden = this.#connection === "online";
    if (!this.#catalogue || before === this.#connection) return;
    this.#offline.textContent = this.#texts.get(this.#connection);
    for (const entry of navigator.onLine ? this.#entries : []) {
      if (entry.problem !== "failed_offline") continue;
      entry.problem = "failed_network";
      this.#renderState(entry);
    }
    this.#sayText(this.#connection);
  }

  // --- Speaking ---------------------------------------------------------------------------------------------------

  /**
   * @param {Message[]} messages
   * @param {Spoken[]} [before]
   */
  #sayMessages(messages, before = []) {
    this.#say(...before, ...this.#speech.wordsOf(messages));
    const detail = { count: messages.filter(({ from }) => from === "bot").length };
    this.dispatchEvent(new CustomEvent("luotsi-answer", { bubbles: true, composed: true, detail }));
  }

  /** @param {...Spoken} spoken */
  #say(...spoken) {
    this.#speech.say(...spoken);
  }

  /**
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  #sayText(key, values) {
    this.#say({ text: this.#texts.get(key, values), language: this.#texts.language });
  }
}

/**
 * @param {Message} message one that is kept
 * @param {Entry} entry
 * @returns {boolean} whether it is a question that is not known to have arrived
 */
function isOf(message, { question, message: { text } }) {
  return question !== null && message.from === "customer" && isSameText(message.text, text);
}
