from __future__ import annotations

import base64
import datetime
import hashlib

import pytest
from itsdangerous import URLSafeTimedSerializer

from components.channels.sessions import SessionExpiredError, SessionIssuer, UnknownSessionError

KEY = b"0123456789abcdef0123456789abcdef"
LIFETIME = datetime.timedelta(hours=12)


@pytest.fixture()
def issuer() -> SessionIssuer:
    return SessionIssuer(KEY, LIFETIME)


def test_a_token_leads_back_to_its_session(issuer: SessionIssuer) -> None:
    token, session = issuer.issue()

    assert issuer.read(token) == session


def test_a_session_survives_a_restart_and_is_the_same_on_every_server(issuer: SessionIssuer) -> None:
    token, session = issuer.issue()

    assert SessionIssuer(KEY, LIFETIME).read(token) == session


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
        SessionIssuer(b"another key, 32 bytes long......", LIFETIME),
        SessionIssuer(KEY, LIFETIME, channel="messenger"),
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
