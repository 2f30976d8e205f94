from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.shared.core.domain import Domain

from actions import allowances
from actions.allowances import (
    KIND,
    PET,
    TRANSPORT,
    AllowancesForm,
    AllowancesResult,
)
from actions.conversation import DomainDict
from actions.places import PLACES
from actions.traveller_rules import Allowance, Goods, Item, Line, Pet, Transport, Trip, Verdict, allowance, deciding
from actions.values import Said, vocabulary
from components.channels.gate import make_safe
from components.privacy import anonymise
from tests.actions.customer import Customer

ROOT = Path(__file__).parents[2]
NBSP = "\u00a0"
TODAY = datetime.date(2026, 11, 22)
FRAGMENT: dict[str, Any] = yaml.safe_load((ROOT / "data" / "services" / "allowances.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = FRAGMENT["responses"]
QUESTIONS = AllowancesForm.questions
READ: dict[str, Callable[[Said], Any]] = {question.slot: question.read for question in QUESTIONS}
LINE = "utter_allowances_line_"
TOPICS_THAT_OFFER_IT = [
    "customs_traveller_value_limits",
    "customs_customs_channels",
    "customs_alcohol_from_eu",
    "customs_alcohol_from_outside_eu",
    "customs_tobacco_allowance",
    "customs_snus",
    "customs_medicines",
    "customs_foods_from_trips",
]
ONLY_LIMITS = {"fi": "Näytä vain rajat", "en": "Show only the limits"}


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 22 November 2026."""
    monkeypatch.setattr("actions.forms.today", lambda: TODAY)


@pytest.fixture()
def new_customer(rasa_domain: Domain) -> Callable[[str], Customer]:
    def new(language: str) -> Customer:
        return Customer(rasa_domain, (AllowancesForm(), AllowancesResult()), "allowances", language)

    return new


@pytest.fixture()
def customer(new_customer: Callable[[str], Customer], language: str) -> Customer:
    """A customer who was asked what is brought."""
    new = new_customer(language)
    new.starts()
    return new


@pytest.fixture()
def finn(new_customer: Callable[[str], Customer]) -> Customer:
    new = new_customer("fi")
    new.starts()
    return new


def _said(raw: str) -> Said:
    """What the form reads of a message: gate 1 comes first."""
    safe = make_safe(raw)
    return Said(safe.text, TODAY, safe.derived)


def _read(slot: str, raw: str) -> Any:
    return READ[slot](_said(raw))


def _ask(question: str) -> str:
    return f"utter_ask_allowances_form_allowances_{question}"


def _explain(question: str) -> str:
    return f"utter_explain_allowances_{question}"


def _answer(customer: Customer, *texts: str) -> list[str]:
    said: list[str] = []
    for text in texts:
        said = customer.types(text)
    return said


# -------------------------------------------------------------------------------------------- from first to last

# Answers in Finnish, questions after each but the last, something of the outcome in both languages.
_CASES: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, str]]] = {
    "alcohol EU": (
        ("olutta", "34", "Virosta", "120 litraa olutta"),
        ("age", "origin", "drinks"),
        ("Olut 120 l (ohjetaso 110 l): ylittää ohjetason", "Beer 120 l (guideline 110 l): above the guideline"),
    ),
    "alcohol outside": (
        ("viskiä", "20", "USA", "lentäen", "1,5 l viskiä"),
        ("age", "origin", "transport", "drinks"),
        ("Väkevät juomat 1,5 l (raja 1 l): ylittää rajan", "Strong drinks 1.5 l (limit 1 l): over the limit"),
    ),
    "alcohol short trip": (
        ("alkoholia", "20", "UK", "laivalla", "20 tuntia"),
        ("age", "origin", "transport", "trip"),
        ("et saa tuoda alkoholia verotta", "you cannot bring alcohol tax free"),
    ),
    "alcohol under age": (("alkoholia", "17"), ("age",), ("Alle 18-vuotias", "If you are under 18")),
    "alcohol 18": (
        ("alkoholia", "18", "Ahvenanmaa", "Näytä vain rajat"),
        ("age", "origin", "drinks"),
        ("enintään 2 litraa olutta", "at most 2 litres of untaxed beer"),
    ),
    "tobacco EU": (
        ("savukkeita", "kyllä", "Viro", "3 kartonkia"),
        ("adult", "origin", "tobacco"),
        (
            "Savukkeet 600 kpl (raja 200): enemmän kuin saat tuoda",
            "Cigarettes 600 (limit 200): more than you may bring",
        ),
    ),
    "tobacco outside": (
        ("savukkeita", "kyllä", "Turkki", "lentäen", "200 savuketta ja 20 sikaria"),
        ("adult", "origin", "transport", "tobacco"),
        ("ei mahdu toisen vaihtoehdon lisäksi", "not in addition to the other alternative"),
    ),
    "tobacco short trip": (
        ("savukkeita", "kyllä", "Valko-Venäjä", "autolla", "24 tuntia"),
        ("adult", "origin", "transport", "trip"),
        ("enintään 24 tuntia, et saa tuoda", "at most 24 hours, you may not bring"),
    ),
    "tobacco Russia": (
        ("savukkeita", "kyllä", "Venäjä"),
        ("adult", "origin"),
        ("Pakotteiden vuoksi", "Because of sanctions"),
    ),
    "snus": (
        ("nuuskaa", "kyllä", "Ruotsi", "600 g"),
        ("adult", "origin", "snus"),
        (
            f"600 g (raja 1{NBSP}000 g vuorokaudessa): mahtuu, mutta tarkista",
            "600 g (limit 1,000 g a day): within the limit, but",
        ),
    ),
    "pouches": (("nikotiinipusseja",), (), ("16,6 mg", "16.6 mg")),
    "e-cigarettes": (
        ("vapeja", "kyllä", "Viro", "5 x 2 ml"),
        ("adult", "origin", "liquid"),
        ("Nikotiinineste 10 ml (raja 10 ml): mahtuu", "Nicotine liquid 10 ml (limit 10 ml): within the limit"),
    ),
    "goods EU": (("tuliaisia", "Espanja"), ("origin",), ("ilman arvorajaa", "without a value limit")),
    "goods by plane": (
        ("tuliaisia", "Dubaista", "lentäen", "430 €"),
        ("origin", "transport", "value"),
        ("(raja 430 €): mahtuu", "(limit €430): within the limit"),
    ),
    "goods by car": (
        ("tuliaisia", "Norja", "autolla", "300,50 €"),
        ("origin", "transport", "value"),
        (f"Ostokset 300,50{NBSP}€ (raja 300 €): ylittää rajan", "Shopping €300.50 (limit €300): over the limit"),
    ),
    "goods Canary Islands": (
        ("tuliaisia", "Kanariansaaret", "lentäen", "Näytä vain rajat"),
        ("origin", "transport", "value"),
        ("samat rajat kuin EU:n ulkopuolelta", "same limits apply as from outside the EU"),
    ),
    "cash": (
        ("käteistä", "Turkki", "10 000 €"),
        ("origin", "cash"),
        ("**Tee käteisvarailmoitus.**", "**Make a cash declaration.**"),
    ),
    "cash EU": (("käteistä", "Ruotsi"), ("origin",), ("et tarvitse ilmoitusta", "you need no declaration")),
    "medicine": (
        ("lääkkeitä", "Thaimaa", "4 kuukautta"),
        ("origin", "supply"),
        ("(raja 3 kuukautta): enemmän", "(limit 3 months): more"),
    ),
    "medicine EEA": (
        ("lääkkeitä", "Norja", "1 vuosi"),
        ("origin", "supply"),
        ("12 kuukaudeksi (raja 12 kuukautta): mahtuu", "12 months (limit 12 months): within"),
    ),
    "food": (("juustoa", "Turkki"), ("origin",), ("Lihaa, maitoa", "meat, milk")),
    "food EU": (("makkaraa", "Viro"), ("origin",), ("sikaruttoa", "swine fever")),
    "dog": (
        ("Lemmikkieläin", "koira", "Viro"),
        ("pet", "origin"),
        ("24–120 tuntia ennen saapumista", "24–120 hours before arrival"),
    ),
    "cat from Turkey": (
        ("Lemmikkieläin", "kissa", "Turkki"),
        ("pet", "origin"),
        ("vasta-ainetutkimuksen", "antibody test"),
    ),
    "parrot": (("Lemmikkieläin", "papukaija"), ("pet",), ("CITES-luvan", "CITES permit")),
    "fuel": (
        ("polttoainetta", "20 litraa"),
        ("fuel",),
        ("Polttoaine 20 l (raja 10 l): ylittää rajan", "Fuel 20 l (limit 10 l): over the limit"),
    ),
}
every_case = pytest.mark.parametrize("case", _CASES)


@every_case
def test_only_what_decides_is_asked_and_then_the_outcome_is_told(customer: Customer, language: str, case: str) -> None:
    texts, asked, (finnish, english) = _CASES[case]

    said = [customer.types(text) for text in texts]

    goods = said[-1][0].removeprefix("utter_allowances_result_")
    assert said[:-1] == [[_ask(question)] for question in asked]
    assert goods in {one.value for one in Goods}
    assert not customer.is_running
    assert (finnish if language == "fi" else english) in customer.text


@every_case
def test_every_outcome_hedges_and_links_a_source(customer: Customer, language: str, case: str) -> None:
    _answer(customer, *_CASES[case][0])

    decides = {"fi": "vain Tulli päättää, mitä saat tuoda", "en": "only Customs decides what you may bring"}
    assert decides[language] in customer.text
    assert re.search(r"(Lähde|Source): \[[^\]]+\]\(https://", customer.text)
    assert customer.buttons[0]["payload"] == "/start_allowances"
    assert "{" not in customer.text


@every_case
def test_no_figure_of_an_outcome_is_masked_in_the_store(customer: Customer, case: str) -> None:
    _answer(customer, *_CASES[case][0])

    masked = [customer.text[span.start : span.end] for span in anonymise(customer.text).spans]
    assert [value for value in masked if any(sign.isdigit() for sign in value)] == []


@every_case
def test_both_languages_tell_the_same_figures(new_customer: Callable[[str], Customer], case: str) -> None:
    figures = []
    for language in ("fi", "en"):
        customer = new_customer(language)
        customer.starts()
        _answer(customer, *_CASES[case][0])
        figures.append(_figures(customer.text, language))

    assert figures[0] == figures[1]


def _figures(text: str, language: str) -> list[Decimal]:
    plain = re.sub(r"\(https://[^)]*\)", "", text).replace(NBSP, "")
    thousands, decimals = (".", ",") if language == "fi" else (",", ".")
    found = re.findall(r"\d+(?:[.,]\d+)*", plain)
    return sorted(Decimal(one.replace(thousands, "").replace(decimals, ".")) for one in found)


def test_a_worked_outcome_in_finnish(finn: Customer) -> None:
    _answer(finn, "alkoholia", "19", "Virosta", "20 l olutta, 3 l viiniä ja 1 l kossua")

    assert finn.text.startswith("**Alkoholi · 18–19 vuotta · Viro (EU-maa)**\n\n**Väkeviä juomia et saa")
    assert "\n- Olut 20 l (ohjetaso 110 l): mahtuu\n- Viini 3 l" in finn.text
    assert "\n- Väkevät juomat 1 l (ikäraja 20 vuotta): et saa tuoda\n" in finn.text
    assert "muut alkoholijuomat" not in finn.text
    assert "Alle 20-vuotiaana saat tuoda vain mietoja" in finn.text


def test_a_worked_outcome_in_english(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("en")
    customer.starts()
    _answer(customer, "beer", "34", "from Norway", "16 l beer, 4 l wine, 2 l cider")

    first, second, third, *_ = customer.text.split("\n\n")
    assert first == "**Alcohol · 20 or over · Norway (outside the EU, in the EEA)**"
    assert second == "**The amount you gave is within the limits.**"
    assert third.splitlines() == [
        "- Beer 16 l (limit 16 l): within the limit",
        "- Still wine 4 l (limit 4 l): within the limit",
        "- Sparkling wine, cider, long drinks and other drinks of at most 22% 2 l (limit 2 l): within the limit",
    ]


@pytest.mark.parametrize(
    ("texts", "summary"),
    [
        (("tupakkaa", "kyllä", "Britannia", "laivalla", "20 h"), "laiva · matka alle 24 tuntia"),
        (("tupakkaa", "kyllä", "Britannia", "laivalla", "24 h"), "laiva · matka 24 tuntia"),
        (("tupakkaa", "kyllä", "Britannia", "laivalla", "3 päivää", "rajat"), "laiva · matka yli 24 tuntia"),
        (("tupakkaa", "en"), "Savukkeet ja muu tupakka · alle 18 vuotta"),
        (("koira", "any", "Ruotsi"), "Lemmikkieläin · koira · Ruotsi (EU-maa)"),
        (("ruokaa", "Kanaria"), "Elintarvikkeet · Kanariansaaret (EU:n veroalueen ulkopuolella)"),
        (("ruokaa", "ruotsinlaivalta"), "Elintarvikkeet · Ahvenanmaa tai laiva sen kautta"),
        (("ruokaa", "eu-maasta"), "Elintarvikkeet · toinen EU-maa"),
    ],
)
def test_the_outcome_begins_with_what_was_told(finn: Customer, texts: tuple[str, ...], summary: str) -> None:
    _answer(finn, *(text for text in texts if text != "any"))

    assert finn.text.split("**")[1].endswith(summary)


def test_weak_sources_are_admitted(finn: Customer) -> None:
    _answer(finn, "nuuskaa", "kyllä", "Ruotsi", "rajat")
    weak = finn.text
    finn.starts()
    _answer(finn, "olutta", "30", "Viro", "rajat")

    hedge = RESPONSES[f"{LINE}uncertain"][0]["text"]
    assert hedge in weak
    assert hedge not in finn.text


@pytest.mark.parametrize(
    ("texts", "forbidden"), [(("nuuskaa", "en"), True), (("alkoholia", "17"), True), (("nikotiinipusseja",), False)]
)
def test_what_is_forbidden_can_be_handed_over(finn: Customer, texts: tuple[str, ...], forbidden: bool) -> None:
    _answer(finn, *texts)

    assert (RESPONSES[f"{LINE}hand_over"][0]["text"] in finn.text) is forbidden


def test_the_answers_are_coarse_and_can_be_stored(customer: Customer) -> None:
    _answer(customer, "alkoholia", "34-vuotias", "Valko-Venäjä", "bussilla", "3 päivää")

    stored = customer.answers
    assert stored == {"kind": "alcohol", "age": 20, "origin": "BY", "transport": "land", "trip": 72}
    assert [value for value in stored.values() if isinstance(value, str) and anonymise(value).text != value] == []


@pytest.mark.parametrize("text", ["123456,78 €", "1000000"])
def test_amounts_are_no_texts_that_the_store_would_mask(customer: Customer, text: str) -> None:
    _answer(customer, "käteistä")
    customer.types(f"Turkista {text}" if "€" in text else "Turkista")

    amounts = [] if "cash" not in customer.answers else list(customer.answers["cash"].values())
    assert all(isinstance(amount, float) for amount in amounts)


# -------------------------------------------------------------------------------------------- in the conversation


def test_everything_can_be_told_before_the_button(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.asks("saanko tuoda virosta 120 litraa olutta, olen 34-vuotias", "utter_customs_alcohol_from_eu")

    assert customer.starts() == ["utter_allowances_result_alcohol"]
    assert "Olut 120 l (ohjetaso 110 l)" in customer.text


@pytest.mark.parametrize(
    ("question", "answers", "asked"),
    [
        ("how much beer can i bring from estonia", {"kind": "alcohol", "origin": "EE"}, "age"),
        ("430 euron raja lentäen", {}, "kind"),
        ("tuliaiset dubaista lentäen yli 430 euroa", {"kind": "goods", "origin": "AE", "transport": "plane"}, "value"),
        (
            "ostin thaimaasta laukun 600 eurolla",
            {"kind": "goods", "origin": "TH", "value": {"value": 600}},
            "transport",
        ),
        (
            "saako 3 kartonkia röökiä tuoda espanjasta",
            {"kind": "tobacco", "origin": "ES", "tobacco": {"cigarettes": 600}},
            "adult",
        ),
        ("mikä tullikaista", {}, "kind"),
        ("viiniä ja tupakkaa laivalta", {}, "kind"),
        ("montako litraa kaljaa suomeen", {"kind": "alcohol"}, "age"),
        ("saanko tuoda suomesta lääkkeitä", {"kind": "medicine"}, "origin"),
    ],
)
def test_the_question_before_the_button_is_used(
    new_customer: Callable[[str], Customer], question: str, answers: dict[str, Any], asked: str
) -> None:
    customer = new_customer("fi")
    customer.asks(question, "utter_customs_alcohol_from_eu")

    assert customer.starts() == [_ask(asked)]
    assert customer.answers == answers


def test_one_answer_can_tell_everything(finn: Customer) -> None:
    assert finn.types("10 litraa olutta virosta, olen 25-vuotias") == ["utter_allowances_result_alcohol"]


@pytest.mark.parametrize(
    ("text", "language"), [("eiku 10 litraa viiniä", "fi"), ("no, from Sweden", "en"), ("eiku Ruotsista", "fi")]
)
def test_an_answer_can_be_corrected(new_customer: Callable[[str], Customer], text: str, language: str) -> None:
    customer = new_customer(language)
    customer.starts()
    _answer(customer, "tupakkaa", "kyllä", "Turkista", "laivalla")

    said = customer.types(text)

    if "viini" in text:
        assert said == [_ask("age")]
        assert customer.answers == {"kind": "alcohol", "origin": "TR", "transport": "ship"}
    else:
        assert said == [_ask("tobacco")]
        assert customer.answers == {"kind": "tobacco", "adult": 18, "origin": "SE"}


@pytest.mark.parametrize("text", ["the country was Estonia", "lähtömaa onkin Viro"])
def test_an_answer_can_be_told_anew_by_its_name(customer: Customer, text: str) -> None:
    _answer(customer, "tuliaisia", "Turkki", "lentäen")

    assert customer.types(text) == ["utter_allowances_result_goods"]


def test_another_kind_makes_other_answers_needless(finn: Customer) -> None:
    _answer(finn, "tupakkaa", "kyllä")

    assert finn.types("eiku polttoainetta") == [_ask("fuel")]
    assert finn.answers == {"kind": "fuel"}


@pytest.mark.parametrize("text", ["lopeta", "stop", "never mind"])
def test_the_customer_can_stop(customer: Customer, text: str) -> None:
    _answer(customer, "tupakkaa", "kyllä")

    assert customer.types(text) == ["utter_service_cancelled"]
    assert customer.answers == {}


def test_peru_is_a_country_and_no_wish_to_stop(finn: Customer) -> None:
    _answer(finn, "ruokaa")

    assert finn.types("Perusta", "cancel") == ["utter_allowances_result_food"]


def test_a_question_in_between_is_answered_and_then_the_service_goes_on(customer: Customer) -> None:
    _answer(customer, "alkoholia", "34")

    assert customer.types("mikä on punainen kaista?", "customs_customs_channels") == []
    assert customer.is_answered("utter_customs_customs_channels") == ["utter_service_back", _ask("origin")]
    assert _answer(customer, "Virosta", "rajat") == ["utter_allowances_result_alcohol"]


def test_the_language_can_change_in_the_middle(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.starts()
    _answer(customer, "alkoholia", "34", "Virosta")
    customer.speaks("en")

    assert customer.types("20 litres of beer") == ["utter_allowances_result_alcohol"]
    assert customer.text.startswith("**Alcohol · 20 or over · Estonia (EU country)**")


@pytest.mark.parametrize(
    ("number", "kind"),
    [("1", "alcohol"), ("2", "tobacco"), ("9", "food"), ("10", "pet"), ("11", "fuel"), ("11.", "fuel")],
)
def test_each_of_the_eleven_options_can_be_chosen_by_its_number(customer: Customer, number: str, kind: str) -> None:
    customer.types(number)

    assert customer.answers == {"kind": kind}


def test_there_is_no_twelfth_option(customer: Customer) -> None:
    assert customer.types("12") == [_explain("kind"), _ask("kind")]


def test_a_small_amount_is_no_choice_by_number(customer: Customer) -> None:
    assert _answer(customer, "bensaa", "1") == ["utter_allowances_result_fuel"]
    assert re.search(r"(Polttoaine|Fuel) 1 l", customer.text)


def test_the_only_option_can_be_chosen_by_its_place(customer: Customer) -> None:
    customer.types("bensaa")

    assert customer.types("the first one", "choose_option") == ["utter_allowances_result_fuel"]
    assert not re.search(r"(Polttoaine|Fuel) \d", customer.text)


def test_an_age_is_no_choice_by_number(customer: Customer) -> None:
    _answer(customer, "alkoholia", "19")

    assert customer.answers["age"] == 18


@pytest.mark.parametrize(
    ("texts", "question"),
    [
        ((), "kind"),
        (("lemmikkieläin",), "pet"),
        (("tupakkaa",), "adult"),
        (("alkoholia",), "age"),
        (("ruokaa",), "origin"),
        (("tuliaisia", "Turkki"), "transport"),
        (("alkoholia", "30", "Britannia", "laivalla"), "trip"),
        (("alkoholia", "30", "Viro"), "drinks"),
        (("tupakkaa", "joo", "Viro"), "tobacco"),
        (("nuuskaa", "joo", "Viro"), "snus"),
        (("vape", "joo", "Viro"), "liquid"),
        (("tuliaisia", "Turkki", "lentäen"), "value"),
        (("käteistä", "Turkki"), "cash"),
        (("lääkkeitä", "Turkki"), "supply"),
        (("bensaa",), "fuel"),
    ],
)
def test_unreadable_answers_are_explained_and_in_the_end_a_way_out_is_offered(
    customer: Customer, texts: tuple[str, ...], question: str
) -> None:
    _answer(customer, *texts)

    assert [customer.types("öö") for _ in range(3)] == [
        [_explain(question), _ask(question)],
        [_explain(question), _ask(question)],
        ["utter_service_stuck", _ask(question)],
    ]


@pytest.mark.parametrize(
    ("texts", "text", "response", "question"),
    [
        ((), "viiniä ja nuuskaa", "one_kind", "kind"),
        (("ruokaa",), "Suomesta", "finland", "origin"),
        (("alkoholia", "30", "Viro"), "6 pulloa viiniä", "litres", "drinks"),
        (("käteistä", "Turkki"), "5000 dollaria", "currency", "cash"),
    ],
)
def test_a_refused_answer_is_asked_again(
    customer: Customer, texts: tuple[str, ...], text: str, response: str, question: str
) -> None:
    _answer(customer, *texts)

    assert customer.types(text) == [f"utter_refuse_allowances_{response}", _ask(question)]


def test_starting_again_asks_from_the_beginning(customer: Customer) -> None:
    _answer(customer, "ruokaa", "Turkista")

    assert customer.starts() == [_ask("kind")]
    assert customer.answers == {}


# ------------------------------------------------------------------------------------------------------ its texts


def _buttons_of_questions() -> list[tuple[str, str]]:
    return [
        (question.slot, button["title"])
        for question in QUESTIONS
        for variation in RESPONSES[f"utter_ask_allowances_form_{question.slot}"]
        for button in variation.get("buttons", [])
    ]


@pytest.mark.parametrize(("slot", "title"), _buttons_of_questions())
def test_every_button_of_a_question_is_a_reply_that_is_read(slot: str, title: str) -> None:
    assert anonymise(title).text == title
    assert _read(slot, title) is not None


@pytest.mark.parametrize("slot", [question.slot for question in QUESTIONS])
def test_the_buttons_of_all_variations_mean_the_same(slot: str) -> None:
    meanings = [
        [_read(slot, button["title"]) for button in variation["buttons"]]
        for variation in RESPONSES[f"utter_ask_allowances_form_{slot}"]
    ]

    assert meanings[0] == meanings[1] == meanings[2]
    assert all(
        button["title"] == button["payload"]
        for variation in RESPONSES[f"utter_ask_allowances_form_{slot}"]
        for button in variation["buttons"]
    )


@pytest.mark.parametrize(("slot", "values"), [(KIND, Goods), (PET, Pet), (TRANSPORT, Transport)])
def test_every_option_has_a_button(slot: str, values: Any) -> None:
    for variation in RESPONSES[f"utter_ask_allowances_form_{slot}"]:
        assert [_read(slot, button["title"]) for button in variation["buttons"]] == [value.value for value in values]


def test_the_words_name_every_option() -> None:
    words = vocabulary("allowances")

    assert set(words["kinds"]) == set(words["kind_names"]) == {goods.value for goods in Goods}
    assert set(words["pets"]) == set(words["pet_names"]) == {pet.value for pet in Pet}
    assert set(words["transports"]) == set(words["transport_names"]) == {one.value for one in Transport}
    assert {*words["drinks"], *words["tobacco"]} <= {item.value for item in Item}


@pytest.mark.parametrize("name", RESPONSES)
def test_every_text_is_in_both_languages_with_a_default(name: str) -> None:
    languages = [item["condition"][0]["value"] if "condition" in item else None for item in RESPONSES[name]]
    placeholders = [set(re.findall(r"\{(\w+)\}", item["text"])) for item in RESPONSES[name]]

    assert languages == ["fi", "en", None]
    assert placeholders[0] == placeholders[1] == placeholders[2]


@pytest.mark.parametrize("name", RESPONSES)
def test_a_text_has_the_same_figures_in_both_languages(name: str) -> None:
    finnish, english, _ = RESPONSES[name]

    assert _figures(finnish["text"].replace("8 000", "8000").replace("9 500", "9500"), "fi") == _figures(
        english["text"], "en"
    )


def test_every_question_can_be_asked_and_explained() -> None:
    slots = [question.slot for question in QUESTIONS]

    assert FRAGMENT["forms"]["allowances_form"] == {"required_slots": slots, "ignored_intents": []}
    assert list(FRAGMENT["slots"]) == slots
    assert {f"utter_ask_allowances_form_{slot}" for slot in slots} <= set(RESPONSES)
    assert {f"utter_explain_{slot}" for slot in slots} <= set(RESPONSES)


def test_the_actions_have_the_names_of_the_domain() -> None:
    assert [AllowancesForm().name(), AllowancesResult().name()] == FRAGMENT["actions"]


def _told() -> Iterator[Allowance]:
    """Yield an allowance for every kind of trip that the rules tell apart."""
    codes = ["EE", "IE", "any_eu", "any_outside", "AX", "IC", "NO", "CH", "GB", "TR", "RU", "US"]
    ages, hours = (17, 19, 30), (Decimal(20), Decimal(48))
    for goods, code, transport, age, pet, length in itertools.product(Goods, codes, Transport, ages, Pet, hours):
        if (goods is Goods.PET) is (pet is Pet.OTHER and code != "EE") and goods is not Goods.PET:
            continue
        trip = Trip(goods, PLACES[code], transport, length, age, pet)
        for amount in (Decimal(1), Decimal(600), Decimal(20000)):
            yield allowance(trip, dict.fromkeys(Item, amount), on=TODAY)


@pytest.fixture(scope="module")
def told() -> list[Allowance]:
    return list({repr(one): one for one in _told()}.values())


def test_every_sentence_of_the_rules_has_its_text_with_its_gaps(told: list[Allowance]) -> None:
    lines: dict[str, Line] = {line.name: line for one in told for line in one.lines}
    gaps = {name: set(re.findall(r"\{(\w+)\}", RESPONSES[LINE + name][0]["text"])) for name in lines}

    assert gaps == {name: set(line.limits) for name, line in lines.items()}


def test_every_comparison_has_its_texts(told: list[Allowance]) -> None:
    names = {check.name for one in told for check in one.checks}

    assert {f"{LINE}amount_{name}" for name in names} <= set(RESPONSES)
    assert {f"{LINE}{text}_{verdict.value}" for text in ("check", "advice") for verdict in Verdict} <= set(RESPONSES)


def test_no_text_is_left_over(told: list[Allowance]) -> None:
    used = {line.name for one in told for line in one.lines}
    used |= {f"amount_{check.name}" for one in told for check in one.checks}
    used |= {f"{text}_{verdict.value}" for text in ("check", "advice") for verdict in Verdict}
    used |= {"heading_conditions", "hand_over", "uncertain"}

    assert {name for name in RESPONSES if name.startswith(LINE)} == {LINE + name for name in used}


def test_every_kind_of_goods_has_its_outcome() -> None:
    assert {name for name in RESPONSES if name.startswith("utter_allowances_result_")} == {
        f"utter_allowances_result_{goods.value}" for goods in Goods
    }


def test_the_longest_way_has_six_questions() -> None:
    trip = Trip(Goods.ALCOHOL, PLACES["GB"], Transport.SHIP, Decimal(48), 30)

    assert len(deciding(trip, on=TODAY)) + 1 == 6


def test_every_other_button_leads_to_a_topic_or_to_the_service(rasa_domain: Domain) -> None:
    payloads = {
        button["payload"].removeprefix("/")
        for name, variations in RESPONSES.items()
        if not name.startswith("utter_ask_")
        for item in variations
        for button in item.get("buttons", [])
    }

    assert "start_allowances" in payloads
    assert payloads <= set(rasa_domain.intents)


@pytest.mark.parametrize("topic", TOPICS_THAT_OFFER_IT)
def test_topics_offer_the_service(domain: DomainDict, language: str, topic: str) -> None:
    variations = domain["responses"][f"utter_{topic}"]
    own = next(item for item in variations if item["metadata"]["language"] == language)

    title = RESPONSES["utter_start_allowances_button"][["fi", "en"].index(language)]["text"]
    assert own["buttons"][0] == {"title": title, "payload": "/start_allowances"}


def test_a_text_that_is_missing_is_named(domain: DomainDict) -> None:
    told = allowance(Trip(Goods.POUCHES), on=TODAY)
    texts = allowances._Texts({**domain, "responses": {}}, "fi", Trip(Goods.POUCHES), told)

    with pytest.raises(LookupError, match="has no utter_allowances_line_pouches"):
        list(texts.paragraphs())
