from __future__ import annotations

import datetime
import time

import pytest
from rasa.core.channels.channel import CollectingOutputChannel
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.nlu.training_data.message import Message

from components.channels import gate
from components.channels.gate import Memories, SafeText, command_message, make_safe, message_id, user_message

SENDER, OTHER_SENDER = "5f0e" * 8, "ab12" * 8


@pytest.mark.parametrize(
    ("raw", "safe", "labels"),
    [
        ("onko lahja tullivapaa", "onko lahja tullivapaa", ()),
        ("soita 040 123 4567", "soita [PHONE_NUMBER]", ("PHONE_NUMBER",)),
        ("hetu 131052-952U", "hetu [FI_PERSONAL_IDENTITY_CODE]", ("FI_PERSONAL_IDENTITY_CODE",)),
        (
            "a@posti.invalid tai b@posti.invalid ja 040 123 4567",
            "[EMAIL_ADDRESS] tai [EMAIL_ADDRESS] ja [PHONE_NUMBER]",
            ("EMAIL_ADDRESS", "PHONE_NUMBER"),
        ),
    ],
)
def test_personal_data_is_masked_and_named(raw: str, safe: str, labels: tuple[str, ...]) -> None:
    assert make_safe(raw) == SafeText(safe, labels)


def test_control_characters_cannot_hide_personal_data() -> None:
    assert make_safe("13\x001052\x08-952U").labels == ("FI_PERSONAL_IDENTITY_CODE",)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("a\x00b", "ab"),
        ("a\x07\x1b\x7fb", "ab"),
        ("a\ud800b\udfff", "ab"),
        ("yksi\nkaksi\tkolme", "yksi\nkaksi\tkolme"),
        ("  väli  ", "väli"),
        ("", ""),
        ("\x00\ud800", ""),
    ],
)
def test_control_characters_and_lone_surrogates_are_dropped(raw: str, safe: str) -> None:
    assert make_safe(raw).text == safe


@pytest.mark.parametrize("raw", ["/greet", "  /greet", "//greet", "/ / greet", "/\x00/greet", "\ud800/greet"])
def test_a_leading_slash_is_taken_away(raw: str) -> None:
    assert make_safe(raw).text == "greet"


def test_a_slash_inside_stays() -> None:
    assert make_safe("ja/tai 1/2").text == "ja/tai 1/2"


# Rasa strips all white space before it looks for the slash of a command.
WHITE_SPACE = ["\t", "\n", "\r\n", "\u00a0", "\u2003", "\u2028", "\u3000", "\x85"]


@pytest.mark.parametrize("raw", ["/restart", *(f"{space}/restart" for space in WHITE_SPACE)])
def test_nothing_that_is_typed_is_a_command_to_rasa(raw: str) -> None:
    _assert_no_command(raw)


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_white_space_between_slashes_makes_no_command(space: str) -> None:
    _assert_no_command(f"/{space}/restart")


def _assert_no_command(raw: str) -> None:
    read = YAMLStoryReader.unpack_regex_message(Message({"text": make_safe(raw).text}))

    assert read.get("intent") is None


def test_a_typed_message_carries_its_labels_and_nothing_raw() -> None:
    output = CollectingOutputChannel()

    message = user_message(
        make_safe("soita 040 123 4567"),
        sender_id=SENDER,
        channel="web",
        output=output,
        message_id="m1",
        metadata={"page": "front", "masked": ["FORGED"]},
    )

    assert message.text == "soita [PHONE_NUMBER]"
    assert message.metadata == {"page": "front", "masked": ["PHONE_NUMBER"]}
    assert (message.sender_id, message.input_channel, message.message_id) == (SENDER, "web", "m1")
    assert message.output_channel is output


@pytest.mark.parametrize(("language", "text"), [(None, "/customs_gift"), ("en", '/customs_gift{"language": "en"}')])
def test_a_pressed_button_is_a_command_that_rasa_reads(language: str | None, text: str) -> None:
    message = command_message(
        "customs_gift",
        sender_id=SENDER,
        channel="web",
        output=CollectingOutputChannel(),
        message_id="m1",
        language=language,
    )

    assert message.text == text
    assert message.metadata == {}
    read = YAMLStoryReader.unpack_regex_message(Message({"text": message.text}))
    assert read.get("intent")["name"] == "customs_gift"
    assert [entity["value"] for entity in read.get("entities", [])] == ([language] if language else [])


def test_a_pressed_button_keeps_what_the_customer_saw_on_it() -> None:
    message = command_message(
        "customs_gift",
        sender_id=SENDER,
        channel="web",
        output=CollectingOutputChannel(),
        message_id="m1",
        shown=make_safe("Lahja 040 123 4567"),
    )

    assert message.metadata == {"shown": "Lahja [PHONE_NUMBER]", "masked": ["PHONE_NUMBER"]}


def test_a_command_can_carry_what_the_channel_knows() -> None:
    message = command_message(
        "opening",
        sender_id=SENDER,
        channel="web",
        output=CollectingOutputChannel(),
        message_id="m1",
        metadata={"notice_version": "v1"},
    )

    assert message.metadata == {"notice_version": "v1"}


def test_one_message_has_one_id_however_often_it_is_delivered() -> None:
    assert message_id(SENDER, "c1") == message_id(SENDER, "c1")


@pytest.mark.parametrize(("sender", "client_id"), [(SENDER, "c2"), (OTHER_SENDER, "c1")])
def test_another_message_or_session_has_another_id(sender: str, client_id: str) -> None:
    assert message_id(sender, client_id) != message_id(SENDER, "c1")


def test_a_message_id_is_hexadecimal_and_tells_nothing_of_the_client() -> None:
    made = message_id(SENDER, "maija.meikalainen")

    assert len(made) == 32
    assert set(made) <= set("0123456789abcdef")


# ------------------------------------------------------------------------------------- one text of several messages

HOUR = datetime.timedelta(hours=1)


def test_a_memory_makes_one_text_of_the_messages() -> None:
    memories = Memories(HOUR)
    memory = memories.begin(SENDER)

    first = make_safe("nimeni on Aino Kettula", memory)
    again = make_safe("siis olen Aino Kettula", memories.get(SENDER))

    assert first == SafeText("nimeni on [NAME_1]", ("PERSON",))
    assert again == SafeText("siis olen [NAME_1]", ("PERSON",))


def test_names_are_numbered_on_after_a_restart() -> None:
    memory = Memories(HOUR).begin(SENDER, ["olen [NAME_1]", "ja [NAME_3] sekä [NAME_2]"])

    assert make_safe("nimeni on Aino Kettula", memory).text == "nimeni on [NAME_4]"


def test_a_customer_cannot_use_the_numbers_up() -> None:
    memory = Memories(HOUR).begin(SENDER, ["[NAME_999]", "[NAME_123456]"])

    assert make_safe("nimeni on Aino Kettula", memory).text == "nimeni on [NAME_999]"


def test_a_code_split_over_two_messages_is_masked() -> None:
    memory = Memories(HOUR).begin(SENDER)

    assert make_safe("hetuni alku on 131052", memory).labels
    assert "951T" not in make_safe("-951T", memory).text


def test_conversations_have_memories_of_their_own() -> None:
    memories = Memories(HOUR)
    memories.begin(SENDER)

    assert memories.get(OTHER_SENDER) is None
    assert memories.begin(OTHER_SENDER) is not memories.get(SENDER)


def test_a_memory_ends_with_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    memories = Memories(HOUR)
    memories.begin(SENDER)
    clock[0] = 3_599
    assert memories.get(SENDER) is not None

    clock[0] = 3_600

    assert memories.get(SENDER) is None


def test_the_memory_that_was_not_used_for_longest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MAX_MEMORIES", 2)
    memories = Memories(HOUR)
    memories.begin("a")
    memories.begin("b")
    memories.get("a")
    memories.begin("c")

    assert [memories.get(sender_id) is not None for sender_id in "abc"] == [True, False, True]


def test_a_memory_moves_and_is_forgotten() -> None:
    memories = Memories(HOUR)
    memory = memories.begin(SENDER)

    memories.move(SENDER, OTHER_SENDER)
    assert memories.get(SENDER) is None
    assert memories.get(OTHER_SENDER) is memory

    memories.forget(OTHER_SENDER)
    assert memories.get(OTHER_SENDER) is None
