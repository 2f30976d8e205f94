"""All recognisers, built once. To add a class of personal data, add a module here and its object to `ALL`."""

from components.privacy.recognisers.base import Recogniser
from components.privacy.recognisers.case_number import CaseNumber
from components.privacy.recognisers.credit_card import CreditCard
from components.privacy.recognisers.customer_number import CustomerNumber
from components.privacy.recognisers.dates import Dates
from components.privacy.recognisers.email_address import EmailAddress
from components.privacy.recognisers.eori import Eori
from components.privacy.recognisers.fi_personal_identity_code import FiPersonalIdentityCode
from components.privacy.recognisers.iban import Iban
from components.privacy.recognisers.ip_address import IpAddress
from components.privacy.recognisers.long_number import LongNumber
from components.privacy.recognisers.parcel_tracking import ParcelTracking
from components.privacy.recognisers.passport_number import PassportNumber
from components.privacy.recognisers.person import Person
from components.privacy.recognisers.phone_number import PhoneNumber
from components.privacy.recognisers.residence_permit_card import ResidencePermitCard
from components.privacy.recognisers.spelled_number import SpelledNumber
from components.privacy.recognisers.street_address import StreetAddress
from components.privacy.recognisers.url import Url
from components.privacy.recognisers.username import Username
from components.privacy.recognisers.vehicle_registration import VehicleRegistration

ALL: tuple[Recogniser, ...] = (
    FiPersonalIdentityCode(),
    Eori(),
    Iban(),
    CreditCard(),
    EmailAddress(),
    PhoneNumber(),
    Dates(),
    IpAddress(),
    CaseNumber(),
    ParcelTracking(),
    PassportNumber(),
    ResidencePermitCard(),
    CustomerNumber(),
    VehicleRegistration(),
    Url(),
    Username(),
    StreetAddress(),
    Person(),
    SpelledNumber(),
    LongNumber(),
)

PATTERNS: tuple[Recogniser, ...] = tuple(recogniser for recogniser in ALL if not isinstance(recogniser, Person))
"""All but the recogniser of names: what can be told by its form."""

__all__ = ["ALL", "PATTERNS", "Recogniser"]
