import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("plates WA 12345", "plates [VEHICLE_REGISTRATION]"),
        ("ABC-123", "[VEHICLE_REGISTRATION]"),
        ("autoni abc-123 on myyty", "autoni [VEHICLE_REGISTRATION] on myyty"),
        ("ajoneuvo sgk637", "ajoneuvo [VEHICLE_REGISTRATION]"),
        ("rekkari geh 761", "rekkari [VEHICLE_REGISTRATION]"),
        ("Ajoneuvon GEH 761 vakuutus", "Ajoneuvon [VEHICLE_REGISTRATION] vakuutus"),
        ("\u0425YO-234", "[VEHICLE_REGISTRATION]"),
        ("ABC\u2013123", "[VEHICLE_REGISTRATION]"),
        ("kilpi Y O U - 6 6 6", "kilpi [VEHICLE_REGISTRATION]"),
        ("vehicle 202LXZ", "vehicle [VEHICLE_REGISTRATION]"),
        ("my car AA 3381 TH", "my car [VEHICLE_REGISTRATION]"),
        ("plates CHK 50A", "plates [VEHICLE_REGISTRATION]"),
        ("rekisterinumero XY-12", "rekisterinumero [VEHICLE_REGISTRATION]"),
        ("vat for gox179?", "vat for [VEHICLE_REGISTRATION]?"),
        ("swedish registered ABC 12K parked here", "swedish registered [VEHICLE_REGISTRATION] parked here"),
        ("auton kilpi A B C  1 2 3", "auton kilpi [VEHICLE_REGISTRATION]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "auto, km 92000",
        "COVID-19",
        "EUR-1",
        "ISO-9001",
        "CN-23",
        "Volvo XC60 2019",
        "Volvo V60 2019 Ruotsista, ajettu 92 000 km",
        "bmw 320 autovero",
        "auto maksoi 500 eur",
        "autovero 2026",
        "auton hinta oli 24 000 euroa",
        "my car is 10 years old",
        "car from 2019, 92 000 km",
        "ABC",
        "alv 25,5 vaikka luulin että se on 24",
        "sähköpyörä 25 km/h, onko se ajoneuvo?",
        "D-viisumi",
        "A1-todistus",
        "a registered EU citizen",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
