from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.allowances import (
    ADULT,
    AGE,
    CASH,
    DRINKS,
    FUEL,
    KIND,
    LIQUID,
    ORIGIN,
    PET,
    SNUS,
    SUPPLY,
    TOBACCO,
    TRANSPORT,
    TRIP,
    VALUE,
    AllowancesForm,
)
from actions.forms import RefusedAnswer
from actions.values import Said
from components.channels.gate import make_safe

TODAY = datetime.date(2026, 11, 22)
FRAGMENT = Path(__file__).parents[2] / "data" / "services" / "allowances.yml"
RESPONSES: dict[str, Any] = yaml.safe_load(FRAGMENT.read_text(encoding="utf-8"))["responses"]
READ: dict[str, Callable[[Said], Any]] = {question.slot: question.read for question in AllowancesForm.questions}
FIND = {question.slot: question.find for question in AllowancesForm.questions if question.find is not None}
ONLY_LIMITS = ["Näytä vain rajat", "Show only the limits"]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 22 November 2026."""
    monkeypatch.setattr("actions.forms.today", lambda: TODAY)


def _said(raw: str) -> Said:
    """What the form reads of a message: gate 1 comes first."""
    safe = make_safe(raw)
    return Said(safe.text, TODAY, safe.derived)


def _read(slot: str, raw: str) -> Any:
    return READ[slot](_said(raw))


def _amounts(carried: Any) -> Any:
    return carried and {item: Decimal(str(amount)) for item, amount in carried.items()}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("olutta", "alcohol"),
        ("pari kaljaa", "alcohol"),
        ("viinaksia", "alcohol"),
        ("booze", "alcohol"),
        ("red wine", "alcohol"),
        ("a bottle of gin", "alcohol"),
        ("portviiniä Portugalista", "alcohol"),
        ("röökiä", "tobacco"),
        ("cigaretes", "tobacco"),
        ("cigarillos", "tobacco"),
        ("kääretupakkaa", "tobacco"),
        ("nuuskaa", "snus"),
        ("purutupakkaa", "snus"),
        ("chewing tobacco", "snus"),
        ("nikotiininuuskaa", "pouches"),
        ("zyn", "pouches"),
        ("nicotine pouches", "pouches"),
        ("vapea", "e_cigarettes"),
        ("vape juice", "e_cigarettes"),
        ("sähkötupakka", "e_cigarettes"),
        ("tuliaisia", "goods"),
        ("ostin laukun", "goods"),
        ("a new phone", "goods"),
        ("uusi iPhone", "goods"),
        ("käteistä", "cash"),
        ("paljon rahaa", "cash"),
        ("banknotes", "cash"),
        ("lääkkeitä", "medicine"),
        ("my meds", "medicine"),
        ("juustoa ja makkaraa", "food"),
        ("fruits", "food"),
        ("koira", "pet"),
        ("my cat", "pet"),
        ("bensaa kanisterissa", "fuel"),
        ("petrol", "fuel"),
        ("lahjaksi viiniä", "alcohol"),
        ("veloitetaanko", None),
        ("maalia", None),
        ("öö", None),
    ],
)
def test_the_kind_of_goods_is_read(text: str, kind: str | None) -> None:
    assert _read(KIND, text) == kind


@pytest.mark.parametrize("text", ["viiniä ja tupakkaa", "beer and snus", "lääkkeitä koiralle"])
def test_several_kinds_are_looked_at_one_at_a_time(text: str) -> None:
    with pytest.raises(RefusedAnswer, match="utter_refuse_allowances_one_kind"):
        _read(KIND, text)


@pytest.mark.parametrize(
    ("text", "pet"),
    [
        ("koiranpentu", "dog"),
        ("a puppy", "dog"),
        ("kissoja", "cat"),
        ("my kitten", "cat"),
        ("fretti", "ferret"),
        ("papukaija", "other"),
        ("rabbit", "other"),
        ("joku muu", "other"),
        ("en tiedä", None),
    ],
)
def test_the_animal_is_read(text: str, pet: str | None) -> None:
    assert _read(PET, text) == pet


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("17", 0),
        ("18", 18),
        ("19-vuotias", 18),
        ("olen 20", 20),
        ("75 years old", 20),
        ("alle 18", 0),
        ("under 20", 18),
        ("yli 20", 20),
        ("18–19", 18),
        ("18-19", 18),
        ("en ole vielä 20", 18),
        ("not yet 18", 0),
        ("kohta 18", 0),
        ("täytän 18 ensi kuussa", 0),
        ("alaikäinen", 0),
        ("I'm a teenager", 0),
        ("aikuinen", None),
        ("0", None),
        ("150", None),
        ("öö", None),
    ],
)
def test_the_age_is_kept_only_as_a_group(text: str, begins: int | None) -> None:
    assert _read(AGE, text) == begins


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("kyllä", 18),
        ("joo olen", 18),
        ("yes I am", 18),
        ("olen", 18),
        ("I am", 18),
        ("I am not", 0),
        ("yli", 18),
        ("alle", 0),
        ("täysi-ikäinen", 18),
        ("45", 18),
        ("en", 0),
        ("en ole", 0),
        ("en ole vielä", 0),
        ("nope", 0),
        ("17", 0),
        ("en ole vielä 18", 0),
        ("ei, olen 17", 0),
        ("minor", 0),
        ("öö", None),
        ("en tiedä", None),
    ],
)
def test_being_of_age_is_read(text: str, begins: int | None) -> None:
    assert _read(ADULT, text) == begins


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("olen 19-vuotias ja tuon olutta", 18),
        ("i'm 17 can i bring beer", 0),
        ("oon 22v", 20),
        ("17-year-old with wine", 0),
        ("olen 20 litraa tuomassa", None),
        ("olen tuomassa 20 litraa", None),
        ("viikon 19 matka", None),
    ],
)
def test_an_age_in_passing_is_one_that_is_told_as_such(text: str, begins: int | None) -> None:
    assert FIND[AGE](_said(text)) == begins


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("virosta", "EE"),
        ("from turkey", "TR"),
        ("USA", "US"),
        ("laiva Ahvenanmaan kautta", "AX"),
        ("Ruotsista laivalla Ahvenanmaan kautta", "AX"),
        ("from Sweden via Åland", "AX"),
        ("ruotsinlaivalta", "AX"),
        ("mariehamn", "AX"),
        ("Tallinnasta", "EE"),
        ("Pietarista", "RU"),
        ("kreetalta", "GR"),
        ("Kanariansaarilta", "IC"),
        ("eu maasta", "any_eu"),
        ("jostain EU:n ulkopuolelta", "any_outside"),
        ("perusta", "PE"),
        ("öö", None),
    ],
)
def test_the_origin_is_read(text: str, code: str | None) -> None:
    assert _read(ORIGIN, text) == code


@pytest.mark.parametrize("text", ["Suomesta", "from Finland", "Suomi"])
def test_a_trip_from_finland_is_refused(text: str) -> None:
    with pytest.raises(RefusedAnswer, match="utter_refuse_allowances_finland"):
        _read(ORIGIN, text)


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("lentäen", "plane"),
        ("koneella", "plane"),
        ("i fly", "plane"),
        ("laivalla", "ship"),
        ("autolautalla", "ship"),
        ("autolla laivalla", "ship"),
        ("by car on a ferry", "ship"),
        ("Tallinkilla", "ship"),
        ("omalla autolla", "land"),
        ("taxi", "land"),
        ("bussilla", "land"),
        ("train", "land"),
        ("purjeveneellä", "yacht"),
        ("own boat", "yacht"),
        ("pienkoneella", "light_aircraft"),
        ("private plane", "light_aircraft"),
        ("öö", None),
    ],
)
def test_the_transport_is_read(text: str, transport: str | None) -> None:
    assert _read(TRANSPORT, text) == transport


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("20 tuntia", 20),
        ("24 h", 24),
        ("vuorokauden", 24),
        ("alle vuorokauden", 23),
        ("less than 24 hours", 23),
        ("yli 24 tuntia", 25),
        ("3 päivää", 72),
        ("two weeks", 336),
        ("viikon", 168),
        ("2 yötä", 48),
        ("päiväreissu", 12),
        ("there and back the same day", 12),
        ("pari päivää", 48),
        ("muutaman tunnin", None),
        ("alle päivän", 23),
        ("yön yli", None),
        ("yhden päivän", None),
        ("one night", None),
        ("24", None),
        ("öö", None),
    ],
)
def test_the_length_of_the_trip_is_read_in_hours(text: str, hours: float | None) -> None:
    assert _read(TRIP, text) == hours


@pytest.mark.parametrize(
    ("slot", "text", "carried"),
    [
        (DRINKS, "20 litraa olutta", {"beer": "20"}),
        (DRINKS, "20 litres of beer", {"beer": "20"}),
        (DRINKS, "olutta 20 l ja viiniä 5 l", {"beer": "20", "wine": "5"}),
        (DRINKS, "10 l beer,5 l red wine and 1 l vodka", {"beer": "10", "wine": "5", "spirits": "1"}),
        (DRINKS, "24 x 0,33 l kaljaa", {"beer": "7.92"}),
        (DRINKS, "8 pulloa 0,75 l skumppaa", {"sparkling": "6"}),
        (DRINKS, "viiniä, 5 litraa", {"wine": "5"}),
        (DRINKS, "20 litraa bisseä 10 litraa viiniä", {"beer": "20", "wine": "10"}),
        (DRINKS, "puolitoista litraa viinaa", {"spirits": "1.5"}),
        (DRINKS, "5 l viiniä ja 2 l viiniä", {"wine": "7"}),
        (DRINKS, "kossua 0,7l", {"spirits": "0.7"}),
        (DRINKS, "2 l 18 % likööriä", {"intermediate": "2"}),
        (DRINKS, "2 l 22 % liqueur", {"intermediate": "2"}),
        (DRINKS, "2 l 23 % likööriä", {"spirits": "2"}),
        (DRINKS, "12 l lonkeroa", {"cider": "12"}),
        (DRINKS, "portviiniä 2 l", {"intermediate": "2"}),
        (DRINKS, "5 litraa viiniä Portugalista", {"wine": "5"}),
        (DRINKS, "a litre of vodka", {"spirits": "1"}),
        (DRINKS, "20 litraa", None),
        (DRINKS, "20-25 litraa olutta", None),
        (TOBACCO, "200 savuketta", {"cigarettes": "200"}),
        (TOBACCO, "200", {"cigarettes": "200"}),
        (TOBACCO, "400 cigarettes", {"cigarettes": "400"}),
        (TOBACCO, "3 cartons", {"cigarettes": "600"}),
        (TOBACCO, "kartonki röökiä ja 5 askia", {"cigarettes": "300"}),
        (TOBACCO, "100 tupakkaa", {"cigarettes": "100"}),
        (TOBACCO, "100 g tupakkaa", {"loose_tobacco": "100"}),
        (TOBACCO, "0.5 kg rolling tobacco", {"loose_tobacco": "500"}),
        (TOBACCO, "30 cigars, 20 cigarillos", {"cigars": "30", "cigarillos": "20"}),
        (TOBACCO, "50 cigars", {"cigars": "50"}),
        (TOBACCO, "200 savuketta, olen 25-vuotias", {"cigarettes": "200"}),
        (TOBACCO, "3 päivän matka, 200 savuketta", {"cigarettes": "200"}),
        (TOBACCO, "öö", None),
        (SNUS, "500 g", {"snus": "500"}),
        (SNUS, "1 kg", {"snus": "1000"}),
        (SNUS, "20 x 24 g", {"snus": "480"}),
        (SNUS, "20 rasiaa 24 g", {"snus": "480"}),
        (SNUS, "750", {"snus": "750"}),
        (LIQUID, "10 ml", {"nicotine_liquid": "10"}),
        (LIQUID, "5 x 2 ml", {"nicotine_liquid": "10"}),
        (LIQUID, "12", {"nicotine_liquid": "12"}),
        (VALUE, "350 €", {"value": "350"}),
        (VALUE, "1 234,50", {"value": "1234.5"}),
        (VALUE, "alle 430 euroa", {"value": "429.99"}),
        (VALUE, "over €430", {"value": "430.01"}),
        (CASH, "12000 euroa", {"cash": "12000"}),
        (CASH, "12k", {"cash": "12000"}),
        (CASH, "10 tonnia", {"cash": "10000"}),
        (CASH, "10 thousand euros", {"cash": "10000"}),
        (CASH, "alle 10 000 €", {"cash": "9999.99"}),
        (CASH, "$5000 eli 4600 €", {"cash": "4600"}),
        (SUPPLY, "3 kuukautta", {"medicine": "3"}),
        (SUPPLY, "kolmeksi kuukaudeksi", {"medicine": "3"}),
        (SUPPLY, "for several months", None),
        (SUPPLY, "a year", {"medicine": "12"}),
        (SUPPLY, "92 days", {"medicine": "3"}),
        (SUPPLY, "puolen vuoden", {"medicine": "6"}),
        (SUPPLY, "2 pakettia", None),
        (SUPPLY, "3", None),
        (FUEL, "10 litraa", {"fuel": "10"}),
        (FUEL, "2 x 5 l kanisteria", {"fuel": "10"}),
        (FUEL, "15", {"fuel": "15"}),
    ],
)
def test_an_amount_is_read(slot: str, text: str, carried: dict[str, str] | None) -> None:
    assert _amounts(_read(slot, text)) == _amounts(carried)


def test_93_days_are_more_than_three_months() -> None:
    assert _read(SUPPLY, "93 päivää")["medicine"] > 3


@pytest.mark.parametrize("slot", [DRINKS, TOBACCO, SNUS, LIQUID, VALUE, CASH, SUPPLY, FUEL])
@pytest.mark.parametrize("text", [*ONLY_LIMITS, "ohita", "en tiedä vielä", "I don't know yet", "en mitään", "no"])
def test_no_amount_need_be_told(slot: str, text: str) -> None:
    assert _read(slot, text) == {}


@pytest.mark.parametrize(
    ("slot", "text", "response"),
    [
        (DRINKS, "6 pulloa viiniä", "litres"),
        (DRINKS, "12 beers", "litres"),
        (DRINKS, "20", "litres"),
        (DRINKS, "20 litraa olutta ja vähän viiniä", "litres"),
        (TOBACCO, "laatikko sikareita", "tobacco"),
        (TOBACCO, "2 cartons of cigars", "tobacco"),
        (SNUS, "20 rasiaa", "grams"),
        (SNUS, "10 cans", "grams"),
        (LIQUID, "3 vapea", "millilitres"),
        (FUEL, "2 kanisteria", "fuel"),
        (VALUE, "500 dollars", "currency"),
        (CASH, "100 000 kruunua", "currency"),
        (CASH, "2 000 000 €", "amount"),
        (SNUS, "2000 kg", "amount"),
        (VALUE, "[PHONE_NUMBER]", "masked"),
        (SNUS, "[CASE_NUMBER]", "masked"),
        (DRINKS, "[NAME_1]", "masked"),
        (TOBACCO, "30 [NAME], 20 pikkusikaria", "masked"),
        (TRIP, "[DATE]", "masked"),
        (AGE, "[NAME_18]", "word"),
        (KIND, "[NAME]", "word"),
        (ORIGIN, "[NAME]", "place"),
    ],
)
def test_an_amount_that_cannot_be_compared_is_refused(slot: str, text: str, response: str) -> None:
    with pytest.raises(RefusedAnswer) as refused:
        READ[slot](Said(text, TODAY))

    assert refused.value.response == f"utter_refuse_allowances_{response}"
    assert refused.value.response in RESPONSES
