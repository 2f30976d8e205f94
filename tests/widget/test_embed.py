"""The launcher on pages of other sites, and the chat that it frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Frame, FrameLocator, Locator, Page, expect

from .driver import TEXTS
from .service import Answer, ChatService
from .test_accessibility import RICH

pytestmark = pytest.mark.browser

DEMO = Path(__file__).parents[2] / "widget" / "demo"
PHONE, DESKTOP = (360, 740), (1280, 800)
Site = Literal["same-origin", "same-site", "cross-site"]
SITES: list[Site] = ["same-origin", "same-site", "cross-site"]
OPEN = {"fi": "Kysy Luotsilta", "en": "Ask Luotsi"}
STRICT = "default-src 'none'; script-src {chat}; frame-src {chat}; style-src 'none'"
AXE_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
HOST = """<!doctype html>
<html lang="{language}" dir="{direction}">
<head>
  <meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Host</title>{style}
  <script {script} src="{chat}/chat/static/embed.js"></script>
</head>
<body>
  <header><a id="first" href="#content">First</a></header>
  <main id="content"><h1>Host</h1><p>Words.</p><p><a id="second" href="/host/second">Second page</a></p></main>
  {around}<luotsi-widget {attributes}><a href="{chat}/chat/">Chat</a></luotsi-widget>
</body>
</html>
"""
NOTE_MESSAGES = "window.heard = []; window.addEventListener('message', ({data}) => window.heard.push(data));"
NOTE_STATUS = """() => {
  window.announced = [];
  const status = document.querySelector('luotsi-widget').shadowRoot.querySelector('[role=status]');
  new MutationObserver(() => status.textContent && window.announced.push(status.textContent))
    .observe(status, {childList: true, characterData: true, subtree: true});
}"""


class HostPage:
    """A page that embeds the chat, in one tab."""

    def __init__(self, page: Page, service: ChatService) -> None:
        self.page = page
        self.service = service
        self.requests: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.add_init_script(NOTE_MESSAGES)

    def open(
        self,
        attributes: str = "",
        *,
        language: str = "fi",
        direction: str = "ltr",
        style: str = "",
        script: str = 'type="module"',
        around: str = "",
        site: Site = "cross-site",
        policy: str = "",
    ) -> HostPage:
        """Load the host's page, by default from another site than the chat's, and wait for the launcher."""
        self.service.host_policy = policy.format(chat=self.service.url)
        self.service.host_page = HOST.format(
            chat=self.service.url,
            attributes=attributes,
            language=language,
            direction=direction,
            style=style,
            script=script,
            around=around,
        )
        self.page.goto(f"{self.origin(site)}/host/first")
        expect(self.page.locator("luotsi-widget section").first).to_be_attached()
        self.page.evaluate(NOTE_STATUS)
        return self

    def origin(self, site: Site) -> str:
        """Where the host's page is. Playwright's Chromium lets frames of another site store nothing."""
        service = self.service
        return {"same-origin": service.url, "same-site": service.neighbour_url, "cross-site": service.host_url}[site]

    @property
    def launcher(self) -> Locator:
        return self.page.locator("luotsi-widget .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("luotsi-widget dialog")

    @property
    def iframe(self) -> Locator:
        return self.page.locator("luotsi-widget iframe")

    @property
    def status(self) -> Locator:
        return self.page.locator("luotsi-widget [role=status]")

    @property
    def badge(self) -> Locator:
        return self.page.locator("luotsi-widget .badge")

    @property
    def chat(self) -> FrameLocator:
        """The chat inside the frame."""
        return self.page.frame_locator("luotsi-widget iframe")

    @property
    def input(self) -> Locator:
        return self.chat.locator("#question")

    @property
    def answers(self) -> Locator:
        return self.chat.locator("li.message.bot")

    @property
    def minimise_button(self) -> Locator:
        return self.chat.locator("button[slot=close]")

    @property
    def frame(self) -> Frame:
        """The frame of the chat."""
        return next(frame for frame in self.page.frames if "/chat/?embed=1" in frame.url)

    def launch(self) -> HostPage:
        """Press the launcher and wait for the chat's notice."""
        self.launcher.click()
        expect(self.chat.locator("button.start")).to_be_visible()
        return self

    def start(self) -> HostPage:
        """Press the chat's start button and wait for the opening message."""
        self.chat.locator("button.start").click()
        expect(self.answers.first).to_be_visible()
        return self

    def ask(self, text: str) -> HostPage:
        """Ask and wait for one more answer."""
        before = self.answers.count()
        self.input.fill(text)
        self.chat.locator("button.send").click()
        expect(self.answers.nth(before)).to_be_visible()
        return self

    def minimise(self) -> HostPage:
        """Put the chat away with its own button."""
        self.minimise_button.click()
        expect(self.panel).to_be_hidden()
        return self

    def ask_and_put_away(self, answer: str = "Myöhäinen vastaus.") -> Callable[[], None]:
        """Ask, put the chat away before the answer; the returned function lets the answer come."""
        release = self.service.held(Answer(text=answer))
        self.input.fill("Odotan")
        self.chat.locator("button.send").click()
        expect(self.chat.locator(".typing")).to_be_visible()
        self.minimise()
        return release

    def focused(self) -> str:
        """What has the focus on the host's page: "launcher", "frame", or the id or tag of another element."""
        return cast(
            "str",
            self.page.evaluate(
                """() => {
                  let node = document.activeElement;
                  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                  return node.localName === 'iframe' ? 'frame' : node.className || node.id || node.localName;
                }"""
            ),
        )

    def focused_in_chat(self) -> str:
        """The id, slot, class names or tag of the element that has the focus inside the frame."""
        return cast(
            "str",
            self.frame.evaluate(
                """() => {
                  let node = document.activeElement;
                  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
                  return node.id || node.slot || node.className || node.localName;
                }"""
            ),
        )

    def kept(self) -> dict[str, Any]:
        """Everything that the host's site keeps on the device for this tab."""
        return cast(
            "dict[str, Any]",
            self.page.evaluate(
                """async () => ({
                  session: {...sessionStorage}, local: {...localStorage}, cookies: document.cookie,
                  databases: (await indexedDB.databases()).length,
                  caches: window.caches ? (await caches.keys()).length : 0,
                })"""
            ),
        )

    def tell_frame(self, message: dict[str, Any]) -> None:
        """Let the host's own scripts send something to the frame."""
        self.iframe.evaluate("(frame, message) => frame.contentWindow.postMessage(message, '*')", message)


NOTHING = {"session": {}, "local": {}, "cookies": "", "databases": 0, "caches": 0}


@pytest.fixture
def host(page: Page, service: ChatService) -> HostPage:
    """The host's page at a phone's width, not yet loaded."""
    return HostPage(page, service)


@pytest.fixture
def desk(host: HostPage) -> HostPage:
    """The host's page at a desktop's width, not yet loaded."""
    host.page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    return host


@pytest.fixture
def warnings(page: Page) -> list[str]:
    """Warnings and errors of the console."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in {"warning", "error"} else None)
    return found


# --- Before the customer opens it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ['type="module"', "defer", "async"])
@pytest.mark.parametrize("site", SITES)
def test_before_opening_only_the_launcher_is_loaded(host: HostPage, script: str, site: Site) -> None:
    host.open(script=script, site=site)
    host.page.wait_for_load_state("networkidle")

    page, *others = host.requests
    assert page.endswith("/host/first")
    assert [address for address in others if not address.endswith("/favicon.ico")] == [
        f"{host.service.url}/chat/static/embed.js"
    ]
    assert host.service.received == []
    expect(host.iframe).to_have_count(0)


def test_before_opening_nothing_is_stored(host: HostPage, context: BrowserContext) -> None:
    host.open()
    host.page.wait_for_load_state("networkidle")

    assert host.kept() == NOTHING
    assert context.cookies() == []


def test_opening_stores_that_it_is_open_and_nothing_else(host: HostPage, context: BrowserContext) -> None:
    host.open(site="same-site").launch()

    assert host.kept() == {**NOTHING, "session": {"luotsi-widget": "open"}}
    assert host.frame.evaluate("sessionStorage.length") == 0
    assert context.cookies() == []


def test_the_page_cannot_read_the_conversation(host: HostPage) -> None:
    host.open().launch().start().ask("Salaisuus")

    assert host.iframe.evaluate("frame => frame.contentDocument") is None
    assert host.kept()["session"] == {"luotsi-widget": "open"}
    assert "Salaisuus" not in str(host.page.evaluate("window.heard"))


def test_what_crosses_between_the_two_is_nothing_of_the_conversation(host: HostPage) -> None:
    host.open().launch().start().ask("Salaisuus")
    host.ask_and_put_away("Salaisuus sekin.")()
    expect(host.badge).to_have_text("1")

    allowed = {
        "ready": {"luotsi"},
        "close": {"luotsi"},
        "unread": {"luotsi", "count"},
        "language": {"luotsi", "language", "title"},
    }
    heard = host.page.evaluate("window.heard")
    assert {message["luotsi"] for message in heard} == set(allowed)
    assert all(set(message) == allowed[message["luotsi"]] for message in heard)


def test_without_script_the_page_shows_its_own_link(browser: Browser, service: ChatService) -> None:
    context = browser.new_context(java_script_enabled=False)
    service.host_page = HOST.format(
        chat=service.url, attributes="", language="fi", direction="ltr", style="", script="defer", around=""
    )
    page = context.new_page()
    page.goto(f"{service.host_url}/host/first")

    expect(page.get_by_role("link", name="Chat")).to_be_visible()
    context.close()


# --- The address of the frame ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", SITES)
def test_the_chat_is_framed_from_its_own_origin(host: HostPage, site: Site) -> None:
    host.open('data-language="en" data-agency="customs" data-theme="dark"', site=site).launch()
    own = host.origin(site)

    address, _, hidden = host.frame.url.partition("#")
    assert address == f"{host.service.url}/chat/?embed=1&lang=en&agency=customs&theme=dark"
    assert hidden == f"host={own.replace(':', '%3A').replace('/', '%2F')}"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", "embed=1&lang=fi&theme=auto"),
        ('data-agency="police" data-theme="pink" data-language="sv"', "embed=1&lang=fi&theme=auto"),
        ('data-agency="immigration" data-theme="light"', "embed=1&lang=fi&agency=immigration&theme=light"),
    ],
)
def test_unknown_values_are_left_out(host: HostPage, attributes: str, expected: str) -> None:
    host.open(attributes).launch()

    assert host.frame.url.partition("#")[0].partition("?")[2] == expected


@pytest.mark.parametrize(
    ("page_language", "attributes", "expected"),
    [
        ("fi", "", "fi"),
        ("fi-FI", 'data-language="auto"', "fi"),
        ("en-GB", "", "en"),
        ("sv", "", "en"),
        ("", "", "fi"),  # the browser's own preference
        ("en", 'data-language="fi"', "fi"),
        ("fi", 'lang="en"', "en"),
    ],
)
def test_the_launcher_speaks_the_language_of_the_page(
    host: HostPage, page_language: str, attributes: str, expected: str
) -> None:
    host.open(attributes, language=page_language)

    expect(host.launcher).to_have_accessible_name(OPEN[expected])
    expect(host.page.locator("luotsi-widget section")).to_have_attribute("lang", expected)


@pytest.mark.parametrize(("agency", "name"), [("immigration", "Maahanmuuttovirasto"), ("customs", "Tulli")])
def test_the_agency_is_named_under_the_title(host: HostPage, agency: str, name: str) -> None:
    host.open(f'data-agency="{agency}"').launch()

    expect(host.chat.locator("header .role")).to_have_text(f"Chattirobotti – {name}")


def test_the_launcher_follows_the_language_of_the_conversation(host: HostPage) -> None:
    host.open().launch()
    expect(host.iframe).to_have_attribute("title", TEXTS["fi"]["page_title"])
    host.chat.get_by_role("button", name="English").click()

    expect(host.iframe).to_have_attribute("title", TEXTS["en"]["page_title"])
    host.minimise()
    expect(host.launcher).to_have_accessible_name(OPEN["en"])


# --- Opening, closing, the keyboard ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_opening_moves_the_focus_into_the_chat(host: HostPage, size: tuple[int, int]) -> None:
    host.page.set_viewport_size({"width": size[0], "height": size[1]})
    host.open().launch()

    host.page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.localName === 'iframe'")
    host.frame.wait_for_function(
        "document.querySelector('luotsi-chat').shadowRoot.activeElement?.id === 'notice-heading'"
    )
    expect(host.launcher).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_escape_closes_and_returns_the_focus(host: HostPage, size: tuple[int, int]) -> None:
    host.page.set_viewport_size({"width": size[0], "height": size[1]})
    host.open().launch().start()
    expect(host.input).to_be_focused()
    host.page.keyboard.press("Escape")

    expect(host.panel).to_be_hidden()
    expect(host.launcher).to_be_focused()
    assert host.kept() == NOTHING


def test_escape_in_a_dialog_of_the_chat_closes_only_the_dialog(desk: HostPage) -> None:
    desk.open().launch().start()
    desk.chat.locator("button.end").click()
    dialog = desk.chat.get_by_role("dialog")
    expect(dialog).to_be_visible()
    desk.page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(desk.panel).to_be_visible()


def test_escape_elsewhere_on_the_page_is_left_to_the_page(desk: HostPage) -> None:
    desk.open().launch()
    desk.page.locator("#first").focus()
    desk.page.keyboard.press("Escape")

    desk.page.wait_for_timeout(200)
    expect(desk.panel).to_be_visible()


def test_a_whole_visit_by_keyboard(desk: HostPage) -> None:
    desk.open()
    keyboard = desk.page.keyboard
    for wanted in ("first", "second", "launcher"):
        keyboard.press("Tab")
        assert desk.focused() == wanted
    keyboard.press("Enter")
    desk.chat.locator("button.start").wait_for()
    desk.page.wait_for_function("document.activeElement.shadowRoot?.activeElement?.localName === 'iframe'")
    desk.frame.wait_for_function("document.activeElement.localName === 'luotsi-chat'")
    keyboard.press("Tab")
    expect(desk.chat.locator("button.start")).to_be_focused()
    keyboard.press("Enter")
    expect(desk.input).to_be_focused()
    keyboard.type("Miten haen?")
    keyboard.press("Enter")
    expect(desk.answers).to_have_count(2)
    for _ in range(12):
        keyboard.press("Shift+Tab")
        if desk.focused_in_chat() == "close":
            break
    expect(desk.minimise_button).to_be_focused()
    keyboard.press("Enter")

    expect(desk.launcher).to_be_focused()
    keyboard.press("Space")
    expect(desk.input).to_be_focused()
    expect(desk.answers).to_have_count(2)


def test_the_focus_order_leads_through_the_chat_and_out_of_it(desk: HostPage) -> None:
    desk.open().launch().start()
    desk.minimise_button.focus()
    seen = []
    for _ in range(14):
        desk.page.keyboard.press("Tab")
        outside = desk.focused()
        seen.append(desk.focused_in_chat() if outside == "frame" else outside)
        if outside == "first":
            break

    assert seen.index("quiet open-data") < seen.index("quiet end") < seen.index("log") < seen.index("question")
    assert seen[-1] in {"first", "body"}


def test_on_a_desktop_the_page_stays_usable(desk: HostPage) -> None:
    desk.open().launch()
    box = desk.panel.bounding_box()
    assert box is not None

    assert box["width"] <= DESKTOP[0] / 2
    assert box["x"] + box["width"] <= DESKTOP[0] and box["y"] >= 0 and box["y"] + box["height"] <= DESKTOP[1]
    desk.page.get_by_role("link", name="Second page").click()
    expect(desk.page).to_have_url(f"{desk.service.host_url}/host/second")


def test_on_a_phone_the_chat_covers_the_page(host: HostPage) -> None:
    host.open().launch()

    assert host.panel.bounding_box() == {"x": 0, "y": 0, "width": PHONE[0], "height": PHONE[1]}
    assert host.panel.evaluate("dialog => dialog.matches(':modal')")
    host.page.locator("#first").evaluate("link => link.focus()")
    assert host.focused() != "first"


def test_turning_the_device_keeps_the_conversation(host: HostPage) -> None:
    host.open().launch().start().ask("Hei")
    loaded = len(host.requests)
    host.page.set_viewport_size({"width": 1024, "height": 768})
    expect(host.panel).not_to_have_class("panel full")
    assert not host.panel.evaluate("dialog => dialog.matches(':modal')")
    host.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    expect(host.panel).to_have_class("panel full")
    expect(host.answers).to_have_count(2)
    expect(host.panel).to_be_visible()
    assert len(host.requests) == loaded
    assert host.focused() == "frame"


@pytest.mark.parametrize(
    ("attributes", "direction", "side"),
    [
        ("", "ltr", "right"),
        ("", "rtl", "left"),
        ('data-position="left"', "ltr", "left"),
        ('data-position="right"', "rtl", "right"),
    ],
)
def test_the_launcher_stands_at_its_side(desk: HostPage, attributes: str, direction: str, side: str) -> None:
    desk.open(attributes, direction=direction)
    assert desk.launcher.evaluate("node => getComputedStyle(node).direction") == "ltr"
    boxes = [desk.launcher.bounding_box(), desk.launch().panel.bounding_box()]
    for box in boxes:
        assert box is not None
        gap = box["x"] if side == "left" else DESKTOP[0] - box["x"] - box["width"]
        assert gap == pytest.approx(16, abs=1)


# --- Minimised, unread, page changes ---------------------------------------------------------------------------------


def test_minimising_keeps_the_conversation_and_what_was_typed(host: HostPage) -> None:
    host.open().launch().start().ask("Hei")
    host.input.fill("Kesken")
    host.minimise()
    before = len(host.requests)
    host.launcher.click()

    expect(host.answers).to_have_count(2)
    expect(host.input).to_have_value("Kesken")
    assert len(host.requests) == before


def test_an_answer_to_the_put_away_chat_is_announced_once(host: HostPage) -> None:
    host.open().launch().start()
    release = host.ask_and_put_away()
    expect(host.badge).to_be_hidden()
    release()

    expect(host.badge).to_have_text("1")
    expect(host.launcher).to_have_accessible_name("Kysy Luotsilta (1 uusi vastaus)")
    host.page.wait_for_timeout(400)
    assert host.page.evaluate("window.announced") == ["Luotsi: 1 uusi vastaus."]


def test_reopening_shows_the_new_answer_and_clears_the_badge(host: HostPage) -> None:
    host.open().launch().start()
    host.service.will_answer(Answer(text="Pitkä. " * 300))
    host.ask("Ensin")
    host.ask_and_put_away("Myöhäinen. " * 300)()
    expect(host.badge).to_have_text("1")
    host.launcher.click()

    host.frame.wait_for_function(
        """() => {
          const root = document.querySelector('luotsi-chat').shadowRoot;
          const [log, question] = [root.querySelector('.log'), [...root.querySelectorAll('li.customer')].at(-1)];
          return Math.abs(log.scrollTop - (question.offsetTop - 12)) < 2;
        }"""
    )
    host.minimise()
    expect(host.badge).to_be_hidden()
    expect(host.launcher).to_have_accessible_name("Kysy Luotsilta")


def test_an_answer_to_the_open_chat_is_not_unread(desk: HostPage) -> None:
    desk.open().launch().start().ask("Hei").minimise()

    expect(desk.badge).to_be_hidden()
    assert desk.page.evaluate("window.announced") == []
    assert desk.page.evaluate("window.heard.filter(({luotsi}) => luotsi === 'unread')") == []


def test_an_open_chat_has_nothing_unread_whatever_the_frame_says(desk: HostPage) -> None:
    desk.open().launch()
    desk.frame.evaluate("parent.postMessage({luotsi: 'unread', count: 3}, '*')")
    desk.page.wait_for_function("window.heard.some(({luotsi}) => luotsi === 'unread')")
    desk.minimise()

    expect(desk.badge).to_be_hidden()


@pytest.mark.parametrize("site", ["same-origin", "same-site"])
def test_a_page_change_keeps_the_chat_open_with_its_conversation(desk: HostPage, site: Site) -> None:
    desk.open(site=site).launch().start().ask("Muistatko?")
    desk.page.get_by_role("link", name="Second page").click()
    desk.page.wait_for_url("**/host/second")

    expect(desk.panel).to_be_visible()
    expect(desk.answers).to_have_count(2)
    assert len(desk.service.sessions) == 1
    assert desk.focused() == "body"
    assert desk.frame.evaluate("document.activeElement.localName") == "body"


def test_where_frames_may_store_nothing_a_page_change_begins_anew(desk: HostPage) -> None:
    desk.open(site="cross-site").launch().start()
    desk.page.get_by_role("link", name="Second page").click()
    desk.page.wait_for_url("**/host/second")

    expect(desk.chat.locator("button.start")).to_be_visible()
    desk.start().ask("Hei")


def test_a_page_change_with_the_chat_put_away_loads_nothing(desk: HostPage) -> None:
    desk.open(site="same-site").launch().start().ask("Muistatko?").minimise()
    desk.page.get_by_role("link", name="Second page").click()
    desk.page.wait_for_url("**/host/second")
    expect(desk.launcher).to_be_visible()
    expect(desk.iframe).to_have_count(0)

    desk.launcher.click()
    expect(desk.answers).to_have_count(2)


def test_another_tab_begins_with_the_launcher(host: HostPage, context: BrowserContext) -> None:
    host.open().launch()
    other = HostPage(context.new_page(), host.service).open()

    expect(other.launcher).to_be_visible()
    expect(other.iframe).to_have_count(0)


def test_the_page_may_open_the_chat_on_a_desktop(desk: HostPage) -> None:
    desk.open('data-open="yes"')

    expect(desk.chat.locator("button.start")).to_be_visible()
    assert desk.focused() == "body"
    assert desk.kept() == NOTHING


def test_on_a_phone_the_page_does_not_open_the_chat(host: HostPage) -> None:
    host.open('data-open="yes"')

    expect(host.launcher).to_be_visible()
    expect(host.iframe).to_have_count(0)


def test_blocked_storage_of_the_page_costs_only_the_memory(desk: HostPage) -> None:
    desk.page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    desk.open().launch().start().ask("Hei").minimise()

    expect(desk.launcher).to_be_focused()


RETURN = """(during) => {
  dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
  eval(during);
  dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
}"""


def test_a_page_that_returns_from_memory_shows_the_conversation_as_it_is_now(desk: HostPage) -> None:
    desk.open(site="same-site").launch().start().ask("Hei")
    desk.service.forget_all()
    desk.page.evaluate(RETURN, "")

    expect(desk.chat.locator("button.start")).to_be_visible()
    expect(desk.answers).to_have_count(0)


@pytest.mark.parametrize(
    ("during", "is_open"),
    [("sessionStorage.clear()", False), ("sessionStorage.setItem('luotsi-widget', 'open')", True)],
    ids=["put-away", "opened"],
)
def test_a_page_that_returns_from_memory_follows_the_other_pages(desk: HostPage, during: str, is_open: bool) -> None:
    desk.open(site="same-site").launch()
    if is_open:
        desk.minimise()
    desk.page.evaluate(RETURN, during)

    expect(desk.panel).to_be_visible(visible=is_open)
    expect(desk.launcher).to_be_visible(visible=not is_open)
    expect(desk.iframe).to_have_count(int(is_open))


# --- Failures --------------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(context: BrowserContext, service: ChatService) -> HostPage:
    """The host's page where the chat may not be framed, with a clock that only the test moves."""
    service.may_embed = False
    page = context.new_page()
    page.clock.install()
    return HostPage(page, service)


def test_a_chat_that_cannot_be_framed_offers_its_own_page(refused: HostPage) -> None:
    host = refused
    host.open('data-agency="customs"')
    host.launcher.click()
    close = host.panel.get_by_role("button", name="Sulje")
    expect(close).to_be_focused()
    host.page.clock.run_for(16_000)

    expect(host.panel).to_contain_text("Keskustelua ei saatu auki.")
    expect(host.status).to_have_text("Keskustelua ei saatu auki.")
    link = host.panel.get_by_role("link")
    expect(link).to_have_attribute("href", f"{host.service.url}/chat/?lang=fi&agency=customs&theme=auto")
    close.click()
    expect(host.launcher).to_be_focused()


def test_escape_closes_a_chat_that_does_not_come_and_only_that(refused: HostPage) -> None:
    refused.open().page.evaluate("document.addEventListener('keydown', ({key}) => window.heard.push(key))")
    refused.launcher.click()
    expect(refused.panel.get_by_role("button", name="Sulje")).to_be_focused()
    refused.page.keyboard.press("Escape")

    expect(refused.panel).to_be_hidden()
    expect(refused.launcher).to_be_focused()
    assert refused.page.evaluate("window.heard") == []


def test_a_failed_frame_can_be_tried_again(refused: HostPage) -> None:
    host = refused
    host.open()
    host.launcher.click()
    host.page.clock.run_for(16_000)
    host.service.may_embed = True
    host.panel.get_by_role("button", name="Yritä uudelleen").click()

    expect(host.chat.locator("button.start")).to_be_visible()
    expect(host.panel.locator(".wait")).to_be_hidden()
    host.page.clock.run_for(1_000)
    expect(host.iframe).to_have_count(1)


def test_a_second_element_is_left_out(host: HostPage, warnings: list[str]) -> None:
    host.open(around="<luotsi-widget></luotsi-widget>")

    expect(host.page.locator("luotsi-widget .launcher")).to_have_count(1)
    assert [words for words in warnings if "one <luotsi-widget>" in words]


def test_an_element_that_is_moved_goes_on(desk: HostPage) -> None:
    desk.open(site="same-site").launch().start().ask("Hei")
    desk.page.evaluate("document.querySelector('header').append(document.querySelector('luotsi-widget'))")

    expect(desk.answers).to_have_count(2)
    assert len(desk.service.sessions) == 1


# --- Messages of others ----------------------------------------------------------------------------------------------

FOREIGN_TO_LAUNCHER: list[dict[str, Any]] = [
    {"luotsi": "close"},
    {"luotsi": "unread", "count": 7},
    {"luotsi": "language", "language": "en", "title": "Forged"},
    {"luotsi": "ready"},
]


@pytest.mark.parametrize("message", FOREIGN_TO_LAUNCHER, ids=lambda message: str(message["luotsi"]))
@pytest.mark.parametrize("site", ["same-origin", "cross-site"])
def test_the_launcher_ignores_what_other_windows_say(desk: HostPage, site: Site, message: dict[str, Any]) -> None:
    desk.open(site=site).launch()
    title = desk.iframe.get_attribute("title")
    desk.page.evaluate(
        """async (message) => {
          window.postMessage(message, '*');
          const other = document.body.appendChild(document.createElement('iframe'));
          other.contentWindow.eval(`parent.postMessage(${JSON.stringify(message)}, '*')`);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }""",
        message,
    )

    expect(desk.panel).to_be_visible()
    expect(desk.iframe).to_have_attribute("title", title or "")
    desk.minimise()
    expect(desk.badge).to_be_hidden()


def test_the_launcher_ignores_a_foreign_page_in_the_chat_s_own_frame(desk: HostPage) -> None:
    desk.open(site="same-origin").launch()
    desk.service.host_page = "<!doctype html><script>parent.postMessage({luotsi: 'close'}, '*')</script>"
    with desk.page.expect_response("**/host/other"):
        desk.iframe.evaluate("(frame, address) => { frame.src = address; }", f"{desk.service.host_url}/host/other")
    desk.page.wait_for_function("window.heard.some(({luotsi}) => luotsi === 'close')")

    expect(desk.panel).to_be_visible()


@pytest.mark.parametrize(
    "message",
    [
        {"luotsi": "unread", "count": "9"},
        {"luotsi": "unread", "count": 1.5},
        {"luotsi": "unread", "count": -1},
        {"luotsi": "language", "language": "xx", "title": "t"},
        {"luotsi": "language", "language": "en", "title": 5},
        {"luotsi": "open"},
        {"other": "close"},
        {},
    ],
    ids=str,
)
def test_the_launcher_ignores_what_it_does_not_understand(desk: HostPage, message: dict[str, Any]) -> None:
    desk.open().launch().minimise()
    desk.frame.evaluate("message => parent.postMessage(message, '*')", message)
    desk.page.wait_for_timeout(150)

    expect(desk.launcher).to_have_accessible_name("Kysy Luotsilta")
    expect(desk.badge).to_be_hidden()
    expect(desk.panel).to_be_hidden()


def test_the_frame_ignores_what_does_not_come_from_its_launcher_s_page(desk: HostPage) -> None:
    desk.open().launch().start()
    release = desk.ask_and_put_away()
    # A frame beside it and a page of the chat's own origin both say that the chat is on the screen.
    desk.page.evaluate(
        """() => {
          const other = document.body.appendChild(document.createElement('iframe'));
          const chat = document.querySelector('luotsi-widget').shadowRoot.querySelector('iframe');
          window.chatFrame = chat.contentWindow;
          other.contentWindow.eval(`parent.chatFrame.postMessage({luotsi: 'shown', focus: true}, '*')`);
        }"""
    )
    desk.frame.evaluate("window.postMessage({luotsi: 'shown', focus: true}, '*')")
    release()

    expect(desk.badge).to_have_text("1")
    expect(desk.launcher).to_be_focused()


@pytest.mark.parametrize("named", ["https://other.example", "null", "*", ""])
def test_a_frame_whose_host_is_not_named_rightly_stays_silent(desk: HostPage, warnings: list[str], named: str) -> None:
    desk.open()
    desk.page.evaluate(
        """(address) => {
          const frame = document.body.appendChild(document.createElement('iframe'));
          frame.id = 'forged';
          frame.src = address;
        }""",
        f"{desk.service.url}/chat/?embed=1&lang=fi#host={named}",
    )
    expect(desk.page.frame_locator("#forged").locator("button.start")).to_be_visible()
    desk.page.frame_locator("#forged").locator("button[slot=close]").click()
    desk.page.wait_for_timeout(200)

    assert desk.page.evaluate("window.heard") == []
    assert [words for words in warnings if "postMessage" in words] == []


def test_alone_in_a_tab_there_is_nothing_to_put_away(page: Page, service: ChatService) -> None:
    page.goto(f"{service.url}/chat/?embed=1&lang=fi#host={service.url}")
    expect(page.locator("button.start")).to_be_visible()

    expect(page.locator("button[slot=close]")).to_have_count(0)


# --- The page's own styles and policy --------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ['type="module"', "defer"])
def test_a_strict_policy_of_the_page_is_enough(desk: HostPage, warnings: list[str], script: str) -> None:
    desk.open(policy=STRICT, script=script, attributes='data-accent="#442266"').launch().start().ask("Hei")
    desk.minimise()

    ground = desk.launcher.evaluate("node => getComputedStyle(node).backgroundColor")
    assert ground == "rgb(68, 34, 102)"
    assert [words for words in warnings if "favicon" not in words] == []


def test_trusted_types_of_the_page_are_no_hindrance(desk: HostPage) -> None:
    desk.open(policy=STRICT + "; require-trusted-types-for 'script'; trusted-types 'none'").launch()

    expect(desk.panel).to_be_visible()


HOSTILE = """<style>
  * { all: unset !important; }
  html { font-size: 60px !important; }
  body, luotsi-widget { font: italic 90px/3 cursive !important; color: red !important; letter-spacing: 1em !important;
    text-transform: uppercase !important; visibility: hidden !important; cursor: wait !important; zoom: 1;
    text-align: center !important; word-spacing: 2em !important; pointer-events: none !important; }
  button, dialog, iframe, section, luotsi-widget { display: none !important; opacity: 0 !important;
    position: static !important; width: 5px !important; filter: blur(9px) !important; }
</style>"""
LOOKS = """node => {
  const style = getComputedStyle(node);
  const {x, y, width, height} = node.getBoundingClientRect();
  const names = ['font', 'color', 'backgroundColor', 'letterSpacing', 'textTransform', 'visibility', 'cursor',
    'textAlign', 'wordSpacing', 'display', 'opacity', 'position', 'pointerEvents', 'borderRadius', 'padding'];
  return {...Object.fromEntries(names.map((name) => [name, style[name]])), x, y, width, height};
}"""


@pytest.mark.parametrize(
    "around", ["", '<div style="transform: translate(90px); overflow: hidden; width: 9px; opacity: 0.2">']
)
def test_hostile_styles_of_the_page_change_nothing(desk: HostPage, around: str) -> None:
    desk.open()
    plain = desk.launcher.evaluate(LOOKS)
    desk.launch()
    plain_panel = desk.panel.evaluate(LOOKS)
    desk.minimise().open(style=HOSTILE, around=around)
    assert desk.launcher.evaluate(LOOKS) == plain
    desk.launch()

    assert desk.panel.evaluate(LOOKS) == plain_panel


def test_the_page_can_hide_the_launcher_with_the_hidden_attribute(host: HostPage) -> None:
    host.open("hidden")

    expect(host.launcher).to_be_hidden()


def test_print_leaves_the_launcher_out(desk: HostPage) -> None:
    desk.open()
    desk.page.emulate_media(media="print")
    expect(desk.launcher).to_be_hidden()
    desk.page.emulate_media(media="screen")
    desk.launch()
    desk.page.emulate_media(media="print")

    expect(desk.panel).to_be_hidden()


# --- Theme and colours -----------------------------------------------------------------------------------------------


def ground_of(host: HostPage) -> tuple[str, str, str]:
    """The colours behind the launcher, the chat's header and the page in the frame."""
    shown = "node => getComputedStyle(node).backgroundColor"
    launcher = host.launcher.evaluate(shown)
    host.launch()
    frame = host.chat.locator(".frame").evaluate(shown)
    return launcher, frame, host.chat.locator("html").evaluate(shown)


LIGHT = ("rgb(11, 83, 100)", "rgb(255, 255, 255)", "rgb(231, 238, 240)")
DARK = ("rgb(127, 207, 221)", "rgb(20, 31, 38)", "rgb(13, 22, 27)")


@pytest.mark.parametrize("preferred", ["light", "dark"])
@pytest.mark.parametrize("theme", ["light", "dark", "auto", ""])
def test_the_theme_is_the_page_s_or_the_device_s(
    host: HostPage, preferred: Literal["light", "dark"], theme: str
) -> None:
    host.page.emulate_media(color_scheme=preferred)
    host.open(f'data-theme="{theme}"' if theme else "")

    shown = theme if theme in {"light", "dark"} else preferred
    assert ground_of(host) == (LIGHT if shown == "light" else DARK)


ACCENTS = [
    ('data-accent="#442266"', "rgb(68, 34, 102)", "rgb(255, 255, 255)"),
    ('data-accent="#FFD100"', "rgb(255, 209, 0)", "rgb(0, 0, 0)"),
    ('data-accent="#426"', "rgb(68, 34, 102)", "rgb(255, 255, 255)"),
    ('data-accent="#003366" data-accent-text="#ffffcc"', "rgb(0, 51, 102)", "rgb(255, 255, 204)"),
]


@pytest.mark.parametrize(("attributes", "fill", "text"), ACCENTS)
def test_the_authority_s_colours_are_taken(host: HostPage, attributes: str, fill: str, text: str) -> None:
    host.open(attributes)
    colours = "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]"
    assert host.launcher.evaluate(colours) == [fill, text]
    host.launch()

    assert host.chat.locator("button.start").evaluate(colours) == [fill, text]


@pytest.mark.parametrize(
    "attributes",
    [
        'data-accent="#777777" data-accent-text="#888888"',
        'data-accent="#ffffff" data-accent-text="#fffffe"',
        'data-accent="red"',
        'data-accent="#44226"',
        'data-accent="#442266; background: url(//evil.example)"',
        'data-accent="#442266" data-accent-text="white"',
        'data-accent-text="#ffffff"',
        'data-accent=""',
    ],
)
def test_unreadable_or_invalid_colours_are_left_out_with_a_warning(
    host: HostPage, warnings: list[str], attributes: str
) -> None:
    host.open(attributes)
    assert len([words for words in warnings if "data-accent" in words]) == 1
    host.launch()

    assert "accent" not in host.frame.url
    assert host.chat.locator("button.start").evaluate("node => getComputedStyle(node).backgroundColor") == LIGHT[0]


@pytest.mark.parametrize(
    "query", ["accent=777777&accent-text=888888", "accent=red&accent-text=ffffff", "accent=442266"]
)
def test_the_chat_checks_the_colours_itself(page: Page, service: ChatService, query: str) -> None:
    host = HostPage(page, service).open()
    page.evaluate(
        """(address) => {
          const frame = document.body.appendChild(document.createElement('iframe'));
          frame.id = 'forged';
          frame.src = address;
        }""",
        f"{service.url}/chat/?embed=1&lang=fi&{query}#host={service.host_url}",
    )
    start = host.page.frame_locator("#forged").locator("button.start")
    expect(start).to_be_visible()

    assert start.evaluate("node => getComputedStyle(node).backgroundColor") == LIGHT[0]


@pytest.mark.parametrize(
    ("accent", "theme", "link"),
    [
        ("#442266", "light", "rgb(68, 34, 102)"),
        ("#442266", "dark", "rgb(127, 207, 221)"),
        ("#ffd100", "light", "rgb(11, 83, 100)"),
        ("#ffd100", "dark", "rgb(255, 209, 0)"),
    ],
)
def test_links_take_the_colour_only_where_it_can_be_read(host: HostPage, accent: str, theme: str, link: str) -> None:
    host.open(f'data-accent="{accent}" data-theme="{theme}"').launch()

    shown = host.chat.locator(".notice .actions a").first.evaluate("node => getComputedStyle(node).color")
    assert shown == link


# --- Accessibility ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["closed", "notice", "answer", "unread", "failed"])
@pytest.mark.parametrize(
    ("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark"), ((320, 568), "dark")], ids=["phone", "desktop", "narrow"]
)
def test_no_automatic_check_complains(
    browser: Browser, service: ChatService, size: tuple[int, int], scheme: Literal["light", "dark"], state: str
) -> None:
    # The policy is off because the checker itself uses inline styles.
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    context.set_default_timeout(15_000)
    host = HostPage(context.new_page(), service)
    if state == "failed":
        host.page.clock.install()
        host.page.route("**/chat/?embed=1*", lambda route: route.abort())
    host.open('data-agency="immigration"')
    if state == "failed":
        host.launcher.click()
        host.page.clock.run_for(16_000)
        expect(host.panel.get_by_role("link")).to_be_visible()
    elif state != "closed":
        host.launch()
    if state in {"answer", "unread"}:
        service.will_answer(RICH)
        host.start().ask("Miten haen?")
    if state == "unread":
        host.ask_and_put_away()()
        expect(host.badge).to_be_visible()

    results = Axe().run(host.page, options=AXE_OPTIONS)
    assert results.violations_count == 0, results.generate_report()
    if state in {"notice", "answer"}:
        inside = Axe().run(cast("Page", host.frame), options=AXE_OPTIONS)
        assert inside.violations_count == 0, inside.generate_report()
    context.close()


@pytest.mark.parametrize("language", ["fi", "en"])
def test_names_and_roles(host: HostPage, language: str) -> None:
    host.open(language=language)
    region = host.page.get_by_role("region", name="Luotsi")
    expect(region.get_by_role("button", name=OPEN[language])).to_have_attribute("aria-haspopup", "dialog")
    host.launch()

    expect(host.page.get_by_role("dialog")).to_have_accessible_name(TEXTS[language]["page_title"])
    expect(host.iframe).to_have_attribute("title", TEXTS[language]["page_title"])
    expect(host.minimise_button).to_have_accessible_name(TEXTS[language]["minimise"])


@pytest.mark.parametrize("size", [(320, 568), (320, 256), (640, 400)], ids=["narrow", "zoom-400", "zoom-200"])
def test_everything_fits_and_can_be_reached_when_enlarged(host: HostPage, size: tuple[int, int]) -> None:
    host.page.set_viewport_size({"width": size[0], "height": size[1]})
    host.open('data-agency="immigration"')
    expect(host.launcher).to_be_in_viewport(ratio=1)
    host.launch().start().service.will_answer(RICH)
    host.ask("Miten haen?")

    assert host.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert host.frame.evaluate("document.documentElement.scrollWidth") <= size[0]
    for part in (host.chat.locator("button.send"), host.chat.locator("button.end"), host.minimise_button):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=1)


def test_the_user_s_own_text_size_is_followed(desk: HostPage) -> None:
    client = desk.page.context.new_cdp_session(desk.page)
    desk.open()
    before = desk.launcher.evaluate("node => getComputedStyle(node).fontSize")
    client.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})

    assert [before, desk.launcher.evaluate("node => getComputedStyle(node).fontSize")] == ["16px", "32px"]
    expect(desk.launcher).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("state", ["closed", "open", "unread"])
def test_targets_are_large_enough(host: HostPage, state: str) -> None:
    host.open()
    if state != "closed":
        host.launch()
    if state == "unread":
        host.start().ask_and_put_away()()
    target = host.minimise_button if state == "open" else host.launcher
    box = target.bounding_box()

    assert box is not None
    assert box["width"] >= 44 and box["height"] >= 44


def test_forced_colours_keep_the_launcher_visible(host: HostPage) -> None:
    host.page.emulate_media(forced_colors="active")
    host.open()
    border, width, ground = host.launcher.evaluate(
        """node => {
          const style = getComputedStyle(node);
          return [style.borderTopColor, style.borderTopWidth, style.backgroundColor];
        }"""
    )

    assert width == "2px"
    assert border != ground
    assert host.launcher.locator("svg").evaluate("node => getComputedStyle(node).fill") == border


def test_reduced_motion_stops_the_panel(host: HostPage) -> None:
    host.open().launch()
    assert host.panel.evaluate("node => getComputedStyle(node).animationName") == "none"
    host.page.emulate_media(reduced_motion="no-preference")

    assert host.panel.evaluate("node => getComputedStyle(node).animationName") == "rise"


def test_the_focus_can_be_seen_on_the_launcher(host: HostPage) -> None:
    host.open()
    for _ in range(3):
        host.page.keyboard.press("Tab")

    style = host.launcher.evaluate("node => [getComputedStyle(node).outlineStyle, getComputedStyle(node).outlineWidth]")
    assert style == ["solid", "3px"]


# --- The demo page ---------------------------------------------------------------------------------------------------

PAGES = sorted(path.name for path in DEMO.glob("*.html"))


@pytest.fixture
def demo(page: Page, service: ChatService) -> Iterator[HostPage]:
    """The demo at a desktop's width, under its own policy."""
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    host = HostPage(page, service)
    page.goto(f"{service.url}/chat/demo/")
    yield host
    assert all(address.startswith(service.url) for address in host.requests)


@pytest.mark.parametrize("name", PAGES)
def test_a_demo_page_embeds_the_chat_in_its_language(demo: HostPage, name: str) -> None:
    demo.page.goto(f"{demo.service.url}/chat/demo/{name}")
    language = demo.page.locator("html").get_attribute("lang") or ""

    demo.launch()
    expect(demo.chat.locator("html")).to_have_attribute("lang", language)


def test_the_demo_goes_on_over_its_pages_and_languages(demo: HostPage) -> None:
    demo.launch().start().ask("Hei")
    for link in ("Ohjeet", "Yhteystiedot", "In English", "Home", "Guides"):
        demo.page.get_by_role("link", name=link, exact=True).click()
        expect(demo.answers).to_have_count(2)

    assert len(demo.service.sessions) == 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("size", "scheme"), [((320, 568), "light"), (DESKTOP, "dark")], ids=["narrow-light", "desktop-dark"]
)
def test_no_automatic_check_complains_about_the_demo(
    browser: Browser, service: ChatService, name: str, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{service.url}/chat/demo/{name}")

    results = Axe().run(page, options=AXE_OPTIONS)
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    context.close()
