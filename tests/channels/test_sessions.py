from __future__ import annotations

import base64
import datetime
import hashlib

import pytest
from itsdangerous import URLSafeTimedSerializer

from components.channels.limits import Limits
from components.channels.sessions import SessionExpiredError, SessionIssuer, UnknownSessionError
from components.channels.web.conversations import WebConversations
from components.settings import RateLimits, Settings
from components.storage.unstored import is_unstored

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"another key, 32 bytes long......"
LIFETIME = datetime.timedelta(hours=12)


@pytest.fixture()
def issuer() -> SessionIssuer:
    return SessionIssuer([KEY], LIFETIME)


def test_a_token_leads_back_to_its_session(issuer: SessionIssuer) -> None:
    token, session = issuer.issue()

    assert issuer.read(token) == session


def test_a_session_survives_a_restart_and_is_the_same_on_every_server(issuer: SessionIssuer) -> None:
    token, session = issuer.issue()

    assert SessionIssuer([KEY], LIFETIME).read(token) == session


def test_a_session_ends_its_lifetime_after_it_was_issued(issuer: SessionIssuer) -> None:
    before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)

    _, session = issuer.issue()

    assert session.expires_at.utcoffset() == datetime.timedelta(0)
    assert before + LIFETIME <= session.expires_at <= before + LIFETIME + datetime.timedelta(seconds=5)


def _advance(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + seconds)


def test_a_token_is_good_until_its_last_second(issuer: SessionIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token, session = issuer.issue()
    _advance(monkeypatch, LIFETIME.total_seconds() - 1)

    assert issuer.read(token) == session


def test_an_old_token_has_expired(issuer: SessionIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = issuer.issue()
    _advance(monkeypatch, LIFETIME.total_seconds() + 2)

    with pytest.raises(SessionExpiredError):
        issuer.read(token)


def test_an_old_token_that_was_tampered_with_is_unknown(issuer: SessionIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = issuer.issue()
    _advance(monkeypatch, LIFETIME.total_seconds() + 2)

    with pytest.raises(UnknownSessionError):
        issuer.read(token[:-4] + "AAAA")


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_change_in_any_part_of_a_token_is_noticed(issuer: SessionIssuer, part: int) -> None:
    pieces = issuer.issue()[0].split(".")
    pieces[part] = ("B" if pieces[part][0] != "B" else "C") + pieces[part][1:]

    with pytest.raises(UnknownSessionError):
        issuer.read(".".join(pieces))


@pytest.mark.parametrize(
    "foreign",
    [
        SessionIssuer([OTHER_KEY], LIFETIME),
        SessionIssuer([KEY], LIFETIME, channel="messenger"),
    ],
    ids=["other key", "other channel"],
)
def test_a_token_of_somebody_else_is_unknown(issuer: SessionIssuer, foreign: SessionIssuer) -> None:
    with pytest.raises(UnknownSessionError):
        issuer.read(foreign.issue()[0])


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "å", "\x00", ".eJx.aaa.bbb", "A" * 301, "A" * 1_000_000])
def test_rubbish_is_unknown(issuer: SessionIssuer, token: str) -> None:
    with pytest.raises(UnknownSessionError):
        issuer.read(token)


def test_a_header_that_is_not_utf_8_is_unknown(issuer: SessionIssuer) -> None:
    with pytest.raises(UnknownSessionError):
        issuer.read(b"\xff\xfe".decode("utf-8", "surrogateescape"))


def test_a_rightly_signed_but_oversized_token_is_refused(issuer: SessionIssuer) -> None:
    serializer = URLSafeTimedSerializer(KEY, salt="luotsi.session.web", signer_kwargs={"digest_method": hashlib.sha256})
    noise = base64.b85encode(hashlib.shake_256(b"x").digest(400)).decode()
    assert issuer.read(str(serializer.dumps("short")))

    with pytest.raises(UnknownSessionError):
        issuer.read(str(serializer.dumps(noise)))


def test_two_sessions_have_nothing_in_common(issuer: SessionIssuer) -> None:
    issued = [issuer.issue() for _ in range(50)]

    assert len({token for token, _ in issued}) == 50
    assert len({session.sender_id for _, session in issued}) == 50


def test_the_sender_id_cannot_be_made_from_the_token_without_the_key(issuer: SessionIssuer) -> None:
    token, session = issuer.issue()
    identifier = base64.urlsafe_b64decode(token.split(".")[0] + "==").decode().strip('"')

    assert identifier not in session.sender_id
    assert session.sender_id not in token
    for name in ("sha256", "sha1", "md5", "blake2b"):
        assert not hashlib.new(name, identifier.encode()).hexdigest().startswith(session.sender_id)


def test_the_sender_id_is_hexadecimal(issuer: SessionIssuer) -> None:
    sender_id = issuer.issue()[1].sender_id

    assert len(sender_id) == 32
    assert set(sender_id) <= set("0123456789abcdef")


# ------------------------------------------------------------------------------------------- a change of the secret key


@pytest.fixture()
def after_the_change() -> SessionIssuer:
    """The issuer after two changes: KEY is the oldest of three keys."""
    return SessionIssuer([b"the newest key, 32 bytes long...", OTHER_KEY, KEY], LIFETIME)


def test_an_old_session_goes_on_in_its_conversation_after_the_key_changed(
    issuer: SessionIssuer, after_the_change: SessionIssuer
) -> None:
    token, session = issuer.issue()

    assert after_the_change.read(token) == session


def test_an_old_session_ends_when_it_would_have_ended_anyhow(
    issuer: SessionIssuer, after_the_change: SessionIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _ = issuer.issue()
    _advance(monkeypatch, LIFETIME.total_seconds() + 2)

    with pytest.raises(SessionExpiredError):
        after_the_change.read(token)


def test_new_sessions_are_signed_with_the_new_key(issuer: SessionIssuer, after_the_change: SessionIssuer) -> None:
    token, session = after_the_change.issue()

    assert SessionIssuer([b"the newest key, 32 bytes long..."], LIFETIME).read(token) == session
    with pytest.raises(UnknownSessionError):
        issuer.read(token)


def test_sessions_of_a_key_that_is_not_listed_any_more_are_unknown(issuer: SessionIssuer) -> None:
    with pytest.raises(UnknownSessionError):
        SessionIssuer([OTHER_KEY], LIFETIME).read(issuer.issue()[0])


def test_a_changed_token_is_noticed_under_every_key(issuer: SessionIssuer, after_the_change: SessionIssuer) -> None:
    token, _ = issuer.issue()

    with pytest.raises(UnknownSessionError):
        after_the_change.read(token[:-4] + "AAAA")


def test_a_new_session_is_stored(issuer: SessionIssuer) -> None:
    _, session = issuer.issue()

    assert session.stored
    assert not is_unstored(session.sender_id)


def test_that_a_conversation_is_not_stored_stands_in_the_token(issuer: SessionIssuer) -> None:
    token, session = issuer.issue_unstored(issuer.issue()[1])

    assert not session.stored
    assert is_unstored(session.sender_id)
    assert SessionIssuer([KEY], LIFETIME).read(token) == session


def test_asking_again_leads_to_the_same_unstored_conversation(issuer: SessionIssuer) -> None:
    _, session = issuer.issue()
    _, other = issuer.issue()

    first, again = issuer.issue_unstored(session)[1], issuer.issue_unstored(session)[1]

    assert first.sender_id == again.sender_id
    assert issuer.issue_unstored(other)[1].sender_id != first.sender_id


def test_an_unstored_conversation_does_not_name_the_stored_one(issuer: SessionIssuer) -> None:
    _, session = issuer.issue()
    token, unstored = issuer.issue_unstored(session)

    payload = token.partition(".")[0]
    assert session.sender_id not in unstored.sender_id
    assert session.sender_id.encode() not in base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))


def test_a_token_cannot_be_made_a_stored_one(issuer: SessionIssuer) -> None:
    token, _ = issuer.issue_unstored(issuer.issue()[1])
    payload, _, signature = token.partition(".")
    raw = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)).replace(b"unstored:", b"")
    forged = base64.urlsafe_b64encode(raw).rstrip(b"=").decode() + "." + signature

    with pytest.raises(UnknownSessionError):
        issuer.read(forged)


def test_the_web_channel_takes_sessions_of_previous_keys(issuer: SessionIssuer) -> None:
    settings = Settings(
        secret_key=OTHER_KEY,
        database_url="sqlite:///unused.sqlite",
        retention=LIFETIME,
        session_lifetime=LIFETIME,
        previous_secret_keys=(KEY,),
    )
    token, session = issuer.issue()

    assert WebConversations(settings, Limits(RateLimits())).session(token) == session
