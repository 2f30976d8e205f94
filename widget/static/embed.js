// @ts-check
// The launcher that other sites load; a classic script as well as a module, so it neither imports nor exports.
(() => {
  /** @typedef {"fi" | "en"} Language */

  const TAG = "luotsi-widget";
  const KEY = "luotsi-widget";
  const READY_WITHIN_MS = 15_000;
  const LONGEST_TITLE = 120;
  const READABLE = 4.5;
  const FULL = "(max-width: 40em), (max-height: 30em)";
  const SVG = "http://www.w3.org/2000/svg";
  const BUBBLE = "M4 3h16a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2m3 5v2h10V8zm0 4v2h7v-2z";

  const TEXTS = {
    fi: {
      open: "Kysy Luotsilta",
      chat: "Luotsi – neuvontakeskustelu",
      unread: (/** @type {number} */ count) => (count === 1 ? "1 uusi vastaus" : `${count} uutta vastausta`),
      loading: "Avataan keskustelua…",
      failed: "Keskustelua ei saatu auki.",
      retry: "Yritä uudelleen",
      page: "Avaa keskustelu omalle sivulleen (avautuu uuteen välilehteen)",
      close: "Sulje",
    },
    en: {
      open: "Ask Luotsi",
      chat: "Luotsi – advice chat",
      unread: (/** @type {number} */ count) => (count === 1 ? "1 new answer" : `${count} new answers`),
      loading: "Opening the chat…",
      failed: "The chat could not be opened.",
      retry: "Try again",
      page: "Open the chat on its own page (opens in a new tab)",
      close: "Close",
    },
  };

  const STYLE = `
    :host {
      all: initial !important;
      display: contents !important;
      direction: ltr !important;
      --fill: #0b5364;
      --on-fill: #fff;
      --surface: #fff;
      --text: #14252e;
      --line: #cbd8dd;
      --link: #0b5364;
    }

    :host([hidden]) {
      display: none !important;
    }

    @media (prefers-color-scheme: dark) {
      .widget:not(.light) {
        --fill: #7fcfdd;
        --on-fill: #05232b;
        --surface: #141f26;
        --text: #e6eef1;
        --line: #34454f;
        --link: #7fcfdd;
      }
    }

    .widget.dark {
      --fill: #7fcfdd;
      --on-fill: #05232b;
      --surface: #141f26;
      --text: #e6eef1;
      --line: #34454f;
      --link: #7fcfdd;
    }

    *, *::before, *::after {
      box-sizing: border-box;
    }

    [hidden] {
      display: none !important;
    }

    .widget {
      position: fixed;
      z-index: 2147483647;
      inset: auto;
      width: 0;
      height: 0;
      margin: 0;
      padding: 0;
      border: 0;
      overflow: visible;
      background: none;
      color: var(--text);
      color-scheme: light dark;
      font: 400 medium/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
      text-align: start;
    }

    .widget.light {
      color-scheme: light;
    }

    .widget.dark {
      color-scheme: dark;
    }

    button, a {
      font: inherit;
      cursor: pointer;
    }

    button:focus-visible, a:focus-visible {
      outline: 3px solid #14252e;
      outline-offset: 3px;
      box-shadow: 0 0 0 3px #fff;
    }

    .launcher {
      position: fixed;
      bottom: calc(1em + env(safe-area-inset-bottom));
      right: calc(1em + env(safe-area-inset-right));
      display: flex;
      align-items: center;
      gap: 0.625em;
      max-width: calc(100vw - 2em);
      min-height: 3.25em;
      margin: 0;
      padding: 0.5em 1.25em 0.5em 1em;
      border: 2px solid var(--on-fill);
      border-radius: 1.75em;
      background: var(--luotsi-fill, var(--fill));
      color: var(--luotsi-on-fill, var(--on-fill));
      border-color: var(--luotsi-on-fill, var(--on-fill));
      box-shadow: 0 2px 4px rgb(9 40 51 / 20%), 0 8px 24px rgb(9 40 51 / 24%);
      font-weight: 600;
      line-height: 1.25;
      text-align: start;
    }

    .left .launcher {
      right: auto;
      left: calc(1em + env(safe-area-inset-left));
    }

    .launcher:hover .words {
      text-decoration: underline;
      text-underline-offset: 0.2em;
    }

    .icon {
      flex: none;
      width: 1.5em;
      height: 1.5em;
      fill: currentcolor;
    }

    .badge {
      position: absolute;
      top: -0.625em;
      right: -0.25em;
      min-width: 1.75em;
      padding: 0 0.375em;
      border: 2px solid #fff;
      border-radius: 1em;
      background: #9b1c1c;
      color: #fff;
      font-size: 0.875em;
      line-height: 1.5em;
      text-align: center;
    }

    .unseen {
      position: absolute;
      width: 1px;
      height: 1px;
      margin: -1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }

    .panel {
      position: fixed;
      inset: auto calc(1em + env(safe-area-inset-right)) calc(1em + env(safe-area-inset-bottom)) auto;
      width: 26em;
      max-width: none;
      height: min(44em, 100vh - 2em);
      height: min(44em, 100dvh - 2em);
      max-height: none;
      margin: 0;
      padding: 0;
      border: 1px solid var(--line);
      border-radius: 1em;
      overflow: hidden;
      background: var(--surface);
      color: inherit;
      box-shadow: 0 4px 12px rgb(9 40 51 / 16%), 0 16px 48px rgb(9 40 51 / 28%);
    }

    .left .panel {
      inset: auto auto calc(1em + env(safe-area-inset-bottom)) calc(1em + env(safe-area-inset-left));
    }

    .panel.full, .left .panel.full {
      inset: var(--top, 0) 0 auto 0;
      width: 100vw;
      height: 100vh;
      height: var(--height, 100dvh);
      padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
      border: 0;
      border-radius: 0;
      box-shadow: none;
    }

    .panel::backdrop {
      background: var(--surface);
    }

    iframe {
      display: block;
      width: 100%;
      height: 100%;
      border: 0;
    }

    .loading iframe {
      position: absolute;
      visibility: hidden;
    }

    .wait {
      display: flex;
      flex-direction: column;
      align-items: flex-start;
      justify-content: center;
      gap: 0.75em;
      height: 100%;
      padding: 1.5em;
      overflow: auto;
    }

    .wait p {
      margin: 0;
    }

    .wait button {
      min-width: 2.75em;
      min-height: 2.75em;
      padding: 0.5em 1em;
      border: 1px solid currentcolor;
      border-radius: 0.75em;
      background: none;
      color: var(--link);
      font-weight: 600;
    }

    .wait a {
      padding-block: 0.625em;
      color: var(--link);
    }

    @media (prefers-reduced-motion: no-preference) {
      .panel[open] {
        animation: rise 0.18s ease-out;
      }

      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(1em);
        }
      }
    }

    @media (forced-colors: active) {
      .launcher, .badge, .panel {
        border-color: ButtonText;
      }

      button:focus-visible, a:focus-visible {
        outline-color: Highlight;
      }
    }

    @media print {
      .widget {
        display: none !important;
      }
    }
  `;

  const chatAddress = findChat();
  /** @type {CSSStyleSheet | undefined} */
  let sheet;
  /** @type {HTMLElement | null} the one element of the page that shows the launcher */
  let shown = null;

  class LuotsiWidget extends HTMLElement {
    // Open, so that the page's own accessibility checks see the launcher; the conversation is in the frame.
    #root = this.attachShadow({ mode: "open" });
    #widget = make("section", { class: "widget" });
    #words = make("span", { class: "words" });
    #badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" });
    #unreadWords = make("span", { class: "unseen" });
    #launcher = make("button", { type: "button", class: "launcher", "aria-haspopup": "dialog" });
    #panel = make("dialog", { class: "panel" });
    #wait = make("div", { class: "wait" });
    #waitText = make("p");
    #retry = make("button", { type: "button" });
    #page = make("a", { target: "_blank", rel: "noopener" });
    #close = make("button", { type: "button" });
    #status = make("div", { class: "unseen", role: "status" });
    /** @type {HTMLIFrameElement | null} */
    #frame = null;
    /** @type {Language} */
    #language = "en";
    #isLanguageOfChat = false;
    #isOpen = false;
    #isReady = false;
    #hasFailed = false;
    #takesFocus = false;
    #unread = 0;
    /** @type {number | undefined} */
    #timer;
    #full = matchMedia(FULL);
    #width = 0;
    #heard = (/** @type {MessageEvent} */ event) => this.#hear(event);
    #resized = () => this.#fit();
    #left = () => this.#unload();
    #returned = (/** @type {PageTransitionEvent} */ event) => event.persisted && this.#comeBack();

    constructor() {
      super();
      this.#launcher.append(drawIcon(), this.#words, this.#badge, this.#unreadWords);
      this.#wait.append(this.#waitText, this.#retry, this.#page, this.#close);
      this.#panel.append(this.#wait);
      this.#widget.append(this.#launcher, this.#panel, this.#status);
      this.#launcher.addEventListener("click", () => this.#open({ takesFocus: true }));
      this.#close.addEventListener("click", () => this.#minimise());
      this.#retry.addEventListener("click", () => this.#load());
      this.#widget.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || event.isComposing || !this.#isOpen) return;
        event.preventDefault();
        event.stopPropagation();
        this.#minimise();
      });
      // A modal dialog is also closed by the browser itself, as with the back gesture of a phone.
      this.#panel.addEventListener("close", () => {
        if (this.#isOpen && !this.#panel.open) this.#minimise();
      });
    }

    connectedCallback() {
      if (shown !== null && shown !== this) {
        console.warn(`Luotsi: a page shows one <${TAG}>; this one is left out.`);
        return;
      }
      if (chatAddress === null) {
        console.error("Luotsi: the address of the chat is unknown, as no script element of the page loads …/static/embed.js.");
        return;
      }
      shown = this;
      this.#dress();
      this.#root.append(this.#widget);
      if (this.#widget.showPopover) {
        // In the top layer nothing of the page clips, transforms or covers the launcher.
        this.#widget.popover = "manual";
        this.#widget.showPopover();
      }
      window.addEventListener("message", this.#heard);
      window.addEventListener("resize", this.#resized);
      window.addEventListener("pagehide", this.#left);
      window.addEventListener("pageshow", this.#returned);
      window.visualViewport?.addEventListener("resize", this.#resized);
      window.visualViewport?.addEventListener("scroll", this.#resized);
      this.#applyTexts();
      const reopens = wasOpen();
      if (reopens || (this.dataset.open === "yes" && !this.#full.matches)) {
        // A page that is only prepared must not take the conversation from the one on the screen.
        if (!(/** @type {any} */ (document).prerendering)) this.#open({ takesFocus: false });
        else document.addEventListener("prerenderingchange", () => this.#open({ takesFocus: false }), { once: true });
      }
    }

    disconnectedCallback() {
      if (shown !== this) return;
      shown = null;
      window.removeEventListener("message", this.#heard);
      window.removeEventListener("resize", this.#resized);
      window.removeEventListener("pagehide", this.#left);
      window.removeEventListener("pageshow", this.#returned);
      window.visualViewport?.removeEventListener("resize", this.#resized);
      window.visualViewport?.removeEventListener("scroll", this.#resized);
      this.#unload();
      this.#isOpen = false;
      this.#launcher.hidden = false;
      this.#panel.close();
      this.#root.replaceChildren();
    }

    // --- Looks and words ------------------------------------------------------------------------------------------

    #dress() {
      if (!sheet) {
        // A sheet made by a script is no inline style, so a strict policy of the page allows it.
        sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
      }
      this.#root.adoptedStyleSheets = [sheet];
      const { theme, position } = this.dataset;
      const end = getComputedStyle(document.documentElement).direction === "rtl" ? "left" : "right";
      this.#widget.classList.toggle("light", theme === "light");
      this.#widget.classList.toggle("dark", theme === "dark");
      this.#widget.classList.toggle("left", (position === "left" || position === "right" ? position : end) === "left");
      const colours = accent(this.dataset);
      if (!colours) return;
      this.#widget.style.setProperty("--luotsi-fill", `#${colours.fill}`);
      this.#widget.style.setProperty("--luotsi-on-fill", `#${colours.text}`);
    }

    #applyTexts() {
      if (!this.#isLanguageOfChat) this.#language = chooseLanguage(this);
      const texts = TEXTS[this.#language];
      this.#widget.lang = this.#language;
      this.#widget.setAttribute("aria-label", "Luotsi");
      this.#words.textContent = texts.open;
      this.#panel.setAttribute("aria-label", texts.chat);
      if (this.#frame && !this.#isLanguageOfChat) this.#frame.title = texts.chat;
      this.#waitText.textContent = this.#hasFailed ? texts.failed : texts.loading;
      this.#retry.textContent = texts.retry;
      this.#retry.hidden = !this.#hasFailed;
      this.#page.textContent = texts.page;
      this.#page.hidden = !this.#hasFailed;
      this.#page.href = this.#address({ isFramed: false });
      this.#close.textContent = texts.close;
      this.#showUnread();
    }

    #showUnread() {
      const words = this.#unread > 0 ? TEXTS[this.#language].unread(this.#unread) : "";
      this.#badge.hidden = this.#unread === 0;
      this.#badge.textContent = this.#unread > 9 ? "9+" : String(this.#unread);
      this.#unreadWords.textContent = words && `(${words})`;
    }

    /**
     * @param {{isFramed: boolean}} options
     * @returns {string} the chat's address
     */
    #address({ isFramed }) {
      const address = new URL(chatAddress ?? "");
      const { agency, theme } = this.dataset;
      if (isFramed) address.searchParams.set("embed", "1");
      address.searchParams.set("lang", this.#language);
      if (agency === "immigration" || agency === "customs") address.searchParams.set("agency", agency);
      address.searchParams.set("theme", theme === "light" || theme === "dark" ? theme : "auto");
      if (!isFramed) return address.href;
      const colours = accent(this.dataset, { isQuiet: true });
      if (colours) {
        address.searchParams.set("accent", colours.fill);
        address.searchParams.set("accent-text", colours.text);
      }
      // Behind the "#" it stays on the device: the chat's server need not know the page.
      address.hash = new URLSearchParams({ host: location.origin }).toString();
      return address.href;
    }

    // --- Opening and closing --------------------------------------------------------------------------------------

    /** @param {{takesFocus: boolean}} options */
    #open({ takesFocus }) {
      if (this.#isOpen || shown !== this) return;
      this.#isOpen = true;
      this.#takesFocus = takesFocus;
      this.#unread = 0;
      this.#status.textContent = "";
      this.#applyTexts();
      if (takesFocus) rememberOpen(true);
      if (!this.#frame) this.#load();
      this.#show(this.#full.matches);
      if (this.#isReady) this.#enter();
      else if (takesFocus) this.#close.focus();
      this.#launcher.hidden = true;
    }

    /** @param {boolean} isFull whether the panel covers the page, which then must not be reachable */
    #show(isFull) {
      const focused = /** @type {HTMLElement | null} */ (this.#root.activeElement);
      if (this.#panel.open) this.#panel.close();
      this.#panel.classList.toggle("full", isFull);
      this.#width = window.innerWidth;
      if (isFull) this.#panel.showModal();
      // Unlike show(), the attribute leaves the focus where it is.
      else this.#panel.setAttribute("open", "");
      if (focused && focused !== this.#launcher) focused.focus();
      this.#fitHeight();
    }

    /** Lead into the chat that is on the screen now. */
    #enter() {
      const focus = this.#takesFocus;
      this.#takesFocus = false;
      if (focus) this.#frame?.focus();
      this.#tell({ luotsi: "shown", focus });
    }

    #minimise() {
      if (!this.#isOpen) return;
      const hadFocus = this.#root.activeElement !== null || document.activeElement === document.body;
      this.#isOpen = false;
      rememberOpen(false);
      this.#launcher.hidden = false;
      this.#panel.close();
      if (hadFocus) this.#launcher.focus();
      this.#tell({ luotsi: "hidden" });
    }

    #load() {
      const texts = TEXTS[this.#language];
      this.#unload();
      this.#hasFailed = false;
      this.#applyTexts();
      const frame = make("iframe", { title: texts.chat, referrerpolicy: "no-referrer", allow: "clipboard-write" });
      frame.src = this.#address({ isFramed: true });
      this.#frame = frame;
      this.#panel.classList.add("loading");
      this.#wait.hidden = false;
      if (this.#isOpen && this.#root.activeElement === this.#retry) this.#close.focus();
      this.#panel.append(frame);
      this.#timer = window.setTimeout(() => this.#fail(), READY_WITHIN_MS);
    }

    #unload() {
      clearTimeout(this.#timer);
      this.#frame?.remove();
      this.#frame = null;
      this.#isReady = false;
      this.#unread = 0;
      this.#showUnread();
    }

    /** The page returns from the browser's memory; meanwhile the conversation may have gone on, or been erased. */
    #comeBack() {
      const wasLeftOpen = wasOpen();
      if (this.#isOpen && wasLeftOpen) this.#load();
      else if (this.#isOpen) this.#minimise();
      else if (wasLeftOpen) this.#open({ takesFocus: false });
    }

    #fail() {
      this.#hasFailed = true;
      this.#applyTexts();
      if (this.#isOpen) this.#status.textContent = this.#waitText.textContent;
    }

    #fit() {
      if (!this.#isOpen) return;
      const isFull = this.#full.matches;
      // A screen keyboard makes the window lower, not narrower; the panel must not change under it.
      const isKeyboard = window.innerWidth === this.#width && matchMedia("(pointer: coarse)").matches;
      if (isFull !== this.#panel.classList.contains("full") && !isKeyboard) this.#show(isFull);
      this.#fitHeight();
    }

    /** Keep the whole panel above a screen keyboard. */
    #fitHeight() {
      const view = window.visualViewport;
      const isLower = view && this.#panel.classList.contains("full") && view.scale === 1 && view.height < window.innerHeight - 1;
      const set = (/** @type {string} */ name, /** @type {number} */ value) => {
        if (isLower) this.#panel.style.setProperty(name, `${value}px`);
        else this.#panel.style.removeProperty(name);
      };
      set("--top", view?.offsetTop ?? 0);
      set("--height", view?.height ?? 0);
    }

    // --- Talking with the frame -----------------------------------------------------------------------------------

    /** @param {{luotsi: "shown" | "hidden", focus?: boolean}} message */
    #tell(message) {
      if (this.#isReady && chatAddress) this.#frame?.contentWindow?.postMessage(message, chatAddress.origin);
    }

    /** @param {MessageEvent} event */
    #hear({ source, origin, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow || origin !== chatAddress?.origin) return;
      if (data?.luotsi === "ready") this.#becameReady();
      else if (data?.luotsi === "close") this.#minimise();
      else if (data?.luotsi === "unread") this.#answersCame(data.count);
      else if (data?.luotsi === "language") this.#languageChanged(data);
    }

    #becameReady() {
      const hadFocus = this.#root.activeElement !== null;
      clearTimeout(this.#timer);
      this.#isReady = true;
      this.#hasFailed = false;
      this.#panel.classList.remove("loading");
      this.#takesFocus = this.#isOpen && hadFocus;
      if (this.#isOpen) this.#enter();
      this.#wait.hidden = true;
      this.#status.textContent = "";
    }

    /** @param {unknown} count */
    #answersCame(count) {
      if (this.#isOpen || typeof count !== "number" || !Number.isInteger(count) || count <= this.#unread) return;
      this.#unread = count;
      this.#showUnread();
      this.#status.textContent = `Luotsi: ${TEXTS[this.#language].unread(count)}.`;
    }

    /** @param {{language?: unknown, title?: unknown}} change */
    #languageChanged({ language, title }) {
      if ((language !== "fi" && language !== "en") || typeof title !== "string" || !this.#frame) return;
      this.#language = language;
      this.#isLanguageOfChat = true;
      this.#frame.title = title.slice(0, LONGEST_TITLE);
      this.#frame.lang = language;
      this.#applyTexts();
    }
  }

  /** @returns {URL | null} the address of the chat beside this script */
  function findChat() {
    const { currentScript } = document;
    const own = currentScript instanceof HTMLScriptElement ? [currentScript] : [];
    for (const { src } of [...own, ...document.scripts]) {
      const address = src ? new URL(src, document.baseURI) : null;
      if (address?.pathname.endsWith("/static/embed.js")) return new URL("../", address.origin + address.pathname);
    }
    return null;
  }

  /**
   * The element's own language, or that of the page around it; English where the page is in a third language.
   *
   * @param {HTMLElement} widget
   * @returns {Language}
   */
  function chooseLanguage(widget) {
    const { language } = widget.dataset;
    if (language === "fi" || language === "en") return language;
    const around = widget.closest("[lang]")?.getAttribute("lang") || document.documentElement.lang;
    const tags = around ? [around] : navigator.languages;
    const known = tags.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag === "fi" || tag === "en");
    return known === "fi" ? "fi" : "en";
  }

  /** @returns {boolean} whether the customer left the chat open on an earlier page in this tab */
  function wasOpen() {
    try {
      return sessionStorage.getItem(KEY) === "open";
    } catch {
      return false;
    }
  }

  /** @param {boolean} isOpen */
  function rememberOpen(isOpen) {
    try {
      if (isOpen) sessionStorage.setItem(KEY, "open");
      else sessionStorage.removeItem(KEY);
    } catch {
      // Where storage is blocked, the next page begins with the launcher.
    }
  }

  /**
   * The authority's colours, if they are colours and can be read on each other.
   *
   * @param {DOMStringMap} asked
   * @param {{isQuiet?: boolean}} [options]
   * @returns {{fill: string, text: string} | null} "rrggbb"
   */
  function accent(asked, { isQuiet = false } = {}) {
    if (asked.accent === undefined && asked.accentText === undefined) return null;
    const fill = colour(asked.accent);
    const better = fill && contrast(fill, "ffffff") >= READABLE ? "ffffff" : "000000";
    const text = asked.accentText === undefined ? better : colour(asked.accentText);
    let problem = "";
    if (!fill || !text) problem = "data-accent and data-accent-text are written as #rrggbb";
    else if (contrast(fill, text) < READABLE) {
      problem = `the contrast of data-accent and data-accent-text is ${contrast(fill, text).toFixed(2)}, less than ${READABLE}`;
    }
    if (problem && !isQuiet) console.warn(`Luotsi: ${problem}; Luotsi's own colours are used.`);
    return fill && text && !problem ? { fill, text } : null;
  }

  /**
   * @param {string | undefined} value "#rgb" or "#rrggbb"
   * @returns {string | null} "rrggbb"
   */
  function colour(value) {
    const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value?.trim() ?? "")?.[1].toLowerCase();
    if (!digits) return null;
    return digits.length === 6 ? digits : Array.from(digits, (digit) => digit + digit).join("");
  }

  /**
   * The contrast ratio of WCAG 2.
   *
   * @param {string} one "rrggbb"
   * @param {string} other
   * @returns {number} from 1 to 21
   */
  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  /** @param {string} value "rrggbb" */
  function luminance(value) {
    const [red, green, blue] = [0, 2, 4].map((start) => {
      const part = parseInt(value.slice(start, start + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  /**
   * @template {keyof HTMLElementTagNameMap} T
   * @param {T} tag
   * @param {Record<string, string>} [attributes]
   * @returns {HTMLElementTagNameMap[T]}
   */
  function make(tag, attributes = {}) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  /** @returns {SVGSVGElement} */
  function drawIcon() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", BUBBLE);
    svg.append(path);
    return svg;
  }

  if (!customElements.get(TAG)) customElements.define(TAG, LuotsiWidget);
})();
