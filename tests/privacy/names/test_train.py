from components.privacy.names.lexicon import lexicon
from components.privacy.names.training.corpus import Message
from components.privacy.names.training.train import DIGEST, digest, rows_of


def test_the_committed_model_was_trained_on_the_lists_and_messages_of_now() -> None:
    assert DIGEST.read_text(encoding="ascii").strip() == digest(), "run `make names`, which takes three minutes"


def test_the_words_of_a_name_are_labelled() -> None:
    message = Message("onko liisa virtanen siellä", ((5, 19),))
    _, labels = rows_of(message, words=lexicon(), hide=False)
    assert labels == ["O", "N", "N", "O"]


def test_hidden_lists_hide_the_names_alone() -> None:
    message = Message("liisa asuu oulussa", ((0, 5),))
    shown, _ = rows_of(message, words=lexicon(), hide=False)
    hidden, _ = rows_of(message, words=lexicon(), hide=True)
    assert _lists(shown) == ["g", "", "~p"]
    assert _lists(hidden) == ["", "", "~p"]


def _lists(rows: list[list[str]]) -> list[str]:
    """Return in which lists the tagger takes each word to stand."""
    return [feature[2:].partition("|")[0] for row in rows for feature in row if feature.startswith("l=")]
