"""The report on what was not understood or badly answered: messages in groups that ask for the same thing.

Nothing in it is of fewer than k conversations: neither a group, nor a word of its label, nor a word of its example.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import wordfreq
from sklearn.cluster import AgglomerativeClustering
from sqlalchemy.engine import Engine

from components.nlu.encoder import encode
from components.privacy.names.lexicon import lexicon
from components.storage.planning import BadMessage, Selection, badly_answered
from components.storage.stems import LANGUAGES, stems
from components.storage.training_export import strictly_anonymous
from components.storage.transcripts import PLACEHOLDER
from console.planning.threshold import hidden
from console.topics import topics

MOST_MESSAGES = 750
"""So many of each period are read, the newest ones: encoding a message takes up to 40 ms."""

Vectors = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Vectors]

# Of 1 - cosine, mean of all pairs. On the training examples of 40 topics, 85 % of what is grouped together then
# belongs together (homogeneity), and more than half of the larger groups hold both languages.
_DISTANCE = 0.75
_WORDS_IN_LABEL = 3
_FEWEST_LETTERS = 3
# On wordfreq's scale: "miten", "kiitos" and "need" are above it and tell nothing, "lupa" and "customs" are below it.
_COMMON = 5.35
_RAREST = 8.0
_EXAMPLES_TRIED = 40
_MOST_VECTORS = 5_000  # 8 MB
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclasses.dataclass(frozen=True)
class Example:
    """A sentence as a customer could have asked it, in small letters; nothing in it tells of anybody."""

    text: str
    language: str


@dataclasses.dataclass(frozen=True)
class Group:
    """Messages that ask for about the same thing.

    words: what they have in common, most typical first. before: conversations in the period before; None when fewer
    than k, or when not all messages of both periods were read. languages: conversations by language; None for fewer
    than k. topic, likeness: the nearest topic and how near it is (cosine, -1..1).
    """

    words: tuple[str, ...]
    conversations: int
    messages: int
    before: int | None
    languages: Mapping[str, int | None]
    topic: str | None
    likeness: float
    example: Example | None


@dataclasses.dataclass(frozen=True)
class Report:
    """The groups, largest first. `small`: messages that stand in no group of k conversations or more."""

    made_at: datetime.datetime
    k: int
    groups: tuple[Group, ...]
    small: int
    read: int
    total: int
    read_before: int
    total_before: int

    @property
    def whole(self) -> bool:
        """Tell whether every message of both periods was read, so that they can be compared."""
        return self.read == self.total and self.read_before == self.total_before


class VectorCache:
    """Vectors of texts that were encoded before, by digest, in memory only."""

    def __init__(self, encode_texts: Encode = encode) -> None:
        self._encode = encode_texts
        self._kept: dict[bytes, npt.NDArray[np.float32]] = {}
        self._lock = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Return one vector per text; equal texts are encoded once."""
        digests = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts]
        with self._lock:
            new = {key: text for key, text in zip(digests, texts, strict=True) if key not in self._kept}
            if len(self._kept) + len(new) > _MOST_VECTORS:
                self._kept.clear()
                new = dict(zip(digests, texts, strict=True))
            if new:
                self._kept.update(zip(new, self._encode(list(new.values())), strict=True))
            return np.array([self._kept[key] for key in digests], dtype=np.float32)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


@dataclasses.dataclass(frozen=True)
class _Topics:
    """A vector for each topic, and what all questions in a language have in common."""

    names: tuple[str, ...]
    vectors: Vectors
    centres: Mapping[str, npt.NDArray[np.float32]]


@dataclasses.dataclass(frozen=True)
class _Read:
    """Messages of a period with their vectors (what a language has in common is taken away) and stems."""

    messages: Sequence[BadMessage]
    vectors: Vectors
    words: Sequence[Mapping[str, str]]


def make_report(
    engine: Engine, selection: Selection, *, k: int, vectors: VectorCache, now: datetime.datetime
) -> Report:
    """Read the messages of a period and of the one before it, and group them; takes up to a minute or so."""
    with engine.connect() as connection:
        messages, total = badly_answered(connection, selection, now=now, most=MOST_MESSAGES)
        earlier, total_before = badly_answered(connection, selection.before(), now=now, most=MOST_MESSAGES)
    read, before = _read(messages, vectors), _read(earlier, vectors)
    whole = len(messages) == total and len(earlier) == total_before
    groups = _groups(read, before, k=k, compare=whole) if messages else []
    return Report(
        made_at=now,
        k=k,
        groups=tuple(sorted(groups, key=lambda group: (-group.conversations, group.words))),
        small=len(messages) - sum(group.messages for group in groups),
        read=len(messages),
        total=total,
        read_before=len(earlier),
        total_before=total_before,
    )


def _read(messages: Sequence[BadMessage], cache: VectorCache) -> _Read:
    if not messages:
        return _Read((), np.empty((0, 0), dtype=np.float32), ())
    # Labels of masked data say nothing about what is asked.
    texts = [" ".join(PLACEHOLDER.sub(" ", message.text).split()) for message in messages]
    centres = _known_topics().centres
    centred = cache.vectors(texts) - np.array([centres[_language(message)] for message in messages])
    words = [_stems(text, _language(message)) for text, message in zip(texts, messages, strict=True)]
    return _Read(messages, _normalised(centred), words)


def _groups(read: _Read, before: _Read, *, k: int, compare: bool) -> list[Group]:
    if len({message.sender_id for message in read.messages}) < k:
        return []
    numbers = np.zeros(len(read.messages), dtype=int)
    if len(read.messages) > 1:
        numbers = AgglomerativeClustering(
            n_clusters=None, affinity="cosine", linkage="average", distance_threshold=_DISTANCE
        ).fit_predict(read.vectors)
    members: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers.tolist()):
        members[number].append(place)
    large = [places for places in members.values() if len(_senders(read, places)) >= k]
    if not large:
        return []
    # The product with the mean of a group's vectors is the mean likeness to its members.
    means = np.array([read.vectors[places].mean(axis=0) for places in large])
    earlier: dict[int, list[int]] = defaultdict(list)
    if before.messages:
        likeness = before.vectors @ means.T
        for place, number in enumerate(likeness.argmax(axis=1).tolist()):
            if likeness[place, number] >= 1 - _DISTANCE:
                earlier[number].append(place)
    common = _common_stems([*zip(read.messages, read.words, strict=True)], k)
    return [
        _group(read, places, mean, k=k, common=common, before=len(_senders(before, earlier[number])), compare=compare)
        for number, (places, mean) in enumerate(zip(large, means, strict=True))
    ]


def _group(
    read: _Read,
    places: Sequence[int],
    mean: npt.NDArray[np.float32],
    *,
    k: int,
    common: frozenset[str],
    before: int,
    compare: bool,
) -> Group:
    languages: dict[str, set[str]] = defaultdict(set)
    for place in places:
        languages[_language(read.messages[place])].add(read.messages[place].sender_id)
    counts = {language: len(senders) for language, senders in sorted(languages.items())}
    few = hidden(counts, k)
    topic, likeness = _nearest_topic(mean)
    return Group(
        words=_label(read, places, k),
        conversations=len(_senders(read, places)),
        messages=len(places),
        before=before if compare and before >= k else None,
        languages={language: None if language in few else count for language, count in counts.items()},
        topic=topic,
        likeness=likeness,
        example=_example(read, places, mean, common),
    )


def _label(read: _Read, places: Iterable[int], k: int) -> tuple[str, ...]:
    """Return the words that many of the messages share and that are rare elsewhere, as most of them write them."""
    written: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for place in places:
        message = read.messages[place]
        for word, stem in read.words[place].items():
            written[stem][word].add(message.sender_id)
    scores: dict[str, float] = {}
    shown: dict[str, str] = {}
    for stem, words in written.items():
        conversations = len(set().union(*words.values()))
        usual = max(sorted(words), key=lambda word: len(words[word]))
        # A form that is rarer than k gives way to the stem, which as many conversations have.
        shown[stem] = usual if len(words[usual]) >= k else f"{stem}…"
        frequency = max(wordfreq.zipf_frequency(word, language) for word in words for language in LANGUAGES)
        if conversations >= k and frequency < _COMMON and len(stem) >= _FEWEST_LETTERS and not _is_name(usual):
            scores[stem] = conversations * (_RAREST - frequency)
    best = sorted(scores, key=lambda stem: (-scores[stem], stem))[:_WORDS_IN_LABEL]
    return tuple(dict.fromkeys(shown[stem] for stem in best))


def _example(
    read: _Read, places: Iterable[int], mean: npt.NDArray[np.float32], common: frozenset[str]
) -> Example | None:
    """Return the most typical message that may be shown, or None.

    It comes through the filter of the training export, and each of its words is in k conversations or more.
    """
    typical = sorted(places, key=lambda place: (-float(read.vectors[place] @ mean), read.messages[place].text))
    tried = 0
    for place in typical:
        message = read.messages[place]
        if message.special_category or not common.issuperset(read.words[place].values()):
            continue
        tried += 1
        if tried > _EXAMPLES_TRIED:
            break
        text = strictly_anonymous(message.text, _language(message))
        if text is not None:
            return Example(text, _language(message))
    return None


def _nearest_topic(mean: npt.NDArray[np.float32]) -> tuple[str | None, float]:
    known = _known_topics()
    length = float(np.linalg.norm(mean))
    if not known.names or not length:
        return None, 0.0
    likeness = known.vectors @ (mean / length)
    best = int(likeness.argmax())
    return known.names[best], float(likeness[best])


@functools.cache
def _known_topics() -> _Topics:
    """Return the topics' vectors, from those of the training examples that come with the project."""
    from components.nlu.example_vectors import PROJECT_FILE, digest, read_vectors  # imports Rasa, which takes a while

    kept = read_vectors(PROJECT_FILE)
    of_language: dict[str, list[npt.NDArray[np.float32]]] = {language: [] for language in LANGUAGES}
    of_topic: dict[str, list[tuple[str, npt.NDArray[np.float32]]]] = defaultdict(list)
    for name, entry in topics().items():
        for language in LANGUAGES:
            vectors = [kept[key] for example in entry.examples(language) if (key := digest(example)) in kept]
            if not vectors:
                vectors = list(encode([entry.title(language)]))
            normal = list(_normalised(np.array(vectors, dtype=np.float32)))
            of_language[language].extend(normal)
            of_topic[name].extend((language, vector) for vector in normal)
    centres = {language: np.mean(vectors, axis=0, dtype=np.float32) for language, vectors in of_language.items()}
    means = [np.mean([vector - centres[language] for language, vector in found], axis=0) for found in of_topic.values()]
    return _Topics(tuple(of_topic), _normalised(np.array(means, dtype=np.float32)), centres)


def _common_stems(written: Iterable[tuple[BadMessage, Mapping[str, str]]], k: int) -> frozenset[str]:
    """Return the stems that k conversations or more have."""
    pairs = {(message.sender_id, stem) for message, words in written for stem in words.values()}
    return frozenset(stem for stem, count in Counter(stem for _, stem in pairs).items() if count >= k)


def _stems(text: str, language: str) -> dict[str, str]:
    """Return the words of a text with their stems, prefixed by nothing that is shown."""
    return {word: stem for word in _WORD.findall(text.lower()) if (stem := stems(word, language).replace(" ", "-"))}


def _senders(read: _Read, places: Iterable[int]) -> set[str]:
    return {read.messages[place].sender_id for place in places}


def _language(message: BadMessage) -> str:
    return message.language if message.language in LANGUAGES else LANGUAGES[0]


def _is_name(word: str) -> bool:
    names = lexicon()
    return names.is_name(word) and word not in names.ambiguous


def _normalised(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found
