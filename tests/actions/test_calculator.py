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

from actions import calculator
from actions.calculator import (
    ARRIVAL,
    ARTICLES,
    COUNTRY,
    GOODS,
    KIND,
    LARGEST_AMOUNT,
    SENDER,
    TRANSPORT,
    VAT_PAID,
    CalculatorForm,
    CalculatorResult,
)
from actions.conversation import DomainDict
from actions.forms import RefusedAnswer
from actions.import_charges import DutyBasis, VatBasis, project_rates
from actions.places import PLACES
from actions.values import Said, vocabulary
from actions.wording import euros as money
from components.channels.gate import make_safe
from components.privacy import anonymise
from tests.actions.customer import Customer

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 22)
FRAGMENT: dict[str, Any] = yaml.safe_load((ROOT / "data" / "services" / "calculator.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = FRAGMENT["responses"]
ASKED = [question for question in CalculatorForm.questions if not question.volunteered]
READ: dict[str, Callable[[Said], Any]] = {question.slot: question.read for question in CalculatorForm.questions}
TOPICS_THAT_OFFER_IT = [
    "customs_customs_duty_calculator",
    "customs_customs_duty_amount",
    "customs_vat_rates",
    "customs_low_value_duty_2026",
    "customs_parcel_from_outside_eu",
]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 22 November 2026."""
    monkeypatch.setattr("actions.forms.today", lambda: TODAY)


@pytest.fixture()
def new_customer(rasa_domain: Domain) -> Callable[[str], Customer]:
    def new(language: str) -> Customer:
        return Customer(rasa_domain, (CalculatorForm(), CalculatorResult()), "calculator", language)

    return new


@pytest.fixture()
def customer(new_customer: Callable[[str], Customer], language: str) -> Customer:
    """A customer who was asked for the country."""
    new = new_customer(language)
    new.starts()
    return new


def _said(raw: str) -> Said:
    """What the form reads of a message: gate 1 comes first."""
    safe = make_safe(raw)
    return Said(safe.text, TODAY, safe.derived)


def _read(slot: str, raw: str) -> Any:
    return READ[slot](_said(raw))


def _ask(question: str) -> str:
    return f"utter_ask_calculator_form_calculator_{question}"


def _explain(question: str) -> str:
    return f"utter_explain_calculator_{question}"


def _answer(customer: Customer, *texts: str) -> list[str]:
    said: list[str] = []
    for text in texts:
        said = customer.types(text)
    return said


# ---------------------------------------------------------------------------------------------- reading answers


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Kiina", "CN"),
        ("kiinasta", "CN"),
        ("paketti lähtee Kiinasta", "CN"),
        ("from china", "CN"),
        ("saksalaisesta kaupasta mutta lähetetään kiinasta", "CN"),
        ("paljonko Suomen tulli ottaa kiinasta", "CN"),
        ("from the states", "US"),
        ("from China to us", "CN"),
        ("US", "US"),
        ("U.S.", "US"),
        ("USA:sta", "US"),
        ("jenkeistä", "US"),
        ("Yhdysvalloista", "US"),
        ("it ships from the US to Finland", "US"),
        ("from China to Finland", "CN"),
        ("England", "GB"),
        ("Englannista", "GB"),
        ("UK:sta", "GB"),
        ("the uk", "GB"),
        ("Iso-Britanniasta", "GB"),
        ("northern ireland", "XI"),
        ("Pohjois-Irlannista", "XI"),
        ("Irlannista", "IE"),
        ("Norjasta", "NO"),
        ("Switzerland", "CH"),
        ("Sveitsistä", "CH"),
        ("Turkista", "TR"),
        ("Etelä-Koreasta", "KR"),
        ("from Korea", "KR"),
        ("Hong Kong", "HK"),
        ("Hongkongista", "HK"),
        ("Uudesta-Seelannista", "NZ"),
        ("Thaimaasta", "TH"),
        ("Perusta", "PE"),
        ("Sri Lanka", "LK"),
        ("Ruotsista", "SE"),
        ("Hollannista", "NL"),
        ("Virosta", "EE"),
        ("Tšekistä", "CZ"),
        ("tsekeista", None),
        ("Suomesta", "FI"),
        ("Åland", "AX"),
        ("ahvenanmaalta", "AX"),
        ("Ahvenanmaalta", "AX"),
        ("Teneriffalta", "IC"),
        ("Canary Islands", "IC"),
        ("EU-maa", "any_eu"),
        ("toisesta EU-maasta", "any_eu"),
        ("eu", "any_eu"),
        ("within the EU", "any_eu"),
        ("EU:n ulkopuolelta", "any_outside"),
        ("ei EU:sta", "any_outside"),
        ("not from the EU", "any_outside"),
        ("non-EU", "any_outside"),
        ("joku muu maa", "any_outside"),
        ("Eurooppa", None),
        ("europe", None),
        ("Temu", None),
        ("en tiedä", None),
        ("can you tell us the vat", None),
        ("omaan käyttöön", None),
        ("mikä asia", None),
    ],
)
def test_the_place_of_dispatch_is_read(text: str, code: str | None) -> None:
    assert _read(COUNTRY, text) == code


@pytest.mark.parametrize("code", PLACES)
def test_every_place_is_read_by_its_names(code: str) -> None:
    names = set(PLACES[code].names.values())

    assert {name: _read(COUNTRY, name) for name in names} == dict.fromkeys(names, code)


# A customer's own words for a place may look like a name to gate 1; the names of countries do not.
@pytest.mark.parametrize("text", ["from Kirsi", "Virtasen Matilta"])
def test_a_place_that_was_taken_for_a_person_is_asked_again(text: str) -> None:
    assert anonymise(text).text != text

    with pytest.raises(RefusedAnswer, match="utter_refuse_calculator_place"):
        _read(COUNTRY, text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("tilaan usasta kitaran 900 eurolla paljonko siihen tulee tullia", "US"),
        ("can you tell us how much duty", None),
        ("lähetän paketin Suomesta", None),
        ("a gift from my aunt in Brazil", None),
        ("saksalaisesta kaupasta", None),
    ],
)
def test_in_a_longer_message_only_a_place_of_dispatch_counts(text: str, code: str | None) -> None:
    assert calculator.found_country(_said(text)) == code


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("vaatteita", "clothes"),
        ("kaksi T-paitaa", "clothes"),
        ("a winter coat", "clothes"),
        ("i paid for it", None),
        ("kännykkä", "phone_or_laptop"),
        ("laptop", "phone_or_laptop"),
        ("puhelimen kuoret", "other"),
        ("phone case", "other"),
        ("tietokoneen osia", "other"),
        ("kirjoja", "books"),
        ("a book", "books"),
        ("suklaata", "food"),
        ("dog food", "food"),
        ("kahvipapuja", "coffee_or_tea"),
        ("green tea", "coffee_or_tea"),
        ("tee", "coffee_or_tea"),
        ("vaippoja", "hygiene"),
        ("nappies", "hygiene"),
        ("lehtitilaus", "magazines"),
        ("hajuvettä", "perfume"),
        ("eau de toilette", "perfume"),
        ("polkupyörä", "bicycle"),
        ("fillari", "bicycle"),
        ("pyörän osia", "other"),
        ("bike helmet", "other"),
        ("sähköpyörä", "e_bike"),
        ("e-bike", "e_bike"),
        ("moottoripyörän osia", "other"),
        ("kengät", "other"),
        ("toys", "other"),
        ("meikkejä", "other"),
        ("something else", "other"),
        ("muuta", "other"),
        ("en tiedä", "other"),
        ("viiniä", "alcohol"),
        ("wine glasses", "other"),
        ("nuuskaa", "tobacco"),
        ("e-cigarettes", "tobacco"),
        ("särkylääkkeitä", "medicine"),
        ("melatonin", "medicine"),
        ("vitamiineja", "supplements"),
        ("protein powder", "supplements"),
        ("kyllä", None),
        ("150 €", None),
        ("200 dollars", None),
    ],
)
def test_the_kind_of_goods_is_read(text: str, kind: str | None) -> None:
    assert _read(KIND, text) == kind


def test_an_unclear_kind_is_not_read_from_a_longer_message() -> None:
    assert calculator.found_kind(_said("en tiedä mitä muuta")) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150", 150.0),
        ("89,90 €", 89.9),
        ("€89.90", 89.9),
        ("1 250 euroa", 1250.0),
        ("1250,00 €", 1250.0),
        ("hinta oli 80", 80.0),
        ("about 25 € (20 pounds)", 25.0),
        ("0.01", 0.01),
        ("99,999 €", 99_999.0),
        ("0,125 €", 0.13),
        ("100 000 €", 100_000.0),
        ("se lähti 2 viikkoa sitten", None),
        ("sata", None),
        ("20-30 €", None),
    ],
)
def test_the_price_is_read(text: str, amount: float | None) -> None:
    assert _read(GOODS, text) == amount


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("200 dollars", "currency"),
        ("$30", "currency"),
        ("0", "amount"),
        ("ilmainen", "amount"),
        ("100 001 €", "amount"),
        ("1299.95", "masked"),
        ("123456", "masked"),
    ],
)
def test_a_price_that_cannot_be_is_refused(text: str, response: str) -> None:
    with pytest.raises(RefusedAnswer, match=f"utter_refuse_calculator_{response}"):
        _read(GOODS, text)


@pytest.mark.parametrize(
    ("text", "goods", "transport"),
    [
        ("hinta 80 e ja rahti 10 e", 80.0, 10.0),
        ("the goods are 140 euros and shipping is 25 euros", 140.0, 25.0),
        ("takki 150 €, postikulut 12,50 €", 150.0, 12.5),
        ("a coat for 150 euros with free shipping", 150.0, 0.0),
        ("150 euron raja", None, None),
        ("yli 150 euroa", None, None),
        ("kaksi takkia, 100 € ja 50 €", None, None),
        ("jos kuljetus on 20 e", None, None),
    ],
)
def test_amounts_in_a_longer_message_are_told_apart(text: str, goods: float | None, transport: float | None) -> None:
    assert calculator.found_goods(_said(text)) == goods
    assert calculator.found_transport(_said(text)) == transport


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12,50 €", 12.5),
        ("0", 0.0),
        ("ilmainen", 0.0),
        ("free shipping", 0.0),
        ("ei postikuluja", 0.0),
        ("sisältyi hintaan", 0.0),
        ("included", 0.0),
        ("en tiedä", 0.0),
        ("kallis", None),
        ("2 viikkoa se kesti tulla", None),
    ],
)
def test_the_price_of_the_transport_is_read(text: str, amount: float | None) -> None:
    assert _read(TRANSPORT, text) == amount


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("ostos", "purchase"),
        ("tilasin sen Temusta", "purchase"),
        ("i bought it", "purchase"),
        ("ostin lahjaksi verkkokaupasta", "purchase"),
        ("I ordered it as a gift", "purchase"),
        ("lahja", "gift"),
        ("lahja yksityishenkilöltä", "gift"),
        ("a present from my friend", "gift"),
        ("äiti lähetti", "gift"),
        ("my grandma sent it", "gift"),
        ("en tiedä", None),
    ],
)
def test_purchase_and_gift_are_told_apart(text: str, sender: str | None) -> None:
    assert _read(SENDER, text) == sender


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("kyllä", "yes"),
        ("joo maksoin", "yes"),
        ("no joo", "yes"),
        ("tax included", "yes"),
        ("IOSS", "yes"),
        ("en", "no"),
        ("en oo maksanu", "no"),
        ("ei ioss", "no"),
        ("no, not included", "no"),
        ("VAT was not included", "no"),
        ("en tiedä", "unknown"),
        ("I don’t know", "unknown"),
        ("ehkä", "unknown"),
        ("150", None),
    ],
)
def test_whether_the_vat_was_paid_is_read(text: str, paid: str | None) -> None:
    assert _read(VAT_PAID, text) == paid


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        ("kolme", 3),
        ("two kinds", 2),
        ("5 erilaista tuotetta siinä taisi olla", 5),
        ("1", 1),
        ("99", 99),
        ("100", None),
        ("0", None),
        ("2,5", None),
        ("se lähti 2 viikkoa sitten matkaan", None),
    ],
)
def test_the_number_of_articles_is_read(text: str, number: int | None) -> None:
    assert _read(ARTICLES, text) == number


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("saapui 5/2025", "2025-05"),
        ("saapui toukokuussa 2025", "2025-05"),
        ("arrived in May 2025", "2025-05"),
        ("saapui 15.5.2025", "2025-05"),
        ("saapui viime kuussa", "2026-10"),
        ("saapuu pian", "2026-11"),
        ("arrives next month", "2026-12"),
        ("saapui 1/2021", "2021-01"),
        ("saapuu 11/2027", "2027-11"),
        ("5/2025", None),
        ("saapui eilen", None),
    ],
)
def test_the_month_of_arrival_is_read(text: str, month: str | None) -> None:
    assert _read(ARRIVAL, text) == month


@pytest.mark.parametrize("text", ["saapui 12/2020", "saapuu 12/2027"])
def test_a_month_without_known_rules_is_refused(text: str) -> None:
    with pytest.raises(RefusedAnswer) as refused:
        _read(ARRIVAL, text)

    assert refused.value.values == {"earliest": "1/2021", "latest": "11/2027"}


# -------------------------------------------------------------------------------------------- from first to last

NBSP = "\u00a0"


def test_a_small_purchase_in_finnish(new_customer: Callable[[str], Customer]) -> None:
    finn = new_customer("fi")
    said = [finn.starts()]
    said += [
        finn.types(text) for text in ("Kiinasta", "vaatteita", "89,90 €", "ostos", "en maksanut", "12,50", "kaksi")
    ]

    assert said == [
        *([_ask(name)] for name in ("country", "kind", "goods", "sender", "vat_paid", "transport", "articles")),
        ["utter_calculator_result"],
    ]
    assert finn.text.replace(NBSP, " ").startswith(
        "**Arvio: maksat tullia ja arvonlisäveroa yhteensä 33,64 €.**\n\n"
        "- Lähetysmaa: Kiina (EU:n ulkopuolella)\n"
        "- Tavarat (vaatteet): 89,90 €\n"
        "- Kuljetus: 12,50 €\n"
        "- Saapumiskuukausi: marraskuu 2026\n"
        "- Tulli: 6,00 € (kiinteä tulli 3,00 € × 2, kerran jokaisesta erilaisesta tuotteesta)\n"
        "- Arvonlisäveron peruste: 108,40 € (tavarat, kuljetus ja tulli)\n"
        "- Arvonlisävero 25,5 %: 27,64 €\n"
        "- **Tulli ja arvonlisävero yhteensä: 33,64 €**\n\n"
        "Oletin, että lähetys tulee postissa."
    )
    assert finn.answers == {}


def test_a_large_purchase_in_english(new_customer: Callable[[str], Customer]) -> None:
    briton = new_customer("en")
    briton.starts()

    said = [briton.types(text) for text in ("from the states", "a winter coat", "€200", "15 euros")]

    assert said == [*([_ask(name)] for name in ("kind", "goods", "transport")), ["utter_calculator_result"]]
    assert briton.text.startswith(
        "**Estimate: customs duty and VAT come to €87.20 in total.**\n\n"
        "- Country of dispatch: United States (outside the EU)\n"
        "- Goods (clothes): €200.00\n"
        "- Transport: €15.00\n"
        "- Month of arrival: November 2026\n"
        "- Customs duty: about €25.80 (a typical percentage, 12% of goods and transport together, €215.00)\n"
        "- VAT is calculated on: €240.80 (goods, transport and duty)\n"
        "- VAT at 25.5%: €61.40\n"
        "- **Duty and VAT together: €87.20**\n\n"
    )


_CASES: dict[str, tuple[tuple[str, ...], str, str, tuple[str, ...]]] = {
    # answers, response, total, remarks
    "ioss": (("CN", "clothes", "100 €", "ostos", "kyllä", "2"), "result", "6.00", ("ioss_duty",)),
    "ioss unknown": (
        ("CN", "muu", "20 €", "ostos", "en tiedä", "5 €", "1"),
        "result",
        "10.14",
        ("post", "ioss_unknown", "fee"),
    ),
    "courier": (
        ("CN", "clothes", "100 €", "ostos", "ei", "10 €", "1"),
        "result",
        "31.82",
        ("post_typical", "fee"),
    ),
    "unknown duty": (("US", "kengät", "300 €", "20 €"), "result_least", "81.60", ("fee",)),
    "phone": (("US", "phone", "1000 €", "0 €"), "result", "255.00", ("fee",)),
    "bicycle": (("CN", "polkupyörä", "500 €", "50 €"), "result", "236.89", ("bicycle", "fee")),
    "UK": (("GB", "clothes", "200 €", "0 €"), "result", "81.12", ("uk", "fee")),
    "perfume": (("US", "perfume", "60 €", "ostos", "ei", "10 €"), "result_least", "17.85", ("perfume", "fee")),
    "gift": (("US", "kirjoja", "45 €", "lahja"), "result_gift", "0.00", ()),
    "dear gift": (("US", "kirjoja", "46 €", "lahja", "4 €", "1"), "result", "10.16", ("post", "gift", "fee")),
    "gift of coffee": (("BR", "coffee", "20 €", "lahja", "10 €", "1"), "result", "7.46", ("post", "gift", "fee")),
    "Åland": (("Åland", "kirjoja", "100 €", "5 €"), "result", "14.18", ("fee",)),
    "EU": (("Saksa",), "result_eu", "", ()),
    "May 2025": (
        ("Kiinasta, saapui 5/2025", "toys", "80 €", "ostos", "ei", "10 €"),
        "result",
        "22.95",
        ("fee",),
    ),
    "August 2024": (
        ("Kiinasta, saapui 8/2024", "toys", "80 €", "ostos", "ei", "10 €"),
        "result",
        "21.60",
        ("fee",),
    ),
    "June 2021": (("Kiinasta, saapui 6/2021", "toys", "22 €"), "result", "0.00", ()),
    "alcohol": (("US", "viiniä"), "no_alcohol", "", ()),
    "tobacco": (("US", "tupakkaa"), "no_tobacco", "", ()),
    "medicine": (("US", "lääkkeitä"), "no_medicine", "", ()),
    "supplements": (("US", "vitamiineja"), "no_supplements", "", ()),
}
_CODES = {"CN": "Kiina", "US": "Yhdysvallat", "GB": "Iso-Britannia", "BR": "Brasilia"}


def _remarks(domain: DomainDict, language: str, text: str) -> set[str]:
    """Return which remarks stand in a text, by their first words."""
    prefix = "utter_calculator_remark_"
    return {
        name.removeprefix(prefix)
        for name, variations in domain["responses"].items()
        if name.startswith(prefix)
        and any(
            re.search(re.sub(r"\\{\w+\\}", ".*?", re.escape(item["text"])), text)
            for item in variations
            if item.get("metadata", {}).get("language") == language
        )
    }


@pytest.mark.parametrize("case", _CASES)
def test_each_outcome_is_told_with_its_figures_and_remarks(
    customer: Customer, language: str, domain: DomainDict, case: str
) -> None:
    texts, response, total, remarks = _CASES[case]

    said = _answer(customer, _CODES.get(texts[0], texts[0]), *texts[1:])

    assert said == [f"utter_calculator_{response}"]
    assert not customer.is_running
    if total and response != "result_gift":
        together = _TOGETHER[language][response == "result_least"]
        assert f"**{together}: {money(Decimal(total), language)}**" in customer.text
    assert _remarks(domain, language, customer.text) == set(remarks)


_TOGETHER = {
    "fi": ("Tulli ja arvonlisävero yhteensä", "Yhteensä vähintään"),
    "en": ("Duty and VAT together", "Together at least"),
}


@pytest.mark.parametrize("case", _CASES)
def test_every_outcome_hedges_and_links_the_authority(customer: Customer, language: str, case: str) -> None:
    texts = _CASES[case][0]
    _answer(customer, _CODES.get(texts[0], texts[0]), *texts[1:])

    pages = {
        "fi": "https://tulli.fi/henkiloasiakkaat/netista-tilaajalle/mita-ovat-tullimaksut",
        "en": "https://tulli.fi/en/private-persons/ordering-goods-online/before-your-purchase",
    }
    decides = {"fi": "Vain (Tulli|viranomainen) päättää", "en": "Only (Customs|the authority) decides"}
    assert pages[language] in customer.text
    assert re.search(decides[language], customer.text)
    assert "/start_calculator" in [button["payload"] for button in customer.buttons]


@pytest.mark.parametrize("case", _CASES)
def test_no_figure_of_an_outcome_is_masked_in_the_store(customer: Customer, case: str) -> None:
    texts = _CASES[case][0]
    _answer(customer, _CODES.get(texts[0], texts[0]), *texts[1:])

    masked = [customer.text[span.start : span.end] for span in anonymise(customer.text).spans]
    assert [value for value in masked if any(sign.isdigit() for sign in value)] == []
    assert "{" not in customer.text


@pytest.mark.parametrize("case", _CASES)
def test_both_languages_tell_the_same_figures(new_customer: Callable[[str], Customer], case: str) -> None:
    texts = _CASES[case][0]
    figures = []
    for language in ("fi", "en"):
        customer = new_customer(language)
        customer.starts()
        _answer(customer, _CODES.get(texts[0], texts[0]), *texts[1:])
        plain = re.sub(r"\(https://[^)]*\)", "", customer.text).replace(NBSP, "")
        thousands, decimals = (".", ",") if language == "fi" else (",", ".")
        found = re.findall(r"\d+(?:[.,]\d+)*", plain)
        figures.append(sorted(Decimal(one.replace(thousands, "").replace(decimals, ".")) for one in found))

    assert figures[0] == figures[1]


def test_the_slots_can_be_stored(customer: Customer) -> None:
    _answer(customer, "Kiinasta, saapui 7/2026", "vaatteita", "149,95 €", "ostos", "en tiedä", "35 €")

    stored = {name: value for name, value in customer.answers.items()}
    assert stored == {
        "arrival": "2026-07",
        "country": "CN",
        "kind": "clothes",
        "goods": 149.95,
        "sender": "purchase",
        "vat_paid": "unknown",
        "transport": 35.0,
    }
    assert [value for value in stored.values() if isinstance(value, str) and anonymise(value).text != value] == []


# -------------------------------------------------------------------------------------------- what is asked


_SAMPLES: dict[str, list[Any]] = {
    COUNTRY: ["CN", "AX", "DE"],
    KIND: ["clothes", "other", "perfume", "coffee_or_tea", "books", "alcohol"],
    GOODS: [20.0, 22.01, 45.0, 46.0, 150.0, 150.01],
    SENDER: ["purchase", "gift"],
    VAT_PAID: ["yes", "no", "unknown"],
    TRANSPORT: [0.0, 20.0],
    ARTICLES: [1, 2],
}


def _paths(answers: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    open_questions = CalculatorForm().open_questions(answers)
    if not open_questions:
        yield tuple(slot for slot in answers if slot != ARRIVAL)
        return
    for value in _SAMPLES[open_questions[0].slot]:
        yield from _paths({**answers, open_questions[0].slot: value})


@pytest.mark.parametrize("arrival", ["2021-06", "2021-07", "2026-06", "2026-07", None])
def test_at_most_seven_questions_are_asked(arrival: str | None) -> None:
    lengths = {len(path) for path in _paths({ARRIVAL: arrival} if arrival else {})}

    assert min(lengths) == 1
    assert max(lengths) == (7 if arrival in ("2026-07", None) else 6 if arrival != "2021-06" else 5)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({COUNTRY: "DE"}, None),
        ({COUNTRY: "US", KIND: "alcohol"}, None),
        ({COUNTRY: "US", KIND: "other", GOODS: 150.01}, TRANSPORT),
        ({COUNTRY: "US", KIND: "other", GOODS: 150.0}, SENDER),
        ({COUNTRY: "US", KIND: "other", GOODS: 46.0, SENDER: "gift"}, TRANSPORT),
        ({COUNTRY: "US", KIND: "other", GOODS: 45.0, SENDER: "gift"}, None),
        ({COUNTRY: "US", KIND: "other", GOODS: 45.0, SENDER: "purchase"}, VAT_PAID),
        ({COUNTRY: "US", KIND: "other", GOODS: 45.0, SENDER: "purchase", VAT_PAID: "yes"}, ARTICLES),
        ({COUNTRY: "US", KIND: "other", GOODS: 45.0, SENDER: "purchase", VAT_PAID: "no"}, TRANSPORT),
        ({COUNTRY: "US", KIND: "perfume", GOODS: 45.0, SENDER: "purchase", VAT_PAID: "yes"}, None),
        ({COUNTRY: "AX", KIND: "other", GOODS: 45.0}, TRANSPORT),
        ({COUNTRY: "AX", KIND: "other", GOODS: 45.0, TRANSPORT: 5.0}, None),
        ({ARRIVAL: "2021-06", COUNTRY: "US", KIND: "other", GOODS: 22.0}, None),
        ({ARRIVAL: "2021-06", COUNTRY: "US", KIND: "other", GOODS: 46.0}, TRANSPORT),
        ({ARRIVAL: "2026-06", COUNTRY: "US", KIND: "other", GOODS: 46.0, SENDER: "purchase", VAT_PAID: "yes"}, None),
    ],
)
def test_only_what_matters_is_asked(answers: dict[str, Any], asked: str | None) -> None:
    following = next(iter(CalculatorForm().open_questions(answers)), None)

    assert (following.slot if following else None) == asked


# ------------------------------------------------------------------------------------- in the conversation


@pytest.mark.parametrize(("text", "language"), [("no, 150 euros", "en"), ("eiku 150 euroa", "fi")])
def test_the_price_can_be_corrected(new_customer: Callable[[str], Customer], text: str, language: str) -> None:
    customer = new_customer(language)
    customer.starts()
    _answer(customer, "China", "clothes", "200 €")

    assert customer.types(text) == [_ask("sender")]
    assert customer.answers["goods"] == 150.0


@pytest.mark.parametrize("text", ["the price was 80", "hinta olikin 80 euroa", "tavaran hinta on 80"])
def test_the_price_can_be_told_anew_later(customer: Customer, text: str) -> None:
    _answer(customer, "China", "clothes", "200 €")

    assert customer.types(text) == [_ask("sender")]
    assert customer.answers["goods"] == 80.0


@pytest.mark.parametrize("text", ["sorry, it is a gift", "anteeksi, se on lahja"])
def test_the_sender_can_be_corrected(customer: Customer, text: str) -> None:
    _answer(customer, "China", "clothes", "40 €", "purchase")

    assert customer.types(text) == ["utter_calculator_result_gift"]


def test_a_correction_of_the_country_can_end_the_questions(customer: Customer) -> None:
    _answer(customer, "China", "clothes", "200 €")

    assert customer.types("sorry, Germany") == ["utter_calculator_result_eu"]


def test_the_month_can_be_told_at_any_time(customer: Customer) -> None:
    _answer(customer, "China", "clothes")

    assert customer.types("saapui 6/2026") == [_ask("goods")]
    assert _answer(customer, "100 €", "purchase", "ei", "10 €") == ["utter_calculator_result"]


def test_a_month_out_of_range_is_refused_with_the_range(customer: Customer) -> None:
    assert customer.types("arrived 5/2019") == ["utter_refuse_calculator_arrival", _ask("country")]
    assert "1/2021" in customer.text
    assert "11/2027" in customer.text


def test_the_question_before_the_button_is_used(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.asks("tilaan usasta kitaran 900 eurolla paljonko siihen tulee tullia päälle", "utter_customs_gift")

    assert customer.starts() == [_ask("transport")]
    assert customer.types("50 €") == ["utter_calculator_result_least"]
    assert f"Tavarat (muu tavara): 900,00{NBSP}€" in customer.text


def test_a_general_question_before_the_button_answers_nothing(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.asks("mikä on 150 euron raja", "utter_customs_gift")

    assert customer.starts() == [_ask("country")]
    assert customer.answers == {}


def test_another_currency_is_refused(customer: Customer) -> None:
    _answer(customer, "US", "guitar")

    assert customer.types("1,200 dollars") == ["utter_refuse_calculator_currency", _ask("goods")]
    assert customer.types("1 100 €") == [_ask("transport")]


def test_bare_numbers_that_gate_1_takes_for_one_are_asked_again(customer: Customer) -> None:
    _answer(customer, "US", "guitar", "1200")

    assert customer.types("35") == ["utter_refuse_calculator_masked", _ask("transport")]
    assert customer.types("35 €") == ["utter_calculator_result_least"]


@pytest.mark.parametrize("text", ["lopeta", "stop"])
def test_the_customer_can_stop(customer: Customer, text: str) -> None:
    _answer(customer, "China", "clothes")

    assert customer.types(text) == ["utter_service_cancelled"]
    assert customer.answers == {}


def test_a_question_in_between_is_answered_and_then_the_estimate_goes_on(customer: Customer) -> None:
    _answer(customer, "China", "clothes", "100 €", "purchase")

    assert customer.types("mikä on ioss?", "customs_ioss") == []
    assert customer.is_answered("utter_customs_ioss") == ["utter_service_back", _ask("vat_paid")]
    assert _answer(customer, "kyllä", "1") == ["utter_calculator_result"]


def test_the_language_can_change_in_the_middle(new_customer: Callable[[str], Customer]) -> None:
    customer = new_customer("fi")
    customer.starts()
    _answer(customer, "Kiina", "vaatteet", "200 €")
    customer.speaks("en")

    assert customer.types("15 euros") == ["utter_calculator_result"]
    assert customer.text.startswith("**Estimate: customs duty and VAT come to €87.20")
    assert "China" in customer.text


@pytest.mark.parametrize(
    ("answers", "question", "number"),
    [((), "country", "2"), (("China",), "kind", "7"), (("China", "clothes", "50 €"), "sender", "2")],
)
def test_an_option_can_be_chosen_by_number(
    customer: Customer, answers: tuple[str, ...], question: str, number: str
) -> None:
    _answer(customer, *answers)
    chosen = customer.buttons[int(number) - 1]["title"] if answers else None
    customer.types(number)

    expected = {"country": "US", "kind": "other", "sender": "gift"}[question]
    assert customer.answers[question] == expected, chosen


def test_a_count_is_no_choice_by_number(customer: Customer) -> None:
    assert _answer(customer, "China", "clothes", "50 €", "purchase", "ei", "5 €", "3") == ["utter_calculator_result"]
    assert "× 3" in customer.text


def test_unreadable_answers_are_explained_and_in_the_end_a_way_out_is_offered(customer: Customer) -> None:
    assert [customer.types("öö") for _ in range(3)] == [
        [_explain("country"), _ask("country")],
        [_explain("country"), _ask("country")],
        ["utter_service_stuck", _ask("country")],
    ]


def test_starting_again_asks_from_the_beginning(customer: Customer) -> None:
    _answer(customer, "China", "clothes", "200 €", "15 €")

    assert customer.starts() == [_ask("country")]
    assert customer.answers == {}


# ------------------------------------------------------------------------------------------------ its texts


def _buttons_of_questions() -> list[tuple[str, str]]:
    return [
        (question.slot, button["title"])
        for question in ASKED
        for variation in RESPONSES[f"utter_ask_calculator_form_{question.slot}"]
        for button in variation.get("buttons", [])
    ]


@pytest.mark.parametrize(("slot", "title"), _buttons_of_questions())
def test_every_button_of_a_question_is_a_reply_that_is_read(slot: str, title: str) -> None:
    assert anonymise(title).text == title
    assert _read(slot, title) is not None


@pytest.mark.parametrize("slot", [COUNTRY, KIND, SENDER, VAT_PAID])
def test_the_buttons_of_both_languages_mean_the_same(slot: str) -> None:
    finnish, english, _ = RESPONSES[f"utter_ask_calculator_form_{slot}"]

    assert [_read(slot, button["title"]) for button in finnish["buttons"]] == [
        _read(slot, button["title"]) for button in english["buttons"]
    ]
    assert all(button["title"] == button["payload"] for button in [*finnish["buttons"], *english["buttons"]])


@pytest.mark.parametrize("name", RESPONSES)
def test_every_text_is_in_both_languages_with_a_default(name: str) -> None:
    languages = [item["condition"][0]["value"] if "condition" in item else None for item in RESPONSES[name]]
    placeholders = [set(re.findall(r"\{(\w+)\}", item["text"])) for item in RESPONSES[name]]

    assert languages == ["fi", "en", None]
    assert placeholders[0] == placeholders[1] >= placeholders[2]


def test_every_question_can_be_asked_and_explained() -> None:
    slots = [question.slot for question in ASKED]

    assert FRAGMENT["forms"]["calculator_form"] == {"required_slots": slots, "ignored_intents": []}
    assert set(FRAGMENT["slots"]) == {question.slot for question in CalculatorForm.questions}
    assert {f"utter_ask_calculator_form_{slot}" for slot in slots} <= set(RESPONSES)
    assert {f"utter_explain_{slot}" for slot in slots} <= set(RESPONSES)


def test_the_actions_have_the_names_of_the_domain() -> None:
    assert [CalculatorForm().name(), CalculatorResult().name()] == FRAGMENT["actions"]


def test_every_kind_of_the_rates_is_spoken_of() -> None:
    rates, words = project_rates(), vocabulary("calculator")
    estimated = {kind for kind in rates.kinds if rates.is_estimated(kind)}

    assert set(words["kinds"]) == set(rates.kinds)
    assert set(words["kind_names"]) == estimated
    assert {f"utter_calculator_no_{kind}" for kind in set(rates.kinds) - estimated} <= set(RESPONSES)


def test_every_basis_of_a_charge_has_its_line() -> None:
    duty = {f"utter_calculator_line_duty_{basis.value}" for basis in DutyBasis if basis is not DutyBasis.GIFT}
    vat = {
        f"utter_calculator_line_vat_{basis.value}"
        for basis in VatBasis
        if basis not in (VatBasis.GIFT, VatBasis.NO_BORDER)
    }

    assert duty | vat <= set(RESPONSES)


def test_the_texts_know_the_largest_amount() -> None:
    finnish, english, _ = RESPONSES["utter_refuse_calculator_amount"]

    assert money(LARGEST_AMOUNT, "fi").replace(NBSP, " ").replace(",00", "") in finnish["text"]
    assert money(LARGEST_AMOUNT, "en").replace(".00", "") in english["text"]


def test_every_other_button_leads_to_a_topic_or_to_the_service(rasa_domain: Domain) -> None:
    payloads = {
        button["payload"].removeprefix("/")
        for name, variations in RESPONSES.items()
        if not name.startswith("utter_ask_")
        for variation in variations
        for button in variation.get("buttons", [])
    }

    assert payloads <= set(rasa_domain.intents)
    assert "start_calculator" in payloads


@pytest.mark.parametrize("topic", TOPICS_THAT_OFFER_IT)
def test_topics_offer_the_calculator(domain: DomainDict, language: str, topic: str) -> None:
    variation = next(item for item in domain["responses"][f"utter_{topic}"] if item["metadata"]["language"] == language)

    title = {"fi": "Laske arvio maksuista", "en": "Estimate the charges"}[language]
    assert variation["buttons"][0] == {"title": title, "payload": "/start_calculator"}


def test_words_of_kinds_do_not_contest_each_other() -> None:
    words = vocabulary("calculator")["kinds"]

    for one, other in itertools.combinations(words, 2):
        assert set(words[one]).isdisjoint(words[other]), (one, other)
