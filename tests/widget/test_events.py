"""What comes by the event stream: shown once, said once, and never lost over a break."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from .driver import ChatPage
from .service import Answer, ChatService

pytestmark = pytest.mark.browser

EVENTS = "**/chat/api/events"
PARSE = """
async (pieces) => {
  const {EventParser} = await import('/chat/static/events.js');
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.feed(piece));
}
"""
SAME = """
async (pairs) => {
  const {isSameText} = await import('/chat/static/message-view.js');
  return pairs.map(([kept, typed]) => isSameText(kept, typed));
}
"""


@pytest.fixture
def following(chat: ChatPage, service: ChatService) -> ChatPage:
    """A conversation whose events are followed."""
    chat.open().start()
    wait_for_stream(chat, service)
    return chat


def wait_for_stream(chat: ChatPage, service: ChatService, *, number: int = 1) -> None:
    """Wait until the page has opened its stream for the n-th time."""
    for _ in range(300):
        if len(service.followed) >= number and service.open_streams > 0:
            return
        chat.page.wait_for_timeout(50)
    pytest.fail(f"stream {number} was not opened")


def times_spoken(chat: ChatPage, words: str) -> int:
    """Count how often the live region has held these words, after a moment in which they could be repeated."""
    chat.wait_until_spoken(words)
    chat.page.wait_for_timeout(400)
    return sum(said.count(words) for said in chat.spoken())


# --- Messages ------------------------------------------------------------------------------------------------------


def test_the_stream_is_opened_with_the_conversation_and_the_token(following: ChatPage, service: ChatService) -> None:
    (request,) = service.followed

    assert request.token == service.sessions[0]
    assert request.last_event == following.answers.last.get_attribute("data-id")


def test_nothing_is_followed_before_the_conversation(chat: ChatPage, service: ChatService) -> None:
    chat.open()
    chat.page.wait_for_load_state("networkidle")

    assert service.followed == []


def test_an_answer_that_comes_twice_is_shown_and_said_once(following: ChatPage, service: ChatService) -> None:
    service.will_answer(Answer(text="Vain kerran."))
    following.ask_and_wait("Hei")

    assert times_spoken(following, "Vain kerran.") == 1
    expect(following.messages).to_have_count(3)


@pytest.mark.parametrize("first", ["stream", "request"])
def test_it_does_not_matter_which_way_is_faster(following: ChatPage, service: ChatService, first: str) -> None:
    if first == "stream":
        following.page.route("**/chat/api/messages", _slowly, times=1)
    else:
        service.end_streams()
        wait_for_stream(following, service, number=2)
    service.will_answer(Answer(text="Vain kerran.", masked=["PERSON"], kept="Olen [NAME_1]", notice="Poistin nimen."))
    following.ask_and_wait("Olen Matti")

    assert times_spoken(following, "Vain kerran.") == 1
    assert following.messages.locator(".text").all_inner_texts()[1:] == [
        "Olen [nimi 1]",
        "Poistin nimen.",
        "Vain kerran.",
    ]


def _slowly(route: Route) -> None:
    answer = route.fetch()
    route.request.frame.page.wait_for_timeout(800)
    route.fulfill(response=answer)


def test_a_message_from_elsewhere_appears_and_is_said_once(following: ChatPage, service: ChatService) -> None:
    service.add(Answer(text="Hello from a colleague.", answer_language="en"))

    expect(following.answers.last.locator(".text")).to_have_text("Hello from a colleague.")
    expect(following.answers.last.locator(".text")).to_have_attribute("lang", "en")
    assert times_spoken(following, "Luotsi: Hello from a colleague.") == 1
    expect(following.page.locator("html")).to_have_attribute("lang", "fi")


def test_a_message_from_elsewhere_is_said_in_its_language(following: ChatPage, service: ChatService) -> None:
    service.add(Answer(text="Of course.", answer_language="en"))

    expect(following.page.locator("[role=status] p", has_text="Of course.")).to_have_attribute("lang", "en")


def test_a_question_from_another_tab_comes_with_its_answer(following: ChatPage, service: ChatService) -> None:
    service.add("Toisesta ikkunasta")
    service.add(Answer(text="Vastaus siihen."))

    expect(following.messages).to_have_count(3)
    assert following.questions.locator(".text").all_inner_texts() == ["Toisesta ikkunasta"]
    following.wait_until_spoken("Sinä: Toisesta ikkunasta. Luotsi: Vastaus siihen.")


def test_what_comes_does_not_touch_what_is_typed(following: ChatPage, service: ChatService) -> None:
    following.input.press_sequentially("Puoli kys")
    service.add(Answer(text="Väliin."))
    expect(following.answers).to_have_count(2)
    following.page.keyboard.type("ymystä")

    expect(following.input).to_be_focused()
    expect(following.input).to_have_value("Puoli kysymystä")


def test_a_message_from_elsewhere_waits_for_the_answer_on_its_way(following: ChatPage, service: ChatService) -> None:
    release = service.held(Answer(text="Oma vastaus."))
    following.ask("Oma kysymys")
    expect(following.typing).to_be_visible()
    service.add(Answer(text="Väliin."))
    following.page.wait_for_timeout(300)
    expect(following.answers).to_have_count(1)
    release()

    expect(following.answers).to_have_count(3)
    assert times_spoken(following, "Väliin.") == 1


# --- A question whose request broke --------------------------------------------------------------------------------


def test_a_question_whose_request_broke_counts_as_sent_when_it_comes_by_the_stream(
    following: ChatPage, service: ChatService
) -> None:
    following.page.route("**/chat/api/messages", lambda route: (route.fetch(), route.abort()), times=1)
    following.ask("Kysymys")

    expect(following.answers.last.locator(".text")).to_have_text("Kaiku: Kysymys")
    expect(following.retry_button).to_have_count(0)
    expect(following.questions).to_have_count(1)
    assert len(service.asked()) == 1
    assert times_spoken(following, "Kaiku: Kysymys") == 1


def test_a_question_that_failed_counts_as_sent_when_the_stream_comes_back(
    following: ChatPage, service: ChatService
) -> None:
    """Stream and request break together, the message had arrived."""
    following.page.route(EVENTS, lambda route: route.abort())
    service.end_streams(cut=True)
    following.page.route("**/chat/api/messages", lambda route: (route.fetch(), route.abort()), times=1)
    service.will_answer(Answer(text="Saapui.", masked=["PERSON"], kept="Olen [NAME_1], kysyn luvasta"))
    following.ask("Olen Matti, kysyn luvasta")
    expect(following.retry_button).to_be_visible()
    following.retry_button.focus()
    following.page.unroute(EVENTS)

    expect(following.answers.last.locator(".text")).to_have_text("Saapui.")
    expect(following.retry_button).to_have_count(0)
    assert following.questions.locator(".text").all_inner_texts() == ["Olen [nimi 1], kysyn luvasta"]
    expect(following.input).to_be_focused()
    assert len(service.asked()) == 1


def test_a_retry_of_what_came_unrecognised_shows_it_once(following: ChatPage, service: ChatService) -> None:
    following.page.route("**/chat/api/messages", lambda route: (route.fetch(), route.abort()), times=1)
    service.will_answer(Answer(text="Vastaus.", kept="Aivan toiset sanat"))
    following.ask("Kysymys")
    expect(following.retry_button).to_be_visible()
    expect(following.messages).to_have_count(4)
    following.retry_button.click()

    expect(following.retry_button).to_have_count(0)
    expect(following.messages).to_have_count(3)
    assert following.messages.locator(".text").all_inner_texts()[1:] == ["Aivan toiset sanat", "Vastaus."]


def test_an_answer_by_the_stream_ends_the_waiting_for_a_request_that_hangs(
    following: ChatPage, service: ChatService
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        route.fetch()
        held.append(route)

    following.page.route("**/chat/api/messages", hold, times=1)
    following.ask("Kysymys")

    expect(following.answers.last.locator(".text")).to_have_text("Kaiku: Kysymys")
    expect(following.typing).to_be_hidden()
    following.ask_and_wait("Seuraava")
    assert following.last_answer() == "Kaiku: Seuraava"
    held[0].abort()
    following.page.wait_for_timeout(300)
    expect(following.retry_button).to_have_count(0)


@pytest.mark.parametrize(
    ("kept", "typed", "same"),
    [
        ("Hei", "Hei", True),
        ("Hei", "Moi", False),
        ("Hei", "Hei taas", False),
        ("Hei\nmaailma", "Hei maailma  ", True),
        ("switch", "/switch", True),
        ("Olen [NAME_1]", "Olen Matti", True),
        ("[NAME_1] ja [NAME_2] tulevat", "Matti ja Maija tulevat", True),
        ("[NAME_1] ja [NAME_2] tulevat", "Matti, Liisa tulevat", False),
        ("a [NAME_1] a", "a", False),
        ("[EMAIL_ADDRESS]", "matti@example.com", True),
        ("x [" + "A_" * 30 + "] " * 40, "x" * 1000, False),
    ],
)
def test_a_kept_text_is_recognised(chat: ChatPage, kept: str, typed: str, same: bool) -> None:
    assert chat.open().page.evaluate(SAME, [[kept, typed]]) == [same]


# --- Typing and the end --------------------------------------------------------------------------------------------


def test_somebody_s_typing_is_shown_and_does_not_hinder_asking(following: ChatPage, service: ChatService) -> None:
    service.tell("typing", {"typing": True})
    expect(following.typing).to_be_visible()
    expect(following.send_button).not_to_have_attribute("aria-disabled", "true")
    service.tell("typing", {"typing": False})

    expect(following.typing).to_be_hidden()


def test_a_broken_stream_types_no_more(following: ChatPage, service: ChatService) -> None:
    service.tell("typing", {"typing": True})
    expect(following.typing).to_be_visible()
    service.end_streams(cut=True)

    expect(following.typing).to_be_hidden()


def test_a_conversation_erased_elsewhere_leads_back_to_the_notice(following: ChatPage, service: ChatService) -> None:
    following.input.fill("Kesken")
    service.tell("ended", {"reason": "erased"})

    expect(following.start_button).to_be_visible()
    expect(following.page.locator(".notice .problem:visible")).to_have_text(following.text("erased_notice"))
    following.wait_until_spoken(following.text("erased_notice"))
    assert following.focused() == "notice-heading"
    assert following.stored()["session"] == {}
    expect(following.messages).to_have_count(0)
    following.start()
    expect(following.input).to_have_value("Kesken")


def test_a_conversation_erased_elsewhere_closes_its_dialog(following: ChatPage, service: ChatService) -> None:
    following.open_data()
    service.tell("ended", {"reason": "erased"})

    expect(following.dialog).to_be_hidden()
    expect(following.start_button).to_be_visible()


def test_a_question_on_its_way_to_an_erased_conversation_returns_to_the_field(
    following: ChatPage, service: ChatService
) -> None:
    release = service.held(Answer(error="conversation_deleted"))
    following.ask("Matkalla")
    expect(following.typing).to_be_visible()
    service.tell("ended", {"reason": "erased"})
    expect(following.start_button).to_be_visible()
    release()
    following.start()

    expect(following.input).to_have_value("Matkalla")
    expect(following.typing).to_be_hidden()


@pytest.mark.parametrize("how", ["event", "refusal"])
def test_an_expired_conversation_says_so_and_keeps_the_text(
    following: ChatPage, service: ChatService, how: str
) -> None:
    following.input.fill("Kesken")
    if how == "event":
        service.tell("ended", {"reason": "expired"})
    else:
        service.stream_errors.append("session_expired")
        service.end_streams()

    expect(following.banner).to_contain_text(following.text("expired"))
    expect(following.input).to_have_value("Kesken")
    following.wait_until_spoken(following.text("expired"))
    assert following.stored()["session"] == {}
    expect(following.messages).to_have_count(1)


def test_deleting_here_is_told_by_the_dialog_alone(following: ChatPage, service: ChatService) -> None:
    following.open_data().press("data_delete").press("data_delete_confirm")

    expect(following.dialog_heading).to_have_text(following.text("data_erased_heading"))
    following.page.wait_for_timeout(300)
    expect(following.dialog).to_be_visible()
    assert following.text("erased_notice") not in " ".join(following.spoken())


def test_a_deletion_without_confirmation_leaves_the_dialog(following: ChatPage) -> None:
    following.page.route("**/chat/api/conversation", lambda route: (route.fetch(), route.abort()), times=1)
    following.open_data().press("data_delete").press("data_delete_confirm")
    expect(following.dialog_problem).to_be_visible()
    following.page.wait_for_timeout(300)
    following.press("data_delete_confirm")

    expect(following.dialog_heading).to_have_text(following.text("data_erased_heading"))


def test_a_conversation_that_is_not_stored_is_followed_with_its_new_token(
    following: ChatPage, service: ChatService
) -> None:
    following.open_data().press("data_unstore").press("data_unstore_confirm").press("data_go_on")
    wait_for_stream(following, service, number=2)
    service.add(Answer(text="Yhä mukana."))

    expect(following.answers.last.locator(".text")).to_have_text("Yhä mukana.")
    assert service.followed[-1].token == service.sessions[-1]
    expect(following.answers).to_have_count(2)


def test_after_the_end_nothing_is_followed(following: ChatPage, service: ChatService) -> None:
    following.end()
    for _ in range(100):
        if service.open_streams == 0:
            break
        following.page.wait_for_timeout(50)

    assert service.open_streams == 0
    assert len(service.followed) == 1


# --- Breaks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [False, True], ids=["ended", "cut"])
def test_a_stream_that_ends_is_resumed_after_the_last_message(
    following: ChatPage, service: ChatService, cut: bool
) -> None:
    service.add(Answer(text="Ennen."))
    expect(following.answers).to_have_count(2)
    service.end_streams(cut=cut)
    service.add(Answer(text="Aikana."))
    wait_for_stream(following, service, number=2)
    expect(following.answers).to_have_count(3)

    assert service.followed[1].last_event == following.answers.nth(1).get_attribute("data-id")
    assert following.answers.locator(".text").all_inner_texts()[1:] == ["Ennen.", "Aikana."]
    assert times_spoken(following, "Aikana.") == 1


def test_a_short_break_is_not_mentioned(following: ChatPage, service: ChatService) -> None:
    service.end_streams()
    wait_for_stream(following, service, number=2)

    assert following.text("lost") not in " ".join(following.spoken())
    expect(following.connection).to_be_hidden()


def test_a_long_break_is_shown_until_the_connection_is_back(following: ChatPage, service: ChatService) -> None:
    following.page.route("**/chat/api/*", lambda route: route.abort())
    service.end_streams(cut=True)

    expect(following.connection).to_have_text(following.text("lost"), timeout=30_000)
    following.wait_until_spoken(following.text("lost"))
    service.add(Answer(text="Sillä välin."))
    following.page.unroute("**/chat/api/*")
    expect(following.answers.last.locator(".text")).to_have_text("Sillä välin.", timeout=60_000)
    expect(following.connection).to_be_hidden()
    assert times_spoken(following, following.text("online")) == 1
    assert following.spoken().count(following.text("lost")) == 1


def test_offline_and_back(following: ChatPage, service: ChatService, context: BrowserContext) -> None:
    context.set_offline(True)
    expect(following.connection).to_have_text(following.text("offline"))
    service.end_streams(cut=True)
    service.add(Answer(text="Sillä välin."))
    context.set_offline(False)

    expect(following.answers.last.locator(".text")).to_have_text("Sillä välin.")
    expect(following.connection).to_be_hidden()
    assert times_spoken(following, "Sillä välin.") == 1


def test_the_waits_grow(page: Page, chat: ChatPage, service: ChatService) -> None:
    page.clock.install()
    tried: list[float] = []

    def refuse(route: Route) -> None:
        tried.append(page.evaluate("Date.now()"))
        route.abort()

    page.route(EVENTS, refuse)
    chat.open().start()
    for _ in range(200):
        page.clock.run_for(250)
        if len(tried) == 3:
            break

    first, second = tried[1] - tried[0], tried[2] - tried[1]
    assert 2_000 <= first <= 7_000
    assert 4_000 <= second <= 13_000


# --- Where streams do not work -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["refused", "held back"])
def test_without_streams_the_conversation_is_read_now_and_then(
    page: Page, chat: ChatPage, service: ChatService, how: str
) -> None:
    page.clock.install()
    if how == "refused":
        page.route(EVENTS, lambda route: route.fulfill(status=502, body="proxy"))
    else:
        service.holds_streams_back = True
    chat.open().start()
    service.add(Answer(text="Luettu muutoin."))
    expect(chat.input).to_be_focused()
    for _ in range(60):
        page.clock.run_for(5_000)
        page.wait_for_timeout(50)
        if chat.answers.count() == 2:
            break

    expect(chat.answers.last.locator(".text")).to_have_text("Luettu muutoin.")
    page.clock.run_for(60_000)
    expect(chat.answers).to_have_count(2)
    page.clock.run_for(200)
    assert sum(said.count("Luettu muutoin.") for said in chat.spoken()) == 1
    expect(chat.connection).to_be_hidden()


def test_too_many_streams_are_tried_again_when_the_service_says(chat: ChatPage, service: ChatService) -> None:
    service.stream_errors.append("too_many_requests")
    chat.open().start()
    wait_for_stream(chat, service, number=2)
    service.add(Answer(text="Perillä."))

    expect(chat.answers.last.locator(".text")).to_have_text("Perillä.")
    expect(chat.connection).to_be_hidden()


def test_while_a_stream_is_refused_the_conversation_is_read_at_once(chat: ChatPage, service: ChatService) -> None:
    chat.page.route(EVENTS, lambda route: route.fulfill(status=429, headers={"Retry-After": "600"}, body="{}"))
    with chat.page.expect_request(lambda sent: sent.method == "GET" and sent.url.endswith("/chat/api/messages")):
        chat.open().start()


HIDE = """
(hidden) => {
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden});
  document.dispatchEvent(new Event('visibilitychange'));
}
"""


def test_a_hidden_tab_lets_go_and_catches_up_when_it_is_seen_again(
    page: Page, chat: ChatPage, service: ChatService
) -> None:
    page.clock.install()
    chat.open().start()
    wait_for_stream(chat, service)
    page.evaluate(HIDE, True)
    page.clock.run_for(61_000)
    for _ in range(100):
        if service.open_streams == 0:
            break
        page.wait_for_timeout(50)
    assert service.open_streams == 0
    opened = len(service.followed)
    service.add(Answer(text="Sillä välin."))
    page.clock.run_for(30_000)
    page.wait_for_timeout(300)
    assert len(service.followed) == opened
    page.evaluate(HIDE, False)
    page.clock.run_for(1_000)
    wait_for_stream(chat, service, number=opened + 1)
    page.clock.run_for(1_000)

    expect(chat.answers.last.locator(".text")).to_have_text("Sillä välin.")
    expect(page.locator(".offline")).to_be_hidden()


def test_a_stream_that_says_nothing_any_more_is_opened_anew(page: Page, chat: ChatPage, service: ChatService) -> None:
    """After a sleep of the device, or where a connection died without a sign."""
    page.clock.install()
    chat.open().start()
    wait_for_stream(chat, service)
    page.clock.run_for(41_000)
    page.wait_for_timeout(300)
    page.clock.run_for(4_000)

    wait_for_stream(chat, service, number=2)


# --- The words of the stream ---------------------------------------------------------------------------------------

ONE = "id: m1\nevent: message\ndata: {}\n\n"


@pytest.mark.parametrize(
    ("pieces", "events"),
    [
        ([ONE], [("message", "m1", "{}")]),
        (list(ONE), [("message", "m1", "{}")]),
        ([ONE.replace("\n", "\r\n")], [("message", "m1", "{}")]),
        (list(ONE.replace("\n", "\r\n")), [("message", "m1", "{}")]),
        ([ONE.replace("\n", "\r"), ":"], [("message", "m1", "{}")]),
        ([": still here\n\nretry: 2000\n\n"], []),
        (["data: a\ndata: b\n\n"], [("message", None, "a\nb")]),
        (["data:a\ndata\n\n"], [("message", None, "a\n")]),
        (["event: typing\n\ndata: x\n\n"], [("message", None, "x")]),
        (["data: unfinished"], []),
        ([ONE, "event: typing\ndata: t\n\n"], [("message", "m1", "{}"), ("typing", "m1", "t")]),
        (["data: a: b\n\n"], [("message", None, "a: b")]),
    ],
)
def test_events_are_read_however_they_are_cut(
    chat: ChatPage, pieces: list[str], events: list[tuple[str, str | None, str]]
) -> None:
    read: list[dict[str, Any]] = chat.open().page.evaluate(PARSE, pieces)

    assert [(event["name"], event["id"], event["data"]) for event in read] == events


def test_damaged_events_are_passed_over(chat: ChatPage, service: ChatService) -> None:
    message = {"id": "b1", "from": "bot", "language": "fi", "text": "Kelvollinen.", "time": "2026-11-21T10:00:05Z"}
    body = f"event: message\ndata: {{damaged\n\nevent: unknown\ndata: {{}}\n\nid: b1\ndata: {json.dumps(message)}\n\n"
    chat.page.route(EVENTS, lambda route: route.fulfill(content_type="text/event-stream", body=body), times=1)
    chat.open().start()

    expect(chat.answers.last.locator(".text")).to_have_text(re.compile("Kelvollinen"))
