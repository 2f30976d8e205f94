"""Finnish case forms of names, as people write them; for making training messages."""

from __future__ import annotations

import random

_BACK = "aou"
_FRONT = "äöy"
_VOWELS = "aeiouyäöåéáíóúüàèêôæøāēīōūýǿőűəı"
# The strong grade of the last stem consonants before a vowel, and its weak grade.
_GRADES = (
    ("kk", "k"),
    ("pp", "p"),
    ("tt", "t"),
    ("nt", "nn"),
    ("lt", "ll"),
    ("rt", "rr"),
    ("mp", "mm"),
    ("nk", "ng"),
    ("ht", "hd"),
)
CASES = ("gen", "all", "abl", "ade", "ela", "ine", "ill", "par", "ess", "tra")


def inflect(name: str, case: str, *, finnish: bool, choice: random.Random) -> str:
    """Return a name in a Finnish case; only the last word of it changes. `finnish` names change their stem."""
    head, space, last = name.rpartition(" ")
    low = last.casefold()
    harmony = "ä" if not any(c in _BACK for c in low) and any(c in _FRONT + "ei" for c in low) else "a"
    if any(c in _BACK for c in low) and any(c in "äö" for c in low):
        harmony = "ä" if max(low.rfind(c) for c in "äöy") > max(low.rfind(c) for c in _BACK) else "a"
    weak, strong = _stems(last, finnish=finnish)
    ending = {
        "gen": "n",
        "all": "lle",
        "abl": "lt" + harmony,
        "ade": "ll" + harmony,
        "ela": "st" + harmony,
        "ine": "ss" + harmony,
        "ess": "n" + harmony,
        "tra": "ksi",
    }.get(case)
    mark = "'" if choice.random() < 0.03 and not finnish else ":" if last.isupper() and len(last) < 4 else ""
    if case == "ess":
        word = strong + ending if ending else strong
    elif ending is not None:
        word = weak + mark + ending
    elif case == "ill":
        word = strong + (
            "een"
            if strong.endswith("se")
            else "h" + strong[-1] + "n"
            if strong[-2:-1] == strong[-1:]
            else strong[-1] + "n"
        )
        if strong.endswith("se"):
            word = strong[:-1] + "een"
    else:
        word = _partitive(last, strong, harmony)
    if last.isupper() and len(last) > 1:
        word = word.upper()
    return head + space + word


def _stems(name: str, *, finnish: bool) -> tuple[str, str]:
    """Return the weak and the strong vowel stem."""
    low = name.casefold()
    if low.endswith("nen") and len(low) > 4:
        return name[:-3] + "se", name[:-3] + "se"
    if low[-1] not in _VOWELS:
        if low.endswith("s") and finnish and len(low) > 3:
            stem = name[:-1] + ("kse" if low[-2] in "uioöe" else "")
            return (stem, stem) if stem != name[:-1] else (name[:-1] + low[-2], name[:-1] + low[-2])
        return name + "i", name + "i"
    if not finnish:
        return name, name
    if low.endswith("mäki"):
        return name[:-2] + "e", name[:-1] + "e"
    strong = name
    if low.endswith(("niemi", "koski", "lahti", "järvi", "saari", "lampi", "suomi", "vuori", "hirvi")):
        strong = name[:-1] + "e"
    if low.endswith("e") and len(low) > 3 and low[-2] in "nsrlhjtdkv" and low in _E_WORDS:
        return name + "e", name + "e"
    weak = strong
    body, vowel = strong[:-1], strong[-1]
    for grade, other in _GRADES:
        if body.casefold().endswith(grade):
            return body[: -len(grade)] + other + vowel, strong
    if body.casefold().endswith("t") and len(body) > 2 and body[-2].casefold() in _VOWELS:
        weak = body[:-1] + "d" + vowel
    return weak, strong


_E_WORDS = frozenset(
    {"laine", "virve", "salme", "hirve", "lemmine", "tuire", "turve", "rinne", "kare", "halme", "hanne"}
)


def _partitive(name: str, strong: str, harmony: str) -> str:
    low = name.casefold()
    if low.endswith("nen") and len(low) > 4:
        return name[:-3] + "st" + harmony
    if strong.endswith(("ee",)):
        return strong + "tt" + harmony
    if strong[-2:-1].casefold() in _VOWELS and strong[-1].casefold() in _VOWELS:
        return strong + "t" + harmony
    return strong + harmony
