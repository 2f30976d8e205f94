import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("asun: hämeenkatu12 a 3", "asun: [STREET_ADDRESS]"),
        ("Bulevardi 7 A", "[STREET_ADDRESS]"),
        ("12 rue de Rivoli, Paris", "[STREET_ADDRESS]"),
        ("120 W 45th St, New York", "[STREET_ADDRESS]"),
        ("ул. Ленина 5, кв 12", "[STREET_ADDRESS]"),
        ("Flat 4, 12 High Street, Leeds LS1 4AB", "[STREET_ADDRESS]"),
        ("Mannerheimintie 12 A 3", "[STREET_ADDRESS]"),
        ("asun Kuusitie 3", "asun [STREET_ADDRESS]"),
        ("Kuusitie 3 B 4 on poliisin tiedossa", "[STREET_ADDRESS] on poliisin tiedossa"),
        ("muutin, Kuusitie 3. Migri ei vastaa", "muutin, [STREET_ADDRESS]. Migri ei vastaa"),
        ("kauppakatu 5 as. 12, 33100 tampere", "[STREET_ADDRESS]"),
        ("Muutamme Kalevankaarella 18 as. 10 olevaan", "Muutamme [STREET_ADDRESS] olevaan"),
        ("Vanha Valtatie 78 b 10\n13189 Hämeenlinna", "[STREET_ADDRESS]"),
        ("Joukahaisenkatu\n17 as. 28", "[STREET_ADDRESS]"),
        ("Kalevankaari\xa053\xa0C5\xa033711\xa0Tre", "[STREET_ADDRESS]"),
        ("Drottninggatan 5", "[STREET_ADDRESS]"),
        ("123 Main Street", "[STREET_ADDRESS]"),
        ("221B Baker Street, London", "[STREET_ADDRESS]"),
        ("Rua das Flores 88, Porto", "[STREET_ADDRESS]"),
        ("Hauptstraße 5", "[STREET_ADDRESS]"),
        ("Flat 83, Sector 69, Chandigarh 160016", "[STREET_ADDRESS]"),
        ("asun Pihlajatie neljässätoista", "asun [STREET_ADDRESS]"),
        ("fourteen Pihlajatie, flat C", "[STREET_ADDRESS]"),
        ("asun kuusipolku kahdeksan b neljätoista", "asun [STREET_ADDRESS]"),
        ("pihlajakatu forty two c seven", "[STREET_ADDRESS]"),
        ("from Bahnhofstraße 112, 70111 Stuttgart it came", "from [STREET_ADDRESS] it came"),
        ("3 Rue des Lilas, 69001 Lyon", "[STREET_ADDRESS]"),
        ("asun Unter den Linden 5", "asun [STREET_ADDRESS]"),
        ("kuusitie 5 as 2 lahti", "[STREET_ADDRESS]"),
        ("Pihlajakatu 3 C 21 Seinäjoella ja", "[STREET_ADDRESS] ja"),
        ("Beatrixlaan 12", "[STREET_ADDRESS]"),
        ("Kuusitie 112", "[STREET_ADDRESS]"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "12 places left",
        "3 avenue",
        "Ratapihantie 9 on poliisin osoite",
        "Opastinsilta 12",
        "Rastilantie 3 on poliisin toimipiste",
        "onko toimipiste osoitteessa Rastilantie 3?",
        "the police station at Rastilantie 3",
        "valtatie 4",
        "kadulla 5 ihmistä",
        "satu 3",
        "moottori 1",
        "laboratorio 2",
        "tori 3",
        "rautatie 5",
        "00100 Helsinki",
        "PL 512, 00101 Helsinki",
        "lentokenttä 24/7",
        "sektori 4",
        "the 5 best streets",
        "Aika Pasilaan 16.12. klo 12.20",
        "menen Kontulaan 16 junalla",
        "rinne kaksi kertaa",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
