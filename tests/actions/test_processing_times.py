from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.domain import Domain

from actions import processing_times
from actions.conversation import DomainDict
from actions.forms import RefusedAnswer
from actions.processing_times import (
    APPLICATION,
    FAMILY,
    HOW,
    MONTH,
    WORK,
    ProcessingTimesForm,
    ProcessingTimesResult,
    application_in_passing,
    application_of,
    month_in_passing,
    read_application,
    read_family,
    read_month,
    read_way,
    read_work,
    way_in_passing,
)
from actions.values import Said, vocabulary
from components.channels.gate import make_safe
from components.channels.messages import bot_message
from components.located_yaml import FileError
from components.privacy import anonymise
from components.statistics import plot
from components.statistics.processing_times import APPLICATIONS, WAYS, Position, ProcessingTimes, current, load
from components.storage.sanitise import sanitise
from tests.actions.customer import Customer
from tests.statistics.tables import ROW, write

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 22)
FRAGMENT: dict[str, Any] = yaml.safe_load(
    (ROOT / "data" / "services" / "processing_times.yml").read_text(encoding="utf-8")
)
RESPONSES: dict[str, list[dict[str, Any]]] = FRAGMENT["responses"]
READ: dict[str, Callable[[Said], Any]] = {question.slot: question.read for question in ProcessingTimesForm.questions}
CHECKER = "https://migri.fi/en/check-the-processing-time-of-your-application"
MADE_UP = {
    "fi": "**Nämä ovat keksittyjä esimerkkilukuja, eivät Maahanmuuttoviraston lukuja.**",
    "en": "**These are made-up example figures, not those of the Finnish Immigration Service.**",
}
RESULT, EXAMPLE = "utter_processing_times_result", "utter_processing_times_result_example"


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 22 November 2026."""
    monkeypatch.setattr("actions.forms.today", lambda: TODAY)


@pytest.fixture
def new_customer(rasa_domain: Domain) -> Callable[[str], Customer]:
    """Makes customers who speak a language."""
    actions = [ProcessingTimesForm(), ProcessingTimesResult()]
    return lambda language: Customer(rasa_domain, actions, "processing_times", language)


@pytest.fixture
def customer(new_customer: Callable[[str], Customer], language: str) -> Customer:
    """A customer who has started the service."""
    started = new_customer(language)
    started.starts()
    return started


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProcessingTimes:
    """Figures of an authority are in use: citizenship online and on paper, and asylum."""
    rows = (ROW, ROW.replace("online", "paper").replace("300", "350"), "asylum,paper,2025-01,2025-12,50,10,20,30,40")
    times = load(write(tmp_path, *rows))
    monkeypatch.setattr(processing_times.processing_times, "current", lambda: times)
    return times


def _said(text: str, today: datetime.date = TODAY) -> Said:
    safe = make_safe(text)
    return Said(safe.text, today, safe.derived)


def _answer(customer: Customer, *texts: str) -> list[str]:
    said: list[str] = []
    for text in texts:
        said = customer.types(text)
    return said


def _ask(question: str) -> str:
    return f"utter_ask_processing_times_form_processing_times_{question}"


def _explain(question: str) -> str:
    return f"utter_explain_processing_times_{question}"


# ------------------------------------------------------------------------------------------- reading answers


@pytest.mark.parametrize(
    ("text", "application"),
    [
        ("työlupa", "work"),
        ("hain työn perusteella", "work"),
        ("duunin takia", "work"),
        ("work permit", "work"),
        ("i came for job", "work"),
        ("työntekijän oleskelulupa", "work_employed"),
        ("TTOL", "work_employed"),
        ("permit for employed person", "work_employed"),
        ("erityisasiantuntijana töihin", "work_specialist"),
        ("EU:n sininen kortti", "work_specialist"),
        ("eu blue card", "work_specialist"),
        ("specialist work", "work_specialist"),
        ("pikakaistalla työlupa", "fast_track"),
        ("fast-track specialist", "fast_track"),
        ("opiskelijan oleskelulupa", "studies"),
        ("student permit", "studies"),
        ("yliopistoon opiskelemaan", "studies"),
        ("perhesiteen perusteella", "family"),
        ("family reunification", "family"),
        ("työntekijän perheenjäsen", "family"),
        ("vaimolle lupa", "family_spouse"),
        ("my husbands permit", "family_spouse"),
        ("avopuoliso", "family_spouse"),
        ("perhelupa lapselle", "family_child"),
        ("for my daughter", "family_child"),
        ("jatkolupa työn perusteella", "extended"),
        ("opiskelijan jatkolupa", "extended"),
        ("luvan uusiminen", "extended"),
        ("extension of my student permit", "extended"),
        ("renew work permit", "extended"),
        ("pysyvä lupa", "permanent"),
        ("pysyvää oleskelulupaa", "permanent"),
        ("P-EU", "permanent"),
        ("permanent residence", "permanent"),
        ("kansalaisuushakemus", "citizenship"),
        ("suomen kansalaiseksi", "citizenship"),
        ("citizenship for my child", "citizenship"),
        ("EU-kansalaisen rekisteröinti", "eu_registration"),
        ("eu citizen registration", "eu_registration"),
        ("EU", "eu_registration"),
        ("turvapaikkaa", "asylum"),
        ("hain kansainvälistä suojelua", "asylum"),
        ("asylum seeker", "asylum"),
        ("kausityölupa", "other"),
        ("seasonal work", "other"),
        ("yrittäjän oleskelulupa", "other"),
        ("temporary protection ukraine", "other"),
        ("joku muu", "other"),
        ("something else", "other"),
        ("öö", None),
        ("", None),
        ("banana", None),
    ],
)
def test_what_was_applied_for_is_read(text: str, application: str | None) -> None:
    assert read_application(_said(text)) == application


@pytest.mark.parametrize("text", ["is there any other way", "onko jotain muuta", "how long does it take"])
def test_something_else_is_no_application_in_a_longer_message(text: str) -> None:
    assert application_in_passing(_said(text)) is None


@pytest.mark.parametrize(
    ("read", "text", "kind"),
    [
        (read_work, "ihan tavallinen", "work_employed"),
        (read_work, "employed person", "work_employed"),
        (read_work, "asiantuntija", "work_specialist"),
        (read_work, "blue card", "work_specialist"),
        (read_work, "pikakaista", "fast_track"),
        (read_work, "the fast track for specialists", "fast_track"),
        (read_work, "jokin muu", "other"),
        (read_work, "hmm", None),
        (read_family, "puolisolle", "family_spouse"),
        (read_family, "wife", "family_spouse"),
        (read_family, "miehelle", "family_spouse"),
        (read_family, "lapsen", "family_child"),
        (read_family, "2 kids", "family_child"),
        (read_family, "jollekin muulle", "other"),
        (read_family, "hmm", None),
    ],
)
def test_kinds_of_permits_are_told_apart(read: Callable[[Said], str | None], text: str, kind: str | None) -> None:
    assert read(_said(text)) == kind


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("verkossa", "online"),
        ("netin kautta", "online"),
        ("enterfinland", "online"),
        ("Enter Finlandissa ja kävin palvelupisteellä", "online"),
        ("online, then embassy visit", "online"),
        ("sähköisesti", "online"),
        ("paperilla", "paper"),
        ("paper form", "paper"),
        ("lomakkeella", "paper"),
        ("suurlähetystössä", "paper"),
        ("in person", "paper"),
        ("en verkossa vaan paperilla", None),
        ("en muista", None),
    ],
)
def test_how_it_was_applied_for_is_read(text: str, way: str | None) -> None:
    assert read_way(_said(text)) == way


def test_a_visit_in_a_longer_message_says_nothing_of_the_way() -> None:
    assert way_in_passing(_said("kävin palvelupisteellä, kauanko kestää")) is None


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("3/2026", "2026-03"),
        ("03.2026", "2026-03"),
        ("2026-03", "2026-03"),
        ("3/26", "2026-03"),
        ("maaliskuussa 2026", "2026-03"),
        ("hain joulukuussa 2025", "2025-12"),
        ("March 2026", "2026-03"),
        ("in december", "2025-12"),
        ("lokakuussa", "2026-10"),
        ("viime vuoden lokakuussa", "2025-10"),
        ("october last year", "2025-10"),
        ("toissavuoden toukokuussa", "2024-05"),
        ("tämän vuoden tammikuussa", "2026-01"),
        ("15.3.2026", "2026-03"),
        ("5 March 2026", "2026-03"),
        ("15.3.", "2026-03"),
        ("24.12.", "2025-12"),
        ("tässä kuussa", "2026-11"),
        ("viime kuussa", "2026-10"),
        ("last month", "2026-10"),
        ("kuukausi sitten", "2026-10"),
        ("a month ago", "2026-10"),
        ("8 kuukautta sitten", "2026-03"),
        ("8 kk", "2026-03"),
        ("olen odottanut 8 kuukautta", "2026-03"),
        ("pari kuukautta sitten", "2026-09"),
        ("about 14 months ago", "2025-09"),
        ("three weeks ago", "2026-11"),
        ("4 viikkoa sitten", "2026-10"),
        ("vuosi sitten", "2025-11"),
        ("a year ago", "2025-11"),
        ("2 vuotta sitten", "2024-11"),
        ("1,5 vuotta sitten", "2025-05"),
        ("puolitoista vuotta sitten", "2025-05"),
        ("puoli vuotta sitten", "2026-05"),
        ("half a year ago", "2026-05"),
        ("2025", None),
        ("viime vuonna", None),
        ("last year", None),
        ("kesällä", None),
        ("2 vuotta ja 3 kuukautta sitten", None),
        ("999999 months ago", None),
        ("500 years ago", None),
        ("en muista", None),
    ],
)
def test_when_it_was_applied_for_is_read(text: str, month: str | None) -> None:
    assert read_month(_said(text)) == month


@pytest.mark.parametrize(
    "text", ["12/2026", "ensi kuussa", "next month", "1/2027", "1.12.2026", "tämän vuoden joulukuussa"]
)
def test_a_month_to_come_is_refused(text: str) -> None:
    with pytest.raises(RefusedAnswer) as refused:
        read_month(_said(text))

    assert refused.value.response == "utter_refuse_processing_times_month"


def test_this_month_is_not_refused() -> None:
    assert read_month(_said("11/2026")) == "2026-11"


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("hain kansalaisuutta maaliskuussa 2026, kauanko kestää", "2026-03"),
        ("hain kansalaisuutta 5.3.2026", "2026-03"),
        ("i have waited 8 months for citizenship", "2026-03"),
        ("may i ask how long citizenship takes", None),
        ("how long does it take now", None),
        ("is it 9 months", None),
    ],
)
def test_a_month_in_a_longer_message_must_be_clear(text: str, month: str | None) -> None:
    assert month_in_passing(_said(text)) == month


@pytest.mark.parametrize(
    ("answers", "application"),
    [
        ({}, None),
        ({APPLICATION: "work"}, None),
        ({APPLICATION: "work", WORK: "fast_track"}, "fast_track"),
        ({APPLICATION: "family", FAMILY: "family_child"}, "family_child"),
        ({APPLICATION: "asylum"}, "asylum"),
    ],
)
def test_the_application_is_clear_when_its_kind_is_told(answers: dict[str, str], application: str | None) -> None:
    assert application_of(answers) == application


# -------------------------------------------------------------------------------------------- from first to last


def test_citizenship_in_finnish(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")

    assert customer.starts() == [_ask("application")]
    assert customer.types("Kansalaisuus") == [_ask("how")]
    assert customer.types("Verkossa (Enter Finland)") == [_ask("month")]
    assert customer.types("3/2024") == [EXAMPLE]
    assert customer.text.startswith(MADE_UP["fi"])
    for words in (
        f"[Migrin käsittelyaikalaskurista (englanniksi)]({CHECKER})",
        "**Hakemus:** Suomen kansalaisuus, verkossa, 3/2024\n",
        "Esimerkissä **puolet** päätöksistä tuli noin 15 kuukaudessa.",
        "**Yhdeksän kymmenestä** tuli noin 31 kuukaudessa.",
        "Olet odottanut noin 32 kuukautta. Yhdeksän kymmenestä sai päätöksen nopeammin.",
        "jos liitteitä puuttuu",
        "sinun ei tarvitse ottaa yhteyttä",
        "päätös on tehtävä vuodessa",
    ):
        assert words in customer.text
    assert "uudempi kuin luvut" not in customer.text
    assert not customer.is_running
    assert customer.answers == {}


def test_a_specialists_permit_in_english(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("en")
    customer.starts()

    assert customer.types("Work") == [_ask("work")]
    assert customer.types("Specialist") == [_ask("how")]
    assert customer.types("On paper") == [_ask("month")]
    assert customer.types("October 2026") == [EXAMPLE]
    assert customer.text.startswith(MADE_UP["en"])
    for words in (
        f"[Migri's Processing Time Checker]({CHECKER})",
        "**Application:** residence permit for a specialist, on paper, 10/2026\n",
        "In the example, the first **half** of the decisions came within about 5 weeks.",
        "**Nine of ten** came within about 9 weeks.",
        "You have waited about a month. That is roughly the time within which half got a decision.",
        "**Note:** your application is newer than the figures. The latest month with figures is 7/2026.",
        "only when the employer has added the terms of employment",
        "you need not get in touch",
    ):
        assert words in customer.text


@pytest.mark.parametrize(("application", "kind"), [("perhe", "lapselle"), ("family", "child")])
def test_a_childs_permit_is_asked_for_by_its_own_question(customer: Customer, application: str, kind: str) -> None:
    assert _answer(customer, application) == [_ask("family")]
    assert _answer(customer, kind, "online", "1/2025") == [EXAMPLE]
    assert re.search("yhdeksän kuukautta|nine months", customer.text)


@pytest.mark.parametrize("application", ["asylum", "pikakaista"])
def test_where_there_is_one_way_it_is_not_asked_for(customer: Customer, application: str) -> None:
    assert customer.types(application) == [_ask("month")]
    assert customer.types("2/2026") == [EXAMPLE]
    assert not re.search("verkossa,|paperilla,|online,|on paper,", customer.text)


@pytest.mark.parametrize("texts", [("something else",), ("työ", "jokin muu"), ("family", "somebody else")])
def test_without_figures_the_authoritys_own_page_is_told(customer: Customer, texts: tuple[str, ...]) -> None:
    assert _answer(customer, *texts) == ["utter_processing_times_no_figures"]
    assert CHECKER in customer.text


@pytest.mark.parametrize("month", ["12/2022", "1/2010"])
def test_a_month_before_the_figures_is_told_to_be_outside(customer: Customer, month: str, language: str) -> None:
    assert _answer(customer, "citizenship", "online", month) == ["utter_processing_times_outside_example"]
    assert {"fi": "keksittyjä esimerkkilukuja", "en": "made-up example figures"}[language] in customer.text
    assert "1/2023" in customer.text
    assert CHECKER in customer.text


def test_real_figures_are_told_with_their_source(published: ProcessingTimes, customer: Customer, language: str) -> None:
    assert _answer(customer, "citizenship", "paper", "2/2024") == [RESULT]
    expected = {
        "fi": [
            "**Hakemus:** Suomen kansalaisuus, paperilla, 2/2024",
            "**Puolet** päätöksistä tuli noin 11 kuukaudessa.",
            "Luvut: Malliviranomainen, julkaistu 11/2026, päätökset 1/2024–10/2026, "
            "[lähde](https://viranomainen.example/ajat)",
        ],
        "en": [
            "**Application:** Finnish citizenship, on paper, 2/2024",
            "The first **half** of the decisions came within about 11 months.",
            "Figures: Model Authority, published 11/2026, decisions 1/2024–10/2026, "
            "[source](https://authority.example/times)",
        ],
    }
    for words in (*expected[language], CHECKER):
        assert words in customer.text
    assert not re.search("esimerk|example figures|made-up", customer.text, re.IGNORECASE)


def test_a_month_before_real_figures_is_told_without_talk_of_examples(
    published: ProcessingTimes, customer: Customer
) -> None:
    assert _answer(customer, "citizenship", "paper", "2/2023") == ["utter_processing_times_outside"]
    assert "1/2024" in customer.text
    assert not re.search("esimerk|example", customer.text, re.IGNORECASE)


def test_an_application_that_is_not_published_has_no_figures(published: ProcessingTimes, customer: Customer) -> None:
    assert customer.types("permanent") == ["utter_processing_times_no_figures"]


def test_broken_figures_are_told_and_logged(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> ProcessingTimes:
        raise FileError("times.csv:2: 'decided' is wrong")

    monkeypatch.setattr(processing_times.processing_times, "current", broken)

    assert customer.types("citizenship") == ["utter_processing_times_unavailable"]
    assert CHECKER in customer.text
    assert "times.csv:2" in caplog.text


def test_the_answer_carries_the_picture(customer: Customer, language: str) -> None:
    _answer(customer, "citizenship", "online", "3/2024")
    message = bot_message(customer.said[-1].message())

    assert message["language"] == language
    assert message["image"] == {
        "url": f"/chat/statistics/citizenship.svg?language={language}",
        "alt": plot.alt(current(), "citizenship", language),
    }
    assert sanitise(message["image"]) == message["image"]


@pytest.mark.parametrize("month", ["11/2026", "8/2026", "6/2025", "1/2024", "1/2010"])
@pytest.mark.parametrize("application", APPLICATIONS)
@pytest.mark.parametrize("kind", ["example", "published"])
def test_nothing_in_an_answer_looks_like_personal_data(
    customer: Customer, monkeypatch: pytest.MonkeyPatch, application: str, month: str, kind: str
) -> None:
    times = current()
    described = ProcessingTimes(times.description.copy(update={"kind": kind}), times.rows)
    monkeypatch.setattr(processing_times.processing_times, "current", lambda: described)
    group = application.partition("_")[0]
    customer.types(group if group in ("work", "family") else application.replace("_", " "))
    if customer.asked_for in ("work", "family"):
        customer.types(application.partition("_")[2])
    _answer(customer, *(["verkossa"] if customer.asked_for == "how" else []), month)

    assert not customer.is_running
    assert "{" not in customer.text
    for line in customer.text.splitlines():
        assert anonymise(line).text == line


@pytest.mark.parametrize("month", ["11/2026", "10/2026", "3/2026", "3/2024", "1/2022"])
def test_both_languages_tell_the_same_figures(new_customer: Callable[[str], Customer], month: str) -> None:
    figures = []
    for language in ("fi", "en"):
        customer = new_customer(language)
        customer.starts()
        _answer(customer, "citizenship", "online", month)
        figures.append(sorted(re.findall(r"\d+", customer.text)))

    assert figures[0] == figures[1]


def test_only_a_month_and_no_day_is_kept(customer: Customer) -> None:
    _answer(customer, "citizenship", "hain 5.3.2024")

    assert customer.answers == {"application": "citizenship", "month": "2024-03"}
    assert customer.asked_for == "how"


# ------------------------------------------------------------------------------------------- the conversation


def test_the_question_before_the_button_is_used(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("en")
    customer.asks(
        "i applied online for specialist permit in march 2026, how long", "utter_immigration_processing_times"
    )

    assert customer.starts() == [EXAMPLE]
    assert "residence permit for a specialist, online, 3/2026" in customer.text


def test_details_before_the_kind_of_permit_are_kept(customer: Customer) -> None:
    assert customer.types("työlupa verkossa maaliskuussa 2026") == [_ask("work")]
    assert customer.types("specialist") == [EXAMPLE]


@pytest.mark.parametrize(("text", "language"), [("no, permanent", "en"), ("eiku pysyvä", "fi")])
def test_what_was_applied_for_can_be_corrected(
    new_customer: Callable[[str], Customer], text: str, language: str
) -> None:
    customer = new_customer(language)
    customer.starts()
    _answer(customer, "citizenship")

    assert customer.types(text) == [_ask("how")]
    assert customer.answers == {"application": "permanent"}


def test_a_correction_drops_the_questions_that_it_makes_needless(customer: Customer) -> None:
    _answer(customer, "work", "specialist", "paper")
    # "Fast track" answers both the question for the permit and the one for its kind.
    assert customer.types("sori pikakaista") == [_ask("month")]
    assert "how" not in customer.answers


def test_the_way_can_be_told_anew_by_its_name(customer: Customer) -> None:
    _answer(customer, "citizenship", "paper")

    assert customer.types("hakutapa oli verkossa") == [_ask("month")]
    assert customer.answers["how"] == "online"


def test_a_month_to_come_is_asked_again(customer: Customer) -> None:
    _answer(customer, "citizenship", "online")

    assert customer.types("12/2026") == ["utter_refuse_processing_times_month", _ask("month")]
    assert customer.types("11/2026") == [EXAMPLE]


@pytest.mark.parametrize("text", ["lopeta", "stop"])
def test_the_customer_can_stop(customer: Customer, text: str) -> None:
    _answer(customer, "citizenship", "online")

    assert customer.types(text) == ["utter_service_cancelled"]
    assert (customer.answers, customer.is_running) == ({}, False)


def test_a_question_in_between_is_answered_and_then_the_checker_goes_on(customer: Customer) -> None:
    _answer(customer, "citizenship", "online")

    assert customer.types("paljonko hakemus maksaa?", "immigration_processing_fee") == []
    assert customer.is_answered("utter_immigration_processing_fee") == ["utter_service_back", _ask("month")]
    assert customer.types("3/2024") == [EXAMPLE]


@pytest.mark.parametrize(
    ("answers", "number", "question", "value"),
    [
        ((), "6", "application", "citizenship"),
        (("work",), "2", "work", "work_specialist"),
        (("family",), "1", "family", "family_spouse"),
        (("citizenship",), "2", "how", "paper"),
    ],
)
def test_an_option_can_be_chosen_by_number(
    customer: Customer, answers: tuple[str, ...], number: str, question: str, value: str
) -> None:
    _answer(customer, *answers, number)

    assert customer.answers[question] == value


@pytest.mark.parametrize(
    ("answers", "question"),
    [
        ((), "application"),
        (("work",), "work"),
        (("family",), "family"),
        (("citizenship",), "how"),
        (("citizenship", "online"), "month"),
    ],
)
def test_unreadable_answers_are_explained_and_in_the_end_a_way_out_is_offered(
    customer: Customer, answers: tuple[str, ...], question: str
) -> None:
    _answer(customer, *answers)

    assert [customer.types("öö") for _ in range(3)] == [
        [_explain(question), _ask(question)],
        [_explain(question), _ask(question)],
        ["utter_service_stuck", _ask(question)],
    ]


def test_the_language_can_change_in_the_middle(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.starts()
    _answer(customer, "kansalaisuus", "verkossa")
    customer.speaks("en")

    assert customer.types("March 2024") == [EXAMPLE]
    assert customer.text.startswith(MADE_UP["en"])
    assert "Finnish citizenship, online" in customer.text


def test_starting_again_asks_from_the_beginning(customer: Customer) -> None:
    _answer(customer, "citizenship", "online")

    assert customer.starts() == [_ask("application")]
    assert customer.answers == {}


# ------------------------------------------------------------------------------------------------ its texts


def _buttons_of_questions() -> list[tuple[str, str]]:
    return [
        (slot, button["title"])
        for slot in READ
        for variation in RESPONSES[f"utter_ask_processing_times_form_{slot}"]
        for button in variation.get("buttons", [])
    ]


@pytest.mark.parametrize(("slot", "title"), _buttons_of_questions())
def test_every_button_of_a_question_is_a_reply_that_is_read(slot: str, title: str) -> None:
    assert make_safe(title).text == title
    assert READ[slot](_said(title)) is not None


@pytest.mark.parametrize(
    ("slot", "values"),
    [
        (
            APPLICATION,
            ["work", "family", "studies", "extended", "permanent", "citizenship", "eu_registration", "asylum", "other"],
        ),
        (WORK, ["work_employed", "work_specialist", "fast_track", "other"]),
        (FAMILY, ["family_spouse", "family_child", "other"]),
        (HOW, ["online", "paper"]),
    ],
)
@pytest.mark.parametrize("variation", [0, 1])
def test_the_buttons_mean_what_they_say(slot: str, values: list[str], variation: int) -> None:
    buttons = RESPONSES[f"utter_ask_processing_times_form_{slot}"][variation]["buttons"]

    assert [READ[slot](_said(button["title"])) for button in buttons] == values
    assert all(button["title"] == button["payload"] for button in buttons)


@pytest.mark.parametrize("slot", list(READ))
def test_the_examples_in_the_texts_are_read(slot: str) -> None:
    for response in (f"utter_ask_processing_times_form_{slot}", f"utter_explain_{slot}"):
        for variation in RESPONSES[response]:
            for example in re.findall("[”“]([^”“]+)”", variation["text"]):
                assert READ[slot](_said(example)) is not None, example


@pytest.mark.parametrize("name", RESPONSES)
def test_every_text_is_in_both_languages_with_a_default(name: str) -> None:
    languages = [item["condition"][0]["value"] if "condition" in item else None for item in RESPONSES[name]]
    placeholders = [set(re.findall(r"\{(\w+)\}", item["text"])) for item in RESPONSES[name]]

    assert languages == ["fi", "en", None]
    assert placeholders[0] == placeholders[1] >= placeholders[2]


@pytest.mark.parametrize("name", [name for name in RESPONSES if name.endswith("_example")])
@pytest.mark.parametrize("variation", [0, 1, 2])
def test_every_text_of_made_up_figures_says_so(name: str, variation: int) -> None:
    text = RESPONSES[name][variation]["text"]

    assert re.search("keksittyjä esimerkkilukuja|made-up example figures", text, re.IGNORECASE)
    assert CHECKER in text


def test_every_question_can_be_asked_and_explained() -> None:
    slots = list(READ)

    assert slots == [APPLICATION, WORK, FAMILY, HOW, MONTH]
    assert FRAGMENT["forms"]["processing_times_form"] == {"required_slots": slots, "ignored_intents": []}
    assert list(FRAGMENT["slots"]) == slots
    assert {f"utter_explain_{slot}" for slot in slots} <= set(RESPONSES)


def test_the_actions_have_the_names_of_the_domain() -> None:
    assert [ProcessingTimesForm().name(), ProcessingTimesResult().name()] == FRAGMENT["actions"]


@pytest.mark.parametrize("place", list(Position))
def test_every_place_of_a_wait_has_its_line(place: Position) -> None:
    for variation in RESPONSES[f"utter_processing_times_line_{place.value}"]:
        assert "{waited}" in variation["text"]


def test_the_vocabulary_knows_every_application_and_way_and_no_others() -> None:
    words = vocabulary("processing_times")
    known = {name for group in words["applications"] for name in group} | {
        name for kind in ("work", "family") for group in words[kind] for name in group
    }

    assert known == {*APPLICATIONS, "work", "family", "other"}
    assert set(words["ways"]) == set(WAYS)


def test_every_other_button_leads_to_a_topic_or_to_the_service(rasa_domain: Domain) -> None:
    payloads = {
        button["payload"].removeprefix("/")
        for name, variations in RESPONSES.items()
        if not name.startswith("utter_ask_")
        for variation in variations
        for button in variation.get("buttons", [])
    }

    assert payloads <= set(rasa_domain.intents)
    assert "start_processing_times" in payloads


@pytest.mark.parametrize(
    "topic",
    ["immigration_processing_times", "immigration_citizenship_processing_time", "immigration_expedite_request"],
)
def test_topics_offer_the_checker(domain: DomainDict, language: str, topic: str) -> None:
    variation = next(item for item in domain["responses"][f"utter_{topic}"] if item["metadata"]["language"] == language)

    title = {"fi": "Katso, kauanko käsittely kestää", "en": "See how long processing takes"}[language]
    assert variation["buttons"][0] == {"title": title, "payload": "/start_processing_times"}
