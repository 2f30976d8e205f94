"""The import charge calculator: what a private person pays on a parcel from abroad."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import forms
from actions.conversation import DomainDict, language_of, variation
from actions.forms import Answers, Question, RefusedAnswer, ServiceForm, ServiceResult
from actions.import_charges import (
    Charges,
    DutyBasis,
    Purchase,
    ReliefName,
    VatBasis,
    estimate,
    limit_on,
    posti_handling_fee,
    project_rates,
)
from actions.places import FINLAND, PLACES, SOME_COUNTRY_OUTSIDE, SOME_EU_COUNTRY, Area, place_in, place_left
from actions.values import (
    Said,
    choice,
    count,
    euros,
    euros_in_passing,
    is_other_currency,
    mentions,
    month,
    vocabulary,
    yes_no,
)
from actions.wording import euros as money
from actions.wording import month as month_name
from actions.wording import number as figure
from actions.wording import percent

ARRIVAL = "calculator_arrival"
COUNTRY = "calculator_country"
KIND = "calculator_kind"
GOODS = "calculator_goods"
SENDER = "calculator_sender"
VAT_PAID = "calculator_vat_paid"
TRANSPORT = "calculator_transport"
ARTICLES = "calculator_articles"

LARGEST_AMOUNT = Decimal(100_000)
MOST_ARTICLES = 99
MONTHS_AHEAD = 12

_CENT = Decimal("0.01")
# A number in a longer message need not be the answer: "it left two weeks ago".
_SHORT = 4
_CLAUSE = re.compile(r"[;+]|,\s|\s(?:ja|sekä|plus|and)\s|\s&\s", re.IGNORECASE)
_MASKED = re.compile(r"\[[A-Z_]+[0-9]*\]")


def _named(question: str) -> tuple[str, ...]:
    return tuple(vocabulary("calculator")["names"][question])


def country_in(said: Said) -> str | None:
    """Return the code of the place of dispatch: of "from China" in a longer message, or of any name in an answer.

    Raises RefusedAnswer when gate 1 took the name of the place for that of a person ("from Hong Kong").
    """
    found = place_in(said.text)
    if found is None and _MASKED.search(said.text):
        raise RefusedAnswer("utter_refuse_calculator_place")
    return found


def found_country(said: Said) -> str | None:
    """Return the code of the place that a longer message names as the one of dispatch ("Kiinasta", "from China")."""
    found = place_left(said.text)
    return None if found == FINLAND else found


def kind_in(said: Said) -> str | None:
    """Return the kind of goods that an answer names."""
    words = vocabulary("calculator")
    return found_kind(said) or choice(said.text, words["kind_answers"])


def found_kind(said: Said) -> str | None:
    """Return the kind of goods that a longer message names."""
    return choice(said.text, vocabulary("calculator")["kinds"])


def goods_in(said: Said) -> float | None:
    """Return the price of the goods; raises RefusedAnswer for other currencies and for sums out of range."""
    amount = _amount(said, "goods")
    if amount is None:
        return None
    if amount <= 0:
        raise RefusedAnswer("utter_refuse_calculator_amount")
    return amount


def found_goods(said: Said) -> float | None:
    """Return the price of the goods that a longer message tells."""
    limits = vocabulary("calculator")["limits"]
    amounts = [
        amount
        for clause in _CLAUSE.split(said.text)
        if not _tells_transport(clause)
        and not mentions(clause, limits)
        and (amount := euros_in_passing(clause)) is not None
    ]
    return _in_range(amounts[0]) if len(amounts) == 1 and amounts[0] > 0 else None


def _tells_transport(clause: str) -> bool:
    """Tell whether an amount in a part of a message is the price of the transport."""
    return mentions(clause, _named("transport")) and not mentions(clause, vocabulary("calculator")["free"])


def transport_in(said: Said) -> float | None:
    """Return the price of the transport, 0 when it is free, included or unknown."""
    if not re.search(r"\d", said.text):
        words = [*vocabulary("calculator")["free_transport"], *vocabulary("general")["unknown"]]
        if mentions(said.text, words):
            return 0.0
    return _amount(said, "transport")


def found_transport(said: Said) -> float | None:
    """Return the price of the transport that a longer message tells."""
    words = vocabulary("calculator")
    for clause in _CLAUSE.split(said.text):
        if mentions(clause, _named("transport")) and not mentions(clause, words["limits"]):
            if mentions(clause, words["free"]):
                return 0.0
            amount = euros(clause)
            if amount is not None:
                return _in_range(amount)
    return None


def _amount(said: Said, question: str) -> float | None:
    text = said.text
    if is_other_currency(text) and euros_in_passing(text) is None:
        raise RefusedAnswer("utter_refuse_calculator_currency")
    if not _is_short(text) and euros_in_passing(text) is None and not mentions(text, _named(question)):
        return None
    amount = euros(text)
    if amount is None:
        _refuse_masked(text)
        return None
    return _in_range(amount)


def _refuse_masked(text: str) -> None:
    # Gate 1 reads messages together: bare numbers one after the other look like one long number.
    if _MASKED.search(text):
        raise RefusedAnswer("utter_refuse_calculator_masked")


def _in_range(amount: Decimal) -> float:
    if amount > LARGEST_AMOUNT:
        raise RefusedAnswer("utter_refuse_calculator_amount")
    return float(amount.quantize(_CENT, ROUND_HALF_UP))


def _is_short(text: str) -> bool:
    return len(text.split()) <= _SHORT


def sender_in(said: Said) -> str | None:
    """Return "purchase" or "gift"."""
    words = vocabulary("calculator")
    return "purchase" if mentions(said.text, words["bought_it"]) else choice(said.text, words["sender"])


def vat_paid_in(said: Said) -> str | None:
    """Return "yes", "no" or "unknown"."""
    if mentions(said.text, vocabulary("general")["unknown"]):
        return "unknown"
    found = choice(said.text, vocabulary("calculator")["vat_paid"])
    if found is not None:
        return found
    answer = yes_no(said.text)
    return None if answer is None else ("yes" if answer else "no")


def articles_in(said: Said) -> int | None:
    """Return how many different articles there are."""
    if not _is_short(said.text) and not mentions(said.text, _named("articles")):
        return None
    found = count(said.text)
    if found is None:
        _refuse_masked(said.text)
    return found if found is not None and 1 <= found <= MOST_ARTICLES else None


def arrival_in(said: Said) -> str | None:
    """Return the month of arrival as "2026-05"; raises RefusedAnswer when its rules are not known."""
    if not mentions(said.text, _named("arrival")):
        return None
    found = month(said)
    if found is None:
        return said.today.strftime("%Y-%m") if mentions(said.text, vocabulary("calculator")["now"]) else None
    earliest, latest = project_rates().earliest_arrival, _months_after(said.today, MONTHS_AHEAD)
    if not earliest <= found <= latest:
        months = {"earliest": f"{earliest.month}/{earliest.year}", "latest": f"{latest.month}/{latest.year}"}
        raise RefusedAnswer("utter_refuse_calculator_arrival", **months)
    return found.strftime("%Y-%m")


def _months_after(day: datetime.date, count: int) -> datetime.date:
    years, index = divmod(day.year * 12 + day.month - 1 + count, 12)
    return datetime.date(years, index + 1, 1)


def _comes_from_abroad(answers: Answers) -> bool:
    return _purchase(answers).origin is not Area.EU


def _is_estimated(answers: Answers) -> bool:
    return _comes_from_abroad(answers) and project_rates().is_estimated(str(answers.get(KIND, "other")))


def _depends_on(field: str, one: Any, other: Any) -> Any:
    """Return the condition that the estimate is another one with another value of a field."""

    def matters(answers: Answers) -> bool:
        if not _is_estimated(answers):
            return False
        purchase = _purchase(answers)
        totals = [estimate(dataclasses.replace(purchase, **{field: value})).total for value in (one, other)]
        return totals[0] != totals[1]

    return matters


_vat_paid_matters = _depends_on("vat_paid_in_shop", False, True)
_gift_matters = _depends_on("is_gift", False, True)


def _sender_matters(answers: Answers) -> bool:
    return bool(_gift_matters(answers) or _vat_paid_matters(answers))


def _purchase(answers: Answers) -> Purchase:
    """Return the parcel as it is known so far."""
    arrival = answers.get(ARRIVAL)
    return Purchase(
        origin=PLACES[str(answers[COUNTRY])].area if COUNTRY in answers else Area.OUTSIDE,
        kind=str(answers.get(KIND, "other")),
        goods=_decimal(answers.get(GOODS)),
        transport=_decimal(answers.get(TRANSPORT)),
        arrives=forms.today() if arrival is None else datetime.date.fromisoformat(f"{arrival}-01"),
        is_gift=answers.get(SENDER) == "gift",
        vat_paid_in_shop=answers.get(VAT_PAID) == "yes",
        articles=int(answers.get(ARTICLES, 1)),
    )


def _decimal(amount: float | None) -> Decimal:
    return Decimal(str(amount or 0))


class CalculatorForm(ServiceForm):
    """Asks what the charges depend on: at most seven questions."""

    service = "calculator"
    questions = (
        Question(ARRIVAL, read=arrival_in, find=arrival_in, named=_named("arrival"), volunteered=True),
        Question(COUNTRY, read=country_in, find=found_country, named=_named("country")),
        Question(KIND, read=kind_in, find=found_kind, named=_named("kind"), is_asked=_comes_from_abroad),
        Question(GOODS, read=goods_in, find=found_goods, named=_named("goods"), is_asked=_is_estimated),
        Question(SENDER, read=sender_in, find=sender_in, named=_named("sender"), is_asked=_sender_matters),
        Question(VAT_PAID, read=vat_paid_in, named=_named("vat_paid"), is_asked=_vat_paid_matters),
        Question(
            TRANSPORT,
            read=transport_in,
            find=found_transport,
            named=_named("transport"),
            is_asked=_depends_on("transport", Decimal(0), Decimal(100)),
        ),
        Question(ARTICLES, read=articles_in, named=_named("articles"), is_asked=_depends_on("articles", 1, 2)),
    )


class CalculatorResult(ServiceResult):
    """Tells the estimate line by line, what it assumes and what it cannot know."""

    service = "calculator"
    questions = CalculatorForm.questions

    def tell(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict, answers: dict[str, Any]
    ) -> None:
        """Send the estimate, or say why there is none."""
        purchase = _purchase(answers)
        if purchase.origin is not Area.EU and not project_rates().is_estimated(purchase.kind):
            dispatcher.utter_message(response=f"utter_calculator_no_{purchase.kind}")
            return
        texts = _Texts(domain, language_of(tracker), answers, purchase, estimate(purchase))
        dispatcher.utter_message(
            response=texts.response(),
            total=texts.money(texts.charges.total),
            lines="\n".join(f"- {line}" for line in texts.lines()),
            remarks="".join(f"\n\n{remark}" for remark in texts.remarks()),
        )


@dataclasses.dataclass(frozen=True)
class _Texts:
    """The estimate in words."""

    domain: DomainDict
    language: str
    answers: Answers
    purchase: Purchase
    charges: Charges

    def response(self) -> str:
        if self.purchase.origin is Area.EU:
            return "utter_calculator_result_eu"
        if self.charges.duty.basis is DutyBasis.GIFT:
            return "utter_calculator_result_gift"
        return "utter_calculator_result" if self.charges.is_complete else "utter_calculator_result_least"

    def money(self, amount: Decimal) -> str:
        return money(amount, self.language)

    def lines(self) -> Iterator[str]:
        place = PLACES[self.answers[COUNTRY]]
        known = "" if place.code in (SOME_EU_COUNTRY, SOME_COUNTRY_OUTSIDE) else f"_{self.purchase.origin.value}"
        yield self._text(f"line_country{known}", country=place.names[self.language])
        if self.purchase.origin is Area.EU:
            return
        yield self._text(
            "line_gift" if self.purchase.is_gift else "line_goods",
            kind=vocabulary("calculator")["kind_names"][self.purchase.kind][self.language],
            amount=self.money(self.purchase.goods),
        )
        if TRANSPORT in self.answers:
            yield self._text("line_transport", amount=self.money(self.purchase.transport))
        yield self._text("line_arrival", month=month_name(self.purchase.arrives, self.language))
        if self.charges.duty.basis is not DutyBasis.GIFT:
            yield self._duty_line()
            yield from self._vat_lines()
            yield self._text("line_total" + self._least(), total=self.money(self.charges.total))

    def _duty_line(self) -> str:
        duty = self.charges.duty
        values = {} if duty.amount is None else {"amount": self.money(duty.amount)}
        if duty.basis is DutyBasis.RELIEF:
            values["limit"] = self._limit("duty_relief")
        elif duty.basis is DutyBasis.FLAT and duty.rate is not None:
            values |= {"rate": self.money(duty.rate), "articles": figure(self.purchase.articles, self.language)}
        elif duty.basis is DutyBasis.TYPICAL and duty.rate is not None and duty.customs_value is not None:
            values |= {"rate": percent(duty.rate, self.language), "base": self.money(duty.customs_value)}
        return self._text(f"line_duty_{duty.basis.value}", **values)

    def _vat_lines(self) -> Iterator[str]:
        vat = self.charges.vat
        values = {"amount": self.money(vat.amount)}
        least = ""
        if vat.rate is not None and vat.base is not None:
            least = self._least()
            values["rate"] = percent(vat.rate, self.language)
            yield self._text("line_vat_base" + least, base=self.money(vat.base))
        elif vat.basis is VatBasis.RELIEF:
            values["limit"] = self._limit("vat_relief")
        yield self._text(f"line_vat_{vat.basis.value}{least}", **values)

    def _least(self) -> str:
        return "" if self.charges.is_complete else "_least"

    def remarks(self) -> Iterator[str]:
        duty, purchase = self.charges.duty, self.purchase
        if duty.by_courier is not None:
            yield self._text("remark_post_typical", amount=self.money(duty.by_courier))
        elif duty.assumes_post:
            yield self._text("remark_post")
        elif duty.basis is DutyBasis.FLAT:
            yield self._text("remark_ioss_duty")
        if self.answers.get(VAT_PAID) == "unknown":
            yield self._text("remark_ioss_unknown")
        if purchase.is_gift:
            yield self._text("remark_gift", limit=self._limit("gift_relief"))
        if purchase.kind == "perfume" and purchase.origin is Area.OUTSIDE:
            yield self._text("remark_perfume")
        if purchase.kind in ("bicycle", "e_bike") and purchase.origin is Area.OUTSIDE:
            yield self._text("remark_bicycle")
        if self.answers[COUNTRY] == "GB" and duty.basis in (DutyBasis.TYPICAL, DutyBasis.UNKNOWN):
            yield self._text("remark_uk")
        fee = posti_handling_fee(purchase.arrives)
        if fee is not None and self.charges.vat.amount > 0:
            yield self._text("remark_fee", fee=self.money(fee))

    def _limit(self, relief: ReliefName) -> str:
        return figure(limit_on(relief, self.purchase.arrives).normalize(), self.language)

    def _text(self, name: str, **values: str) -> str:
        found = variation(self.domain, f"utter_calculator_{name}", self.language)
        return str((found or {})["text"]).format(**values)
