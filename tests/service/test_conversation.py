"""What customers ask and what they get, over HTTP, with the trained model."""

from __future__ import annotations

import pytest

from tests.service.product import Product

pytestmark = pytest.mark.service


@pytest.mark.parametrize(
    ("language", "question", "expected", "source"),
    [
        ("fi", "paljonko oleskelulupa maksaa", "hinta", "migri.fi"),
        ("en", "how do i declare a parcel from china", "declar", "tulli.fi"),
        ("fi", "kauanko kansalaisuushakemuksen käsittely kestää", "käsittely", "migri.fi"),
        ("en", "can i bring snus to finland for myself", "snus", "tulli.fi"),
    ],
)
def test_a_question_gets_a_sourced_answer_in_its_language(
    product: Product, language: str, question: str, expected: str, source: str
) -> None:
    (message,) = product.customer(language).say(question)
    assert message["language"] == language
    assert expected in message["text"].lower()
    assert any(source in page["url"] for page in message["sources"])
    assert message["reviewed"]
    assert message["buttons"]


@pytest.mark.parametrize("language", ["fi", "en"])
def test_the_opening_says_what_the_service_is(product: Product, language: str) -> None:
    (opening,) = product.customer(language).opening
    assert opening["language"] == language
    assert f"/chat/privacy?lang={language}" in opening["text"]


@pytest.mark.parametrize("short", ["ok", "hei", "1", "👍"])
def test_a_short_message_keeps_the_language(product: Product, short: str) -> None:
    customer = product.customer("en")
    customer.say("how much is the residence permit fee")
    assert {message["language"] for message in customer.say(short)} == {"en"}


def test_writing_in_the_other_language_switches_and_keeps_context(product: Product) -> None:
    customer = product.customer("fi")
    customer.say("paljonko oleskelulupa maksaa")
    (contact,) = customer.say("i want to talk to a real person please")
    assert contact["language"] == "en"
    assert "Migri" in contact["text"]
    assert "Customs" not in contact["text"]


@pytest.mark.parametrize(
    ("start", "payload", "language"), [("fi", "/switch_to_english", "en"), ("en", "/switch_to_finnish", "fi")]
)
def test_the_language_button_switches(product: Product, start: str, payload: str, language: str) -> None:
    customer = product.customer(start)
    customer.say("", payload=payload)
    assert customer.say("", payload="/customs_gift")[0]["language"] == language


def test_another_language_is_answered_in_both(product: Product) -> None:
    (message,) = product.customer("fi").say("hur länge tar det att få uppehållstillstånd i Finland")
    assert "suomea" in message["text"]
    assert "English" in message["text"]


@pytest.mark.parametrize(
    ("question", "link"),
    [
        ("miten täytän veroilmoituksen", "vero.fi"),
        ("how do i get a kela card", "kela.fi"),
        ("miten uusin ajokortin", "traficom.fi"),
        ("somebody stole my bike", "poliisi.fi"),
    ],
)
def test_other_matters_name_the_right_authority(product: Product, question: str, link: str) -> None:
    (message,) = product.customer().say(question)
    assert link in message["text"]


def test_a_rejected_answer_brings_choices_and_a_number_chooses(product: Product) -> None:
    customer = product.customer("en")
    (rejected,) = customer.say("do i have to pay tax when i order a parcel")
    (offer,) = customer.say("that is not what i asked")
    assert offer["buttons"][-1]["payload"] == "/none_of_these"
    chosen = offer["buttons"][0]
    (pressed,) = product.customer("en").say(chosen["title"], payload=chosen["payload"])
    assert pressed["text"] != rejected["text"]
    (answer,) = customer.say("1")
    assert answer["text"] == pressed["text"]


def test_repeat_says_it_again(product: Product) -> None:
    customer = product.customer("en")
    (first,) = customer.say("do i have to pay for a gift from my aunt in brazil")
    (again,) = customer.say("can you repeat that")
    assert again["text"] == first["text"]


def test_masked_data_is_named_but_not_kept(product: Product) -> None:
    customer = product.customer("fi")
    answer = customer.send("hetuni on 131052-951T ja kysyn paljonko oleskelulupa maksaa").json
    assert answer["masked"] == ["FI_PERSONAL_IDENTITY_CODE"]
    assert "131052" not in answer["text"]
    assert "951T" not in str(customer.transcript())
    assert answer["messages"][0]["sources"]


def test_the_transcript_holds_the_conversation_in_order(product: Product) -> None:
    customer = product.customer("en")
    customer.say("what is ioss")
    customer.say("Gift", payload="/customs_gift")
    transcript = customer.transcript()
    assert [message["from"] for message in transcript] == ["bot", "customer", "bot", "customer", "bot"]
    assert [message["text"] for message in transcript if message["from"] == "customer"] == ["what is ioss", "Gift"]
