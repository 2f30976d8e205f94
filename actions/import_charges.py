"""What a private person pays on a parcel: an estimate of customs duty and value added tax.

The rules are dated and stand with their sources in data/rates/import_charges.yml; only Customs decides on charges.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Extra, Field, HttpUrl, root_validator, validator

from actions.places import Area
from components.located_yaml import load_model

RATES_FILE = Path(__file__).parents[1] / "data" / "rates" / "import_charges.yml"

ReliefName = Literal["vat_relief", "duty_relief", "gift_relief"]

_CENT = Decimal("0.01")
_NOTHING = Decimal(0)


class DutyBasis(enum.Enum):
    """Why the customs duty is what it is."""

    NO_BORDER = "no_border"  # the goods are in the customs territory already
    GIFT = "gift"
    RELIEF = "relief"
    FLAT = "flat"
    TYPICAL = "typical"
    UNKNOWN = "unknown"


class VatBasis(enum.Enum):
    """Why the value added tax is what it is."""

    NO_BORDER = "no_border"
    GIFT = "gift"
    RELIEF = "relief"
    PAID_IN_SHOP = "paid_in_shop"
    DUE = "due"


class NotEstimatedError(ValueError):
    """Goods of this kind are not estimated: excise duty, bans and permits decide."""


class NoRulesError(ValueError):
    """The rules of that day are not in the rates file."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Purchase:
    """One parcel; amounts in euros.

    origin: the area that it is dispatched from. goods: the price without transport. transport: postage and insurance.
    articles: how many kinds of articles (tariff subheadings) are in it. vat_paid_in_shop: the shop took the Finnish tax
    (IOSS); only counts where IOSS can be used.
    Raises ValueError on negative amounts and on less than one article.
    """

    origin: Area
    kind: str
    goods: Decimal
    transport: Decimal
    arrives: datetime.date
    is_gift: bool = False
    vat_paid_in_shop: bool = False
    articles: int = 1

    def __post_init__(self) -> None:
        if self.goods < 0 or self.transport < 0:
            raise ValueError("goods and transport are amounts of 0 euros or more")
        if self.articles < 1:
            raise ValueError("a parcel holds at least one kind of article")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Duty:
    """Customs duty in euros, rounded to cents.

    amount: None when it cannot be estimated. rate: the typical percentage, or the flat amount for each kind of article.
    customs_value: what the percentage is taken of. assumes_post: a flat duty that holds if the parcel comes by post.
    by_courier: what is typical if it does not, None where no percentage is known.
    """

    basis: DutyBasis
    amount: Decimal | None = _NOTHING
    rate: Decimal | None = None
    customs_value: Decimal | None = None
    assumes_post: bool = False
    by_courier: Decimal | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vat:
    """Value added tax in euros, rounded to cents; rate and base where it is due."""

    basis: VatBasis
    amount: Decimal = _NOTHING
    rate: Decimal | None = None
    base: Decimal | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Charges:
    """An estimate; without an amount of the duty, the tax and the total are the least that is due."""

    duty: Duty
    vat: Vat

    @property
    def total(self) -> Decimal:
        """Duty and value added tax together."""
        return (self.duty.amount or _NOTHING) + self.vat.amount

    @property
    def is_complete(self) -> bool:
        """Whether the duty could be estimated, too."""
        return self.duty.amount is not None


class _Strict(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False
        allow_population_by_field_name = True


class _Source(_Strict):
    source: HttpUrl
    as_of: datetime.date


class _Period(_Strict):
    valid_from: datetime.date | None
    valid_to: datetime.date | None

    @validator("valid_to")
    @classmethod
    def _ends_after_its_beginning(cls, valid_to: datetime.date | None, values: dict[str, Any]) -> datetime.date | None:
        valid_from = values.get("valid_from")
        if valid_from is not None and valid_to is not None and valid_to < valid_from:
            raise ValueError("is before valid_from; exchange them")
        return valid_to

    def holds_on(self, day: datetime.date) -> bool:
        return (self.valid_from or datetime.date.min) <= day <= (self.valid_to or datetime.date.max)


class _Rate(_Period, _Source):
    rate: Decimal = Field(ge=0, le=100)


class _Relief(_Period, _Source):
    limit: Decimal = Field(gt=0)
    except_kinds: tuple[str, ...]

    def covers(self, kind: str, goods: Decimal) -> bool:
        return goods <= self.limit and kind not in self.except_kinds


class _FlatDuty(_Relief):
    amount: Decimal = Field(gt=0)


class _Fee(_Period, _Source):
    amount: Decimal = Field(gt=0)


class _VatClass(_Period):
    name: Literal["general", "reduced", "lowest"] = Field(alias="class")


class _TypicalDuty(_Source):
    rate: Decimal = Field(ge=0, le=100)


class _Kind(_Strict):
    estimated: bool = True
    vat: tuple[_VatClass, ...]
    duty: _TypicalDuty | None

    @validator("vat")
    @classmethod
    def _named_when_estimated(cls, vat: tuple[_VatClass, ...], values: dict[str, Any]) -> tuple[_VatClass, ...]:
        if values.get("estimated") and not vat:
            raise ValueError("is empty; name the class of the VAT rate")
        return _without_overlap(vat)


_PeriodType = TypeVar("_PeriodType", bound=_Period)


def _without_overlap(periods: tuple[_PeriodType, ...]) -> tuple[_PeriodType, ...]:
    ordered = sorted(periods, key=lambda one: one.valid_from or datetime.date.min)
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if later.valid_from is None or earlier.holds_on(later.valid_from):
            raise ValueError("has two rules that hold on the same day; end the older one with valid_to")
    return periods


class _VatRates(_Strict):
    general: tuple[_Rate, ...]
    reduced: tuple[_Rate, ...]
    lowest: tuple[_Rate, ...]

    _apart = validator("*", allow_reuse=True)(_without_overlap)


class Rates(_Strict):
    """The rates file."""

    earliest_arrival: datetime.date
    vat_rates: _VatRates
    vat_relief: tuple[_Relief, ...]
    duty_relief: tuple[_Relief, ...]
    flat_duty: tuple[_FlatDuty, ...]
    gift_relief: tuple[_Relief, ...]
    ioss: tuple[_Relief, ...]
    posti_handling_fee: tuple[_Fee, ...]
    kinds: dict[str, _Kind]

    _apart = validator(
        "vat_relief", "duty_relief", "flat_duty", "gift_relief", "ioss", "posti_handling_fee", allow_reuse=True
    )(_without_overlap)

    @root_validator(skip_on_failure=True)
    @classmethod
    def _excepts_known_kinds(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in ("vat_relief", "duty_relief", "flat_duty", "gift_relief", "ioss"):
            for rule in values[name]:
                unknown = set(rule.except_kinds) - set(values["kinds"])
                if unknown:
                    raise ValueError(f"'{name}' excepts {min(unknown)}, which is not under 'kinds'; check its spelling")
        return values

    def is_estimated(self, kind: str) -> bool:
        """Tell whether an estimate can be made of a kind of goods; raises KeyError for an unknown kind."""
        return self.kinds[kind].estimated


def load_rates(path: Path) -> Rates:
    """Read a rates file; raises components.located_yaml.FileError with the line of every mistake."""
    return load_model(path, Rates)


@functools.cache
def project_rates() -> Rates:
    """Return the project's own rates."""
    return load_rates(RATES_FILE)


def estimate(purchase: Purchase, *, rates: Rates | None = None) -> Charges:
    """Estimate the charges on a parcel by the rules of the day on which it arrives.

    Raises NotEstimatedError for alcohol and the like, NoRulesError for a day without rules, KeyError for an unknown
    kind of goods.
    """
    rates = rates or project_rates()
    if purchase.arrives < rates.earliest_arrival:
        raise NoRulesError(f"estimates are made for arrivals from {rates.earliest_arrival} on")
    if purchase.origin is Area.EU:
        return Charges(duty=Duty(basis=DutyBasis.NO_BORDER), vat=Vat(basis=VatBasis.NO_BORDER))
    if not rates.is_estimated(purchase.kind):
        raise NotEstimatedError(purchase.kind)
    if purchase.is_gift and purchase.origin is Area.OUTSIDE and _covers(rates.gift_relief, purchase):
        return Charges(duty=Duty(basis=DutyBasis.GIFT), vat=Vat(basis=VatBasis.GIFT))
    duty = _duty(purchase, rates)
    return Charges(duty=duty, vat=_vat(purchase, rates, duty.amount or _NOTHING))


def limit_on(relief: ReliefName, day: datetime.date) -> Decimal:
    """Return up to which value of the goods a relief holds on a day; raises NoRulesError when it does not."""
    found = _on(getattr(project_rates(), relief), day)
    if found is None:
        raise NoRulesError(f"there is no {relief} on {day}")
    limit: Decimal = found.limit
    return limit


def posti_handling_fee(day: datetime.date) -> Decimal | None:
    """Return what Posti asks for handling a parcel on which taxes are paid; other carriers have other prices."""
    fee = _on(project_rates().posti_handling_fee, day)
    return fee.amount if fee is not None else None


def _duty(purchase: Purchase, rates: Rates) -> Duty:
    if purchase.origin is Area.TAX_BORDER:
        return Duty(basis=DutyBasis.NO_BORDER)
    if _covers(rates.duty_relief, purchase):
        return Duty(basis=DutyBasis.RELIEF)
    typical = rates.kinds[purchase.kind].duty
    customs_value = purchase.goods + purchase.transport
    normal = None if typical is None else _cents(customs_value * typical.rate / 100)
    flat = _on(rates.flat_duty, purchase.arrives)
    if flat is not None and flat.covers(purchase.kind, purchase.goods):
        by_post = not _is_paid_in_shop(purchase, rates)
        return Duty(
            basis=DutyBasis.FLAT,
            amount=_cents(flat.amount * purchase.articles),
            rate=flat.amount,
            assumes_post=by_post,
            by_courier=normal if by_post else None,
        )
    if typical is None:
        return Duty(basis=DutyBasis.UNKNOWN, amount=None)
    return Duty(basis=DutyBasis.TYPICAL, amount=normal, rate=typical.rate, customs_value=customs_value)


def _vat(purchase: Purchase, rates: Rates, duty: Decimal) -> Vat:
    if _covers(rates.vat_relief, purchase):
        return Vat(basis=VatBasis.RELIEF)
    if _is_paid_in_shop(purchase, rates):
        return Vat(basis=VatBasis.PAID_IN_SHOP)
    rate = _vat_rate(purchase, rates)
    base = purchase.goods + purchase.transport + duty
    return Vat(basis=VatBasis.DUE, amount=_cents(base * rate / 100), rate=rate, base=base)


def _is_paid_in_shop(purchase: Purchase, rates: Rates) -> bool:
    return (
        purchase.vat_paid_in_shop
        and not purchase.is_gift
        and purchase.origin is Area.OUTSIDE
        and _covers(rates.ioss, purchase)
    )


def _vat_rate(purchase: Purchase, rates: Rates) -> Decimal:
    named = _on(rates.kinds[purchase.kind].vat, purchase.arrives)
    found = _on(getattr(rates.vat_rates, named.name), purchase.arrives) if named is not None else None
    if found is None:
        raise NoRulesError(f"there is no VAT rate for {purchase.kind} on {purchase.arrives}")
    rate: Decimal = found.rate
    return rate


def _covers(reliefs: Sequence[_Relief], purchase: Purchase) -> bool:
    relief = _on(reliefs, purchase.arrives)
    return relief is not None and relief.covers(purchase.kind, purchase.goods)


def _on(periods: Sequence[_PeriodType], day: datetime.date) -> _PeriodType | None:
    return next((one for one in periods if one.holds_on(day)), None)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
