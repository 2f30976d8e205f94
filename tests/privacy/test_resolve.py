from components.privacy.resolve import merge, resolve
from components.privacy.spans import OPAQUE, Hit, Span


def test_longest_wins() -> None:
    hits = [Hit(0, 4, "A", 0.9), Hit(0, 9, "B", 0.1)]
    assert resolve(hits, "0123456789") == [Hit(0, 9, "B", 0.1)]


def test_score_decides_between_equal_lengths() -> None:
    hits = [Hit(0, 4, "A", 0.2), Hit(0, 4, "B", 0.9)]
    assert resolve(hits, "0123456789") == [Hit(0, 4, "B", 0.9)]


def test_what_juts_out_of_a_loser_stays_masked() -> None:
    hits = [Hit(0, 6, "A", 0.5), Hit(4, 8, "B", 0.9)]
    assert resolve(hits, "0123456789") == [Hit(0, 6, "A", 0.5), Hit(6, 8, "B", 0.9)]


def test_rest_without_letter_or_digit_is_dropped() -> None:
    hits = [Hit(0, 6, "A", 0.5), Hit(4, 8, "B", 0.9)]
    assert resolve(hits, "012345, 89") == [Hit(0, 6, "A", 0.5)]


def test_order_of_hits_does_not_matter() -> None:
    hits = [Hit(0, 3, "A", 0.5), Hit(2, 6, "B", 0.5), Hit(5, 9, "C", 0.4)]
    assert resolve(hits, "0123456789") == resolve(hits[::-1], "0123456789")


def test_hit_never_covers_a_placeholder() -> None:
    text = f"12{OPAQUE}34"
    assert resolve([Hit(0, 5, "A", 0.5)], text) == [Hit(0, 2, "A", 0.5), Hit(3, 5, "A", 0.5)]


def test_merges_neighbours_of_one_label() -> None:
    spans = [Span(6, 9, "A", 0.9), Span(0, 5, "A", 0.5)]
    assert merge(spans, "Matti Aho") == (Span(0, 9, "A", 0.9),)


def test_keeps_neighbours_of_other_labels_or_over_other_characters_apart() -> None:
    spans = (Span(0, 2, "A", 0.5), Span(3, 5, "B", 0.5), Span(6, 8, "B", 0.5))
    assert merge(spans, "12 34,56") == spans
