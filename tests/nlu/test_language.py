from __future__ import annotations

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from components.nlu.language import LanguageIdentifier, identify_language

FINNISH = """
mä oon ootellu jo puol vuotta sitä päätöstä
onks mun paketti jo tullattu
miten pitkään käsittely kestää
paljonks maksaa oleskelulupa
tartteeks maksaa tullia jos tilaan kiinasta
mitä papereita tarviin
moi tarviin apua
oleskeluluvan hakeminen
kansalaisuushakemus
olesklulupa jatko
mitkä on teidän aukioloajat
voinks mä tehdä töitä opiskelijaluvalla
paljonko tupakkaa saa tuoda virosta
miksi pakettini on jumissa tullissa
haluun puhuu ihmisen kaa
kiitos avusta
en ymmärrä
mist mä nään mun hakemuksen tilan
Haen pysyvää oleskelulupaa
koira mukaan englannista
temu paketti arvonlisävero
missä mun päätös viipyy
passi vanheni entä nyt
MITEN PITKÄÄN KÄSITTELY KESTÄÄ???
""".strip().splitlines()

ENGLISH = """
how long does it take
i want apply residence permit for my wife
can i work while waiting
what is fee for citizenship aplication
hello i need help
where is my parcel
do i have to pay vat for package from china
how many cigaretes can i bring from estonia
my permit expires next month what should i do
thanks for your help
i dont understand
is customs open today
how much alcohol can i take from ferry
can i travel with expired card
student permit income requirement
family reunification
talk to a human please
what documents i need
gift from usa
permanent residence
my package is stuck in customs
how to recieve my parcel from ebay
book appointment
WHERE IS MY PARCEL!!!
""".strip().splitlines()

OTHERS = """
jag vill ansöka om uppehållstillstånd i Finland
hur lång tid tar behandlingen av min ansökan
kuidas ma saan elamisluba taotleda ja kui palju see maksab
kui kaua võtab taotluse läbivaatamine aega
сколько времени рассматривается заявление
как получить вид на жительство
كم من الوقت يستغرق الطلب
متى سأحصل على الإقامة
sidee ayaan u codsan karaa sharciga deganaanshaha
waxaan rabaa inaan helo caawimaad ku saabsan codsiga
你好 我想申请居留许可
""".strip().splitlines()


@pytest.mark.parametrize("text", FINNISH)
def test_finnish_as_people_type_it_is_finnish(text: str) -> None:
    assert identify_language(text) == "fi"


@pytest.mark.parametrize("text", ENGLISH)
def test_english_as_people_type_it_is_english(text: str) -> None:
    assert identify_language(text) == "en"


@pytest.mark.parametrize("text", OTHERS)
def test_other_languages_are_told_apart(text: str) -> None:
    assert identify_language(text) == "other"


@pytest.mark.parametrize(
    "text", ["", " ", "?", "...", "ok", "moi", "hi", "12", "jep", "123 45", "👍", "DHL", "eh", "\x00"]
)
def test_short_messages_leave_the_language_as_it_is(text: str) -> None:
    assert identify_language(text) is None


@pytest.mark.parametrize(
    "text",
    ["[PHONE_NUMBER]", "[PERSON] [PHONE_NUMBER]", "[FI_PERSONAL_IDENTITY_CODE]", "moi [PERSON]", "[PERSON], [PERSON]!"],
)
def test_placeholders_say_nothing_about_the_language(text: str) -> None:
    assert identify_language(text) is None


@pytest.mark.parametrize(
    "text",
    ["miten pitkään [FI_PERSONAL_IDENTITY_CODE] käsittely kestää", "päätös [CASE_NUMBER] [PERSON] viipyy vieläkin"],
)
def test_placeholders_do_not_make_finnish_english(text: str) -> None:
    assert identify_language(text) == "fi"


@pytest.mark.parametrize("text", ["puh:[PHONE_NUMBER]", "([PERSON])"])
def test_placeholders_next_to_other_signs_say_nothing_either(text: str) -> None:
    assert identify_language(text) is None


@pytest.mark.parametrize("text", ["a" * 100_000, "\ud800 \udfff", "\u202e" * 50, "🇫🇮" * 300, "\x00\x01\x02"])
def test_any_text_is_survived(text: str) -> None:
    assert identify_language(text) in ("fi", "en", "other", None)


@pytest.fixture()
def identifier(tmp_path: Path) -> LanguageIdentifier:
    return LanguageIdentifier.create(
        {}, LocalModelStorage.create(tmp_path), Resource("language"), ExecutionContext(GraphSchema({}))
    )


@pytest.mark.parametrize(("text", "language"), [("onks mun paketti jo tullattu", "fi"), ("where is my parcel", "en")])
def test_a_known_language_becomes_an_entity_for_the_slot(
    identifier: LanguageIdentifier, text: str, language: str
) -> None:
    message = Message({"text": text, "entities": [{"entity": "country", "value": "x"}]})

    identifier.process([message])

    assert message.get("language") == language
    assert [(entity["entity"], entity["value"]) for entity in message.get("entities")] == [
        ("country", "x"),
        ("language", language),
    ]


@pytest.mark.parametrize(("text", "language"), [("jep", None), ("сколько времени это займёт", "other")])
def test_an_unknown_language_leaves_the_slot_alone(
    identifier: LanguageIdentifier, text: str, language: str | None
) -> None:
    message = Message({"text": text})

    identifier.process([message])

    assert message.get("language") == language
    assert message.get("entities", []) == []


def test_a_pressed_button_has_no_language(identifier: LanguageIdentifier) -> None:
    message = Message({"text": "/customs_gift"})

    identifier.process([message])

    assert message.get("language") is None
