"""Base forms of Finnish words: what a name is called when its case ending is taken off.

Finnish marks the role of a name by its ending and may change the stem before it ("Pekka", "Pekalle"; "Virtanen",
"Virtaselta"; "Lehto", "Lehdolla"). Names of other languages take the same endings, with an i after a consonant
("Nguyen", "Nguyenin"). Grammar: Iso suomen kielioppi, sections 41-46 (consonant gradation) and 81-94 (case endings).
"""

from __future__ import annotations

_PARTICLES = ("kin", "kaan", "kään", "ko", "kö", "han", "hän", "pa", "pä", "kaa", "kää")
_ENDINGS = (
    "n",
    "lle",
    "lla",
    "llä",
    "lta",
    "ltä",
    "ssa",
    "ssä",
    "sta",
    "stä",
    "na",
    "nä",
    "ksi",
    "tta",
    "ttä",
    "ta",
    "tä",
    "a",
    "ä",
    "t",
    "l",  # spoken: mulla -> mul, Matilla -> Matil
    "lt",
    "st",
    "s",
)
# The weak grade of the last stem consonants, and the strong ones it can come from.
_STRONG_GRADES = (
    ("mm", ("mp",)),
    ("nn", ("nt",)),
    ("ll", ("lt",)),
    ("rr", ("rt",)),
    ("ng", ("nk",)),
    ("d", ("t",)),
    ("v", ("p",)),
    ("k", ("kk",)),
    ("p", ("pp",)),
    ("t", ("tt",)),
    ("lj", ("lk",)),
    ("rj", ("rk",)),
    ("r", ("rk",)),
    ("l", ("lk",)),
)
_VOWELS = "aeiouyäöå"
_SHORTEST = 2
_LONGEST_ENDING = 5


def base_forms(word: str) -> frozenset[str]:
    """Return what `word` can be an inflected form of, itself included, in lower case; most of them are no words.

    Meant for looking up in a list. A colon or an apostrophe before an ending ("Joe:lle", "Joe'n") is dropped
    with it.
    """
    low = word.casefold()
    found = {low}
    for stem in _without_ending(low):
        found.update(_nominatives(stem))
    return frozenset(form for form in found if len(form) >= _SHORTEST)


def _without_ending(word: str) -> set[str]:
    stems = set()
    forms = [word, *(word[: -len(p)] for p in _PARTICLES if word.endswith(p) and len(word) > len(p) + _SHORTEST)]
    for form in forms:
        stems.add(form)
        for ending in _ENDINGS:
            if form.endswith(ending) and len(form) >= len(ending) + _SHORTEST:
                stems.add(form[: -len(ending)])
        for mark in "'’:":  # Joe'lle, Nguyen'in, EU:n
            before, found, ending = form.rpartition(mark)
            if found and len(before) >= _SHORTEST and len(ending) <= _LONGEST_ENDING:
                stems.add(before)
        # Illative: a vowel and n ("Mattiin", "Virtaseen", "Liisaan"), or h, vowel, n ("Leehen").
        if len(form) > 4 and form[-1] == "n" and form[-2] in _VOWELS:
            if form[-3] == form[-2]:
                stems.add(form[:-2])
            elif form[-3] == "h" and form[-4] == form[-2]:
                stems.add(form[:-3])
    stems.discard("")
    return stems


def _nominatives(stem: str) -> set[str]:
    found = {stem}
    if stem.endswith("se"):
        found.add(stem[:-2] + "nen")
    if stem.endswith("s"):
        found.add(stem[:-1] + "nen")  # partitive: Virtas-ta
    if stem.endswith("kse"):
        found.add(stem[:-3] + "s")
    if stem.endswith("i") and len(stem) > _SHORTEST:
        found.add(stem[:-1])  # Nguyeni-n
    if stem.endswith("ee") and len(stem) > _SHORTEST:
        found.add(stem[:-1])  # Lainee-n
    if stem.endswith("aa") and len(stem) > _SHORTEST:
        found.add(stem[:-1] + "s")  # Tuomaa-n
    if stem.endswith("e"):
        found.add(stem[:-1] + "i")  # Niemen, Kosken
        if len(stem) > _SHORTEST and stem[-2] in _VOWELS:
            found.add(stem[:-1] + "ki")  # Mäe-n
    if stem[-1] in _VOWELS:
        body, vowel = stem[:-1], stem[-1]
        for weak, grades in _STRONG_GRADES:
            if body.endswith(weak):
                for strong in grades:
                    form = body[: -len(weak)] + strong + vowel
                    found.add(form)
                    if vowel == "e":
                        found.add(form[:-1] + "i")  # Lahde-n, Lampe-n
        if body and body[-1] in _VOWELS:
            found.add(body + "k" + vowel)  # Jaakoo -> Jaakko is above; Ahoo, Lauan: a k that is lost
    return found
