import pytest

from components.privacy import anonymise


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("syntynyt kesäkuun viides 2019", "syntynyt [DATE_OF_BIRTH]"),
        ("1.9.1980", "[DATE]"),
        ("01.01.1900", "[DATE]"),
        ("1. 9. 1980", "[DATE]"),
        ("1/9/1980", "[DATE]"),
        ("1-9-1980", "[DATE]"),
        ("1980-09-01", "[DATE]"),
        ("1980/9/1", "[DATE]"),
        ("09/28/1980", "[DATE]"),
        ("14 04 2004", "[DATE]"),
        ("1.6.54", "[DATE]"),
        ("1\u20139\u20131980", "[DATE]"),
        ("\u0660\u0661.\u0660\u0669.\u0661\u0669\u0668\u0660", "[DATE]"),
        ("1.9.\u200b1980", "[DATE]"),
        ("1. syyskuuta 1980", "[DATE]"),
        ("September 1, 1980", "[DATE]"),
        ("16-Sep-2009", "[DATE]"),
        ("synt. 1.9.1980", "synt. [DATE_OF_BIRTH]"),
        ("olen syntynyt 1.9.1980", "olen syntynyt [DATE_OF_BIRTH]"),
        ("syntymäaikani on 1. syyskuuta 2001", "syntymäaikani on [DATE_OF_BIRTH]"),
        ("born 1 September 2001", "born [DATE_OF_BIRTH]"),
        ("born on September 1st, 2001", "born on [DATE_OF_BIRTH]"),
        ("my dob 1 Sep 01", "my dob [DATE_OF_BIRTH]"),
        ("birthday 3rd of July 2005", "birthday [DATE_OF_BIRTH]"),
        ("syntynyt syyskuun 1. 2001", "syntynyt [DATE_OF_BIRTH]"),
        ("synnyin 010980", "synnyin [DATE_OF_BIRTH]"),
        ("syntymäaika 01091980", "syntymäaika [DATE_OF_BIRTH]"),
        ("syntymäpäivä on 1.9.", "syntymäpäivä on [DATE_OF_BIRTH]"),
        ("my birthday is 5 May", "my birthday is [DATE_OF_BIRTH]"),
        ("s.1.6.54", "s.[DATE_OF_BIRTH]"),
        ("born 4/V/1982", "born [DATE_OF_BIRTH]"),
        ("poikani (14 elokuuta 2015) tarvitsee passin", "poikani ([DATE_OF_BIRTH]) tarvitsee passin"),
        ("my daughter, 15 Oct 2013", "my daughter, [DATE_OF_BIRTH]"),
        ("born ninth of May eighty two", "born [DATE_OF_BIRTH]"),
        ("synnyin yhdeksäs toukokuuta kahdeksankymmentäkaksi", "synnyin [DATE_OF_BIRTH]"),
        ("sy n t 1.9.1980", "sy n t [DATE_OF_BIRTH]"),
        ("born four january nineteen eighty one", "born [DATE_OF_BIRTH]"),
        ("born january the fourth nineteen eighty one", "born [DATE_OF_BIRTH]"),
        ("the third of may nineteen sixty two it was", "the [DATE] it was"),
        ("syntymäaika 1 2 - m a y - 1 9 8 7", "syntymäaika [DATE_OF_BIRTH]"),
        ("synt. 1 2 . k e s ä k u u t a 1 9 8 7", "synt. [DATE_OF_BIRTH]"),
        ("lapsi s. 1.9.-20, riittääkö", "lapsi s. [DATE_OF_BIRTH], riittääkö"),
        ("syntynyt syyskuun 1. päivänä 1980, onko", "syntynyt [DATE_OF_BIRTH], onko"),
        ("tiedot: 1.9.80, suomi", "tiedot: [DATE], suomi"),
    ],
)
def test_masks(text: str, masked: str) -> None:
    assert anonymise(text).text == masked


@pytest.mark.parametrize(
    "text",
    [
        "8 January 2026",
        "The rules changed on 8 January 2026.",
        "1. heinäkuuta 2026",
        "laki tuli voimaan 1. heinäkuuta 2026",
        "act in force 9 March 2026?",
        "olen syntynyt vuonna 1980",
        "June 2026",
        "applications submitted on or after 16 June 2025",
        "klo 9.00-16.15",
        "versio 4.1.0",
        "kohta 1.2.3",
        "1.1.-31.3.",
        "24/7",
        "5.5 kk",
        "born in Finland in 1990",
        "since 17 December 2025 an applicant aged 18 to 64",
        "avoinna 1.6.-15.8.",
        "versio 1.9.80, ok",
        "one may apply in two years",
        "may one of us wait",
    ],
)
def test_keeps(text: str) -> None:
    assert anonymise(text).text == text
