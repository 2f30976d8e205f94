"""The framework of services, tried with a small service of its own: a trip."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import DomainDict, language_of
from actions.forms import Answers, Question, RefusedAnswer, ServiceForm, ServiceResult
from actions.values import Said, choice, count, euros, euros_in_passing, is_other_currency, mentions, month, yes_no
from tests.actions.customer import Customer

PLACES = {"lapland": ["lappi", "lapis", "lapland"], "turku": ["turku", "turusta"], "peru": ["peru"]}
BUTTONS = {"fi": ["Lappi", "Turku"], "en": ["Lapland", "Turku"]}


def _place(said: Said) -> str | None:
    return choice(said.text, PLACES)


def _price(said: Said) -> float | None:
    if is_other_currency(said.text):
        raise RefusedAnswer("utter_refuse_trip_currency", place="Suomi")
    amount = euros(said.text)
    return float(amount) if amount is not None else None


def _price_in_passing(said: Said) -> float | None:
    amount = euros_in_passing(said.text)
    return float(amount) if amount is not None else None


def _month_in_passing(said: Said) -> str | None:
    return _month(said) if mentions(said.text, ["lähtö", "leaving"]) else None


def _month(said: Said) -> str | None:
    found = month(said)
    if found is not None and found.year < 2020:
        raise RefusedAnswer("utter_refuse_trip_currency", place="2020")
    return found.strftime("%Y-%m") if found is not None else None


def _is_cheap(answers: Answers) -> bool:
    return float(answers.get("trip_price", 0)) <= 500


QUESTIONS = (
    Question("trip_month", read=_month, find=_month_in_passing, named=("lähtö", "leaving"), volunteered=True),
    Question("trip_place", read=_place, find=_place, named=("kohde", "place")),
    Question("trip_price", read=_price, find=_price_in_passing, named=("hinta", "hinnaks", "price")),
    Question("trip_guide", read=lambda said: yes_no(said.text), is_asked=_is_cheap),
    Question("trip_bus", read=lambda said: yes_no(said.text), is_asked=_is_cheap),
    Question("trip_people", read=lambda said: count(said.text), named=("henkilö", "people")),
)


class TripForm(ServiceForm):
    service = "trip"
    questions = QUESTIONS


class TripResult(ServiceResult):
    service = "trip"
    questions = QUESTIONS

    def tell(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: dict[str, Any]
    ) -> None:
        told = " ".join(f"{slot.removeprefix('trip_')}={value}" for slot, value in answers.items())
        dispatcher.utter_message(response="utter_trip_result", told=f"{language_of(tracker)}: {told}")


ACTIONS = (TripForm(), TripResult())
# An action server in another test of the same run registers every action class that is not abstract.
TripForm.__abstractmethods__ = TripResult.__abstractmethods__ = frozenset({"name"})


def _response(name: str, *, buttons: bool = False, text: str = "") -> list[dict[str, Any]]:
    return [
        {
            "condition": [{"type": "slot", "name": "language", "value": language}],
            "text": text or f"{language}: {name}",
            "metadata": {"language": language},
            **({"buttons": [{"title": title, "payload": title} for title in BUTTONS[language]]} if buttons else {}),
        }
        for language in ("fi", "en")
    ]


def _domain() -> Domain:
    slots = [question.slot for question in QUESTIONS]
    names = [
        *(f"utter_{kind}" for kind in ("service_back", "service_cancelled", "service_stuck", "customs_gift")),
        *(f"utter_explain_{slot}" for slot in slots),
        *(f"utter_ask_trip_form_{slot}" for slot in slots),
    ]
    return Domain.from_dict(
        {
            "version": "3.1",
            "intents": ["start_trip"],
            "slots": {
                slot: {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
                for slot in ["language", *slots]
            },
            "forms": {"trip_form": {"required_slots": slots[1:], "ignored_intents": []}},
            "actions": [action.name() for action in ACTIONS],
            "responses": {
                **{name: _response(name) for name in names},
                "utter_ask_trip_form_trip_place": _response("place", buttons=True),
                "utter_refuse_trip_currency": _response("refused", text="only {place}"),
                "utter_trip_result": _response("result", text="{told}"),
            },
        }
    )


DOMAIN = _domain()


def _ask(slot: str) -> str:
    return f"utter_ask_trip_form_trip_{slot}"


def _explain(slot: str) -> str:
    return f"utter_explain_trip_{slot}"


@pytest.fixture()
def customer(language: str) -> Customer:
    """A customer who was asked for the place."""
    new = Customer(DOMAIN, ACTIONS, "trip", language)
    assert new.starts() == [_ask("place")]
    return new


@pytest.fixture()
def finn() -> Customer:
    new = Customer(DOMAIN, ACTIONS, "trip", "fi")
    new.starts()
    return new


@pytest.fixture()
def briton() -> Customer:
    new = Customer(DOMAIN, ACTIONS, "trip", "en")
    new.starts()
    return new


# ---------------------------------------------------------------------------------------------- from first to last


def test_the_questions_are_asked_in_order_and_then_the_outcome_is_told(customer: Customer, language: str) -> None:
    said = [customer.types(text) for text in ("Lapland", "150 €", "ei", "yes", "2")]

    assert said == [[_ask("price")], [_ask("guide")], [_ask("bus")], [_ask("people")], ["utter_trip_result"]]
    assert customer.text == f"{language}: place=lapland price=150.0 guide=False bus=True people=2"


def test_the_answers_are_forgotten_afterwards(customer: Customer) -> None:
    for text in ("Lapland", "600 €", "2"):
        customer.types(text)

    assert not customer.is_running
    assert customer.answers == {}


def test_a_question_that_does_not_matter_is_not_asked(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("600 €") == [_ask("people")]


def test_one_message_can_answer_several_questions(customer: Customer) -> None:
    assert customer.types("Lapland, 600 euros") == [_ask("people")]
    assert customer.answers == {"place": "lapland", "price": 600.0}


def test_what_would_be_asked_later_can_be_told_first(customer: Customer) -> None:
    assert customer.types("600 euros") == [_ask("place")]
    assert customer.types("Turku") == [_ask("people")]


def test_everything_at_once_ends_the_service(customer: Customer) -> None:
    customer.types("600 euros")
    customer.types("Turku")

    assert customer.types("4") == ["utter_trip_result"]
    assert not customer.is_running


# ------------------------------------------------------------------------------------------ how the service begins


def test_the_question_before_the_button_is_read(language: str) -> None:
    customer = Customer(DOMAIN, ACTIONS, "trip", language)
    customer.asks("how much is a trip to Lapland for 600 euros?", "utter_customs_gift")

    assert customer.starts() == [_ask("people")]
    assert customer.answers == {"place": "lapland", "price": 600.0}


def test_buttons_between_the_question_and_the_service_are_passed_over(language: str) -> None:
    customer = Customer(DOMAIN, ACTIONS, "trip", language)
    customer.asks("trip to Lapland?", "utter_customs_gift", intent="nlu_fallback")
    customer.asks("2", "utter_customs_gift", intent="choose_option")
    customer.asks("/customs_gift", "utter_customs_gift")

    assert customer.starts() == [_ask("price")]


def test_only_the_latest_question_is_read(language: str) -> None:
    customer = Customer(DOMAIN, ACTIONS, "trip", language)
    customer.asks("trip to Lapland?", "utter_customs_gift")
    customer.asks("what is a gift?", "utter_customs_gift")

    assert customer.starts() == [_ask("place")]


@pytest.mark.parametrize("ending", [("600 €", "2"), ("stop",), ()])
def test_an_answer_from_an_earlier_run_is_not_read_as_a_question(customer: Customer, ending: tuple[str, ...]) -> None:
    for text in ("Lapland", *ending):
        customer.types(text)
    if customer.is_running:
        customer.leaves()

    assert customer.starts() == [_ask("place")]
    assert customer.answers == {}


def test_pressing_the_button_again_begins_anew(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.starts() == [_ask("place")]
    assert customer.answers == {}


def test_a_choice_by_number_starts_the_service_too(language: str) -> None:
    customer = Customer(DOMAIN, ACTIONS, "trip", language)

    assert customer.types("1", "choose_option") == [_ask("place")]


def test_a_question_left_over_from_an_earlier_session_is_not_answered_by_the_start(language: str) -> None:
    customer = Customer(DOMAIN, ACTIONS, "trip", language)
    customer.tracker.update_with_events([SlotSet("requested_slot", "trip_people")], DOMAIN)

    assert customer.types("1", "choose_option") == [_ask("place")]
    assert customer.answers == {}


# --------------------------------------------------------------------------------------------------- corrections


def test_the_answer_before_can_be_corrected_in_english(briton: Customer) -> None:
    for text in ("Lapland", "200 €"):
        briton.types(text)

    assert briton.types("actually 150 euros") == [_ask("guide")]
    assert briton.answers["price"] == 150.0


@pytest.mark.parametrize("text", ["eiku 150 euroa", "ei kun 150 €", "anteeksi, 150", "Sori, siis 150 e", "EIKUN 150"])
def test_the_answer_before_can_be_corrected_in_finnish(finn: Customer, text: str) -> None:
    for answer in ("Lappi", "200 €"):
        finn.types(answer)

    assert finn.types(text) == [_ask("guide")]
    assert finn.answers["price"] == 150.0


def test_no_with_something_that_is_no_answer_takes_back_the_answer_before(customer: Customer) -> None:
    for text in ("Lapland", "200 €"):
        customer.types(text)

    assert customer.types("ei, 150 euroa") == [_ask("guide")]
    assert customer.answers["price"] == 150.0


def test_english_no_takes_back_the_answer_before(briton: Customer) -> None:
    for text in ("Lapland", "200 €"):
        briton.types(text)

    assert briton.types("no, 150 euros") == [_ask("guide")]
    assert briton.answers["price"] == 150.0


def test_finnish_no_is_well_and_takes_nothing_back(finn: Customer) -> None:
    for text in ("Lappi", "600 €"):
        finn.types(text)

    assert finn.types("no 2 henkilöä") == ["utter_trip_result"]
    assert "price=600.0" in finn.text


@pytest.mark.parametrize(("text", "answer"), [("ei, ei tarvita", False), ("No, I did not", False), ("no joo", True)])
def test_no_answers_a_question_that_can_be_answered_with_it(customer: Customer, text: str, answer: bool) -> None:
    for said in ("Lapland", "200 €", "yes"):
        customer.types(said)

    assert customer.types(text) == [_ask("people")]
    assert (customer.answers.get("guide"), customer.answers.get("bus") or False) == (True, answer)


def test_a_correction_goes_to_the_question_that_it_names(customer: Customer) -> None:
    for text in ("Lapland", "200 €", "yes", "yes"):
        customer.types(text)

    assert customer.types("sorry, the price is 100") == [_ask("people")]
    assert customer.answers["price"] == 100.0


def test_a_correction_may_answer_the_present_question(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("sorry, 600 euros") == [_ask("people")]


def test_a_correction_can_change_an_answer_further_back(customer: Customer) -> None:
    for text in ("Lapland", "600 €"):
        customer.types(text)

    assert customer.types("sorry, Turku") == [_ask("people")]
    assert customer.answers["place"] == "turku"


@pytest.mark.parametrize("text", ["the price was 80", "hinta oli 80 euroa", "price 80"])
def test_an_answer_can_be_renamed(customer: Customer, text: str) -> None:
    for answer in ("Lapland", "200 €"):
        customer.types(answer)

    assert customer.types(text) == [_ask("guide")]
    assert customer.answers["price"] == 80.0


def test_naming_what_was_wrong_asks_it_again(customer: Customer) -> None:
    for text in ("Lapland", "200 €"):
        customer.types(text)

    assert customer.types("sorry, the price is wrong") == [_ask("price")]


def test_the_present_question_s_own_name_is_no_renaming(customer: Customer) -> None:
    for text in ("Lapland", "600 €"):
        customer.types(text)

    assert customer.types("the price is for 3 people") == ["utter_trip_result"]
    assert "price=600.0" in customer.text
    assert "people=3" in customer.text


def test_what_a_correction_makes_needless_no_longer_counts(customer: Customer) -> None:
    for text in ("Lapland", "200 €", "yes", "yes"):
        customer.types(text)
    customer.types("the price was 600")

    assert customer.types("2") == ["utter_trip_result"]
    assert "guide" not in customer.text


def test_a_word_that_only_begins_like_a_correction_is_none(finn: Customer) -> None:
    for text in ("Lappi", "600 €"):
        finn.types(text)

    assert finn.types("muutama, 4") == ["utter_trip_result"]


# ------------------------------------------------------------------------------------------- cancelling


@pytest.mark.parametrize("text", ["lopeta", "Lopeta kiitos", "keskeytä", "en halua enää", "stop", "never mind"])
def test_the_customer_can_stop_at_any_time(customer: Customer, text: str) -> None:
    customer.types("Lapland")

    assert customer.types(text) == ["utter_service_cancelled"]
    assert not customer.is_running
    assert customer.answers == {}


def test_the_wish_to_stop_is_also_taken_from_the_intent(customer: Customer) -> None:
    assert customer.types("riittää jo", "cancel") == ["utter_service_cancelled"]


def test_the_button_that_stops_stops(customer: Customer) -> None:
    assert customer.presses("cancel") == ["utter_service_cancelled"]


def test_stopping_wins_over_an_answer_that_it_could_be(customer: Customer) -> None:
    for text in ("Lapland", "200 €"):
        customer.types(text)

    assert customer.types("en halua enää vastata") == ["utter_service_cancelled"]


@pytest.mark.parametrize("text", ["Perusta", "Peruun"])
def test_an_answer_that_begins_like_a_wish_to_stop_is_an_answer(finn: Customer, text: str) -> None:
    assert finn.types(text, "cancel") == [_ask("price")]
    assert finn.answers["place"] == "peru"


def test_a_long_message_that_begins_like_a_wish_to_stop_does_not_stop(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("stop in Turku on the way back and it is 600 euros") == [_ask("people")]


# --------------------------------------------------------------------------------------- other matters


def test_a_question_of_its_own_is_left_to_the_answers_and_then_the_form_goes_on(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("mitä on lahja?", "customs_gift") == []
    assert customer.is_answered("utter_customs_gift") == ["utter_service_back", _ask("price")]
    assert customer.types("600 €") == [_ask("people")]


@pytest.mark.parametrize("text", ["can I bring a gift from Lapland", "Onko Lapista tuotu lahja verollinen?"])
def test_a_question_is_left_to_the_answers_even_when_it_could_be_an_answer(customer: Customer, text: str) -> None:
    assert customer.types(text, "customs_gift") == []


@pytest.mark.parametrize("text", ["Lapland?", "ehkä Turku?"])
def test_an_unsure_answer_is_an_answer(customer: Customer, text: str) -> None:
    assert customer.types(text, "customs_gift") == [_ask("price")]


def test_a_word_that_only_begins_like_a_question_is_none(customer: Customer) -> None:
    assert customer.types("mustaa Turkua", "customs_gift") == [_ask("price")]


def test_an_answer_is_read_whatever_the_classifier_takes_it_for(customer: Customer) -> None:
    assert customer.types("Lapland", "ask_for_person") == [_ask("price")]


@pytest.mark.parametrize("text", ["Lapland", "stop, en jaksa enää"])
def test_distress_is_never_read_as_an_answer_or_as_a_wish_to_stop(customer: Customer, text: str) -> None:
    assert customer.types(text, "distress") == []
    assert customer.is_running


@pytest.mark.parametrize("intent", ["customs_gift", "start_over", "thanks", "start_queue"])
def test_another_button_is_left_to_others(customer: Customer, intent: str) -> None:
    assert customer.presses(intent) == []


# --------------------------------------------------------------------------- answers that cannot be read or taken


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope_tax", "chitchat", "deny", "ok_understood"])
def test_an_unreadable_answer_is_explained_and_asked_again(customer: Customer, intent: str) -> None:
    assert customer.types("öö", intent) == [_explain("place"), _ask("place")]


def test_a_bare_number_is_no_question_of_its_own(customer: Customer) -> None:
    assert customer.types("17 kg", "customs_gift") == [_explain("place"), _ask("place")]


def test_after_two_explanations_a_way_out_is_offered(customer: Customer) -> None:
    said = [customer.types("öö")[0] for _ in range(4)]

    assert said == [_explain("place"), _explain("place"), "utter_service_stuck", _explain("place")]


def test_an_answer_in_between_begins_the_count_anew(customer: Customer) -> None:
    for text in ("öö", "öö", "Lapland"):
        customer.types(text)

    assert [customer.types("öö")[0] for _ in range(3)] == [_explain("price"), _explain("price"), "utter_service_stuck"]


def test_a_refused_answer_is_explained_with_its_values_and_asked_again(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("200 $") == ["utter_refuse_trip_currency", _ask("price")]
    assert customer.text.startswith("only Suomi")


@pytest.mark.parametrize("text", ["sorry, the price was 80 dollars", "the price was 80 dollars", "sorry, 80 dollars"])
def test_a_refused_correction_asks_what_was_corrected(customer: Customer, text: str) -> None:
    for answer in ("Lapland", "200 €"):
        customer.types(answer)

    assert customer.types(text) == ["utter_refuse_trip_currency", _ask("price")]
    assert "price" not in customer.answers


# ---------------------------------------------------------------------------------------------------- options


@pytest.mark.parametrize(("text", "place"), [("1", "lapland"), ("2.", "turku")])
def test_a_button_can_be_chosen_by_its_number(customer: Customer, text: str, place: str) -> None:
    customer.types(text)

    assert customer.answers["place"] == place


@pytest.mark.parametrize("text", ["the second one", "toka", "viimeinen"])
def test_a_button_can_be_chosen_by_its_place(customer: Customer, text: str) -> None:
    customer.types(text, "choose_option")

    assert customer.answers["place"] == "turku"


def test_the_question_asked_again_can_be_answered_by_number(customer: Customer) -> None:
    customer.types("öö")

    assert customer.types("2") == [_ask("price")]


def test_a_number_is_no_choice_among_the_buttons_of_an_earlier_question(customer: Customer) -> None:
    for text in ("Lapland", "600 €"):
        customer.types(text)

    assert customer.types("2") == ["utter_trip_result"]
    assert "people=2" in customer.text


@pytest.mark.parametrize("title", [*BUTTONS["fi"], *BUTTONS["en"]])
def test_every_button_is_read_in_both_languages(customer: Customer, title: str) -> None:
    assert customer.types(title) == [_ask("price")]


# ------------------------------------------------------------------------------------------------ volunteered


def test_a_volunteered_answer_is_taken_but_never_asked_for(customer: Customer) -> None:
    assert customer.types("Lapland, leaving 5/2026") == [_ask("price")]
    assert customer.answers == {"place": "lapland", "month": "2026-05"}


def test_a_volunteered_answer_alone_repeats_the_question(customer: Customer) -> None:
    assert customer.types("lähtö toukokuussa 2026") == [_ask("place")]
    assert customer.answers == {"month": "2026-05"}


def test_the_month_of_a_masked_date_is_taken(customer: Customer) -> None:
    assert customer.types("leaving 15.5.2026") == [_ask("place")]
    assert customer.answers == {"month": "2026-05"}


def test_a_volunteered_answer_can_be_corrected_by_its_name(customer: Customer) -> None:
    customer.types("Lapland, leaving 5/2026")
    customer.types("sorry, leaving 6/2026")

    assert customer.answers == {"place": "lapland", "month": "2026-06"}


def test_a_correction_without_a_name_does_not_go_to_a_volunteered_answer(customer: Customer) -> None:
    customer.types("leaving 5/2026")
    customer.types("Lapland")

    assert customer.types("sorry, 6/2026") == [_explain("price"), _ask("price")]
    assert customer.answers == {"place": "lapland", "month": "2026-05"}


def test_a_volunteered_answer_can_be_refused(customer: Customer) -> None:
    customer.types("Lapland")

    assert customer.types("leaving 5/2018") == ["utter_refuse_trip_currency", _ask("price")]
    assert customer.answers == {"place": "lapland"}


# ------------------------------------------------------------------------------------------------ language


def test_the_language_can_change_in_the_middle(finn: Customer) -> None:
    finn.types("Lappi")
    assert finn.types("in english please", "switch_to_english") == []
    finn.speaks("en")
    assert finn.is_answered("utter_customs_gift") == ["utter_service_back", _ask("price")]
    assert finn.text == "en: utter_service_back\n\nen: utter_ask_trip_form_trip_price"

    finn.types("600 €")
    finn.types("2")

    assert finn.text.startswith("en: place=lapland")


# ---------------------------------------------------------------------------------------------------- the result


def test_without_every_answer_there_is_no_result() -> None:
    slots = {"language": "fi", "trip_place": "turku"}
    tracker = Tracker("test", slots, {}, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()

    events = ACTIONS[1].run(dispatcher, tracker, {})

    assert dispatcher.messages == []
    assert {event["name"]: event["value"] for event in events} == {question.slot: None for question in QUESTIONS}


def test_actions_are_named_after_their_service() -> None:
    assert [action.name() for action in ACTIONS] == ["validate_trip_form", "action_trip_result"]
