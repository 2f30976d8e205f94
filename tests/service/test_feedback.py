"""Feedback on an answer, with the page's buttons and in the conversation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service.product import Answer, Customer, Product, request

pytestmark = pytest.mark.service


def _rate(customer: Customer, **feedback: object) -> Answer:
    return request("POST", f"{customer.product.address}/chat/api/feedback", feedback, token=customer.token)


def _kept(customer: Customer) -> list[tuple[str, str | None]]:
    answer = request("GET", f"{customer.product.address}/chat/api/conversation", token=customer.token)
    return [(feedback["rating"], feedback["comment"]) for feedback in answer.json["feedback"]]


@pytest.fixture()
def customer(product: Product) -> Customer:
    return product.customer("en")


@pytest.fixture()
def message(customer: Customer) -> dict[str, Any]:
    """The answer to a question."""
    (answer,) = customer.say("A gift sent to me from abroad", payload="/customs_gift")
    return answer


def test_a_rating_is_kept_masked_and_can_be_changed(customer: Customer, message: dict[str, Any]) -> None:
    assert _rate(customer, message_id=message["id"], rating="helpful").json == {"kept": True}
    assert _kept(customer) == [("helpful", None)]

    _rate(customer, message_id=message["id"], rating="not_helpful", comment="my code is 131052-951T")
    assert _kept(customer) == [("not_helpful", "my code is [FI_PERSONAL_IDENTITY_CODE]")]


def test_only_answers_of_the_own_conversation_are_rated(product: Product, message: dict[str, Any]) -> None:
    other = product.customer("en")
    assert _rate(other, message_id=message["id"], rating="helpful").status == 400
    assert _kept(other) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"rating": "5"}, 400, "invalid_request"),
        ({"message_id": "b1-000000"}, 400, "invalid_request"),
        ({"comment": "a" * 1001}, 413, "too_long"),
    ],
)
def test_unfit_feedback_is_refused(
    customer: Customer, message: dict[str, Any], change: dict[str, object], status: int, code: str
) -> None:
    answer = _rate(customer, **{"message_id": message["id"], "rating": "helpful", **change})
    assert (answer.status, answer.json["error"]["code"]) == (status, code)


def test_without_a_session_nothing_is_rated(product: Product) -> None:
    answer = request("POST", f"{product.address}/chat/api/feedback", {"message_id": "b1-000000", "rating": "helpful"})
    assert answer.status == 401


def test_a_conversation_that_is_not_stored_keeps_no_feedback(customer: Customer, message: dict[str, Any]) -> None:
    address = f"{customer.product.address}/chat/api/conversation/do-not-store"
    customer.token = request("POST", address, {}, token=customer.token).json["session"]

    assert _rate(customer, message_id=message["id"], rating="helpful").json == {"kept": False}
    (thanks,) = customer.say("This helped", payload="/feedback_helpful")
    assert "not stored" in thanks["text"]
    assert _kept(customer) == []


def test_praise_in_the_conversation_is_kept(customer: Customer, message: dict[str, Any]) -> None:
    (thanks,) = customer.say("This helped", payload="/feedback_helpful")
    assert "Thank you" in thanks["text"]
    assert _kept(customer) == [("helpful", None)]


def test_what_was_wrong_is_asked_kept_and_helped_with(customer: Customer, message: dict[str, Any]) -> None:
    (question,) = customer.say("This did not help", payload="/feedback_not_helpful")
    titles = [button["title"] for button in question["buttons"]]
    assert [button["payload"] for button in question["buttons"]] == [None] * 5
    assert _kept(customer) == [("not_helpful", None)]

    thanks, plain = customer.say("Too difficult")

    assert "Too difficult" in titles
    assert "Thank you" in thanks["text"]
    assert plain["sources"] == message["sources"]
    assert 0 < len(plain["text"]) < len(message["text"])
    assert _kept(customer) == [("not_helpful", "Too difficult")]


def test_another_question_is_not_held_up_by_the_reason(customer: Customer, message: dict[str, Any]) -> None:
    customer.say("This did not help", payload="/feedback_not_helpful")
    (answer,) = customer.say("VAT", payload="/customs_vat_rates")

    assert answer["sources"]
    assert customer.say("Gift", payload="/customs_gift")[0]["sources"] == message["sources"]
