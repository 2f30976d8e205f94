"""The guard of the console: nobody gets past it on any route, and nothing happens unseen."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, abort, redirect
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from werkzeug.routing import Rule as Route
from werkzeug.test import TestResponse

import console.app
from components.storage import audit, staff
from components.storage.models import AuditEntry, Base, StaffMember, StaffSession, Switch
from components.storage.staff import Role
from console import database
from console.app import Documents, create_app
from console.area import EVERYONE, Area, Rule, keep_refusal, note
from console.settings import ConsoleSettings
from console.signing_in import passwords
from console.signing_in.sessions import COOKIE, digest_of
from console.texts import catalogue
from tests.console.conftest import SignIn
from tests.console.inhabited import settle

PUBLIC = {
    "static": "the style sheet, also of the page for signing in",
    "start.health": "for whoever watches whether the console runs",
    "signing_in.sign_in": "the way in",
    "signing_in.check_password": "the way in",
}
WITHOUT_SECOND_FACTOR = {
    "signing_in.next_step",
    "signing_in.code",
    "signing_in.check_code",
    "signing_in.new_password",
    "signing_in.save_new_password",
    "signing_in.set_up",
    "signing_in.confirm_set_up",
    "signing_in.sign_out",
}
NO_METHODS = ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")
DOCUMENTS = Documents(record=lambda language: "# Record", notice=lambda language: "# Notice")
NOTED_WHEN_DONE = {"audit.verified"}
"""What work in the background writes at its end, besides the entry of the act that began it."""
KEPT_BY_LOOKING = {
    # What was shown is kept as a version when it is another one than before: a trace, like the audit entry.
    "privacy_desk.document": {"document_versions"},
}
_FORBIDDEN = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:")
WRITTEN_BY_EVERY_REQUEST = {"audit_log", "audit_heads", "staff_sessions"}


def routes(app: Flask, values: dict[str, Any] | None = None) -> Iterator[tuple[Route, Rule, str, str]]:
    """Give every route with its rule, a method and an address; what it names does not exist unless `values` say so."""
    for route in app.url_map.iter_rules():
        rule = app.extensions["luotsi_rules"][route.endpoint]
        unknown = {name: "1" if _is_number(route, name) else "BCDF-GHJK-LMNP" for name in route.arguments}
        found = {name: (values or {}).get(name, unknown[name]) for name in unknown}
        with app.test_request_context():
            address = app.url_for(route.endpoint, **found)
        yield route, rule, "POST" if "POST" in (route.methods or ()) else "GET", address


def _is_number(route: Route, name: str) -> bool:
    return type(route._converters[name]).__name__ == "IntegerConverter"


@pytest.fixture
def inhabited(engine: Engine) -> dict[str, Any]:
    """What the arguments of routes stand for, in a database with something of everything that anna made."""
    with engine.begin() as connection:
        return settle(connection, owner="anna")


def entries(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(AuditEntry.__table__).order_by(sa.text("number"))).all())


def everything(engine: Engine) -> dict[str, list[Any]]:
    """Return all rows of all tables but those that every request may write."""
    with engine.connect() as connection:
        return {
            name: sorted(map(str, connection.execute(sa.select(table)).all()))
            for name, table in Base.metadata.tables.items()
            if name not in WRITTEN_BY_EVERY_REQUEST
        }


@pytest.fixture
def strict(app: Flask) -> Flask:
    """The console as it runs: forms need their token."""
    app.config["WTF_CSRF_ENABLED"] = True
    return app


# Who gets in.


def test_every_route_has_a_rule(app: Flask) -> None:
    assert {route.endpoint for route in app.url_map.iter_rules()} <= set(app.extensions["luotsi_rules"])


def test_a_route_without_a_rule_keeps_the_console_from_starting(
    settings: ConsoleSettings, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = Area("careless", __name__)
    careless.add_url_rule("/careless", "careless", lambda: "everything")
    monkeypatch.setattr(console.app, "AREAS", (*console.app.AREAS, careless))
    with pytest.raises(RuntimeError, match="careless.careless"):
        create_app(settings, engine, DOCUMENTS)


def test_a_route_that_came_later_is_closed(app: Flask) -> None:
    app.add_url_rule("/later", "later", lambda: "everything")
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    answer = app.test_client().get("/later")
    assert answer.status_code == 500
    assert "everything" not in answer.text


def test_what_is_public(app: Flask) -> None:
    assert {endpoint for endpoint, rule in app.extensions["luotsi_rules"].items() if rule.roles is None} == set(PUBLIC)


def test_what_is_open_after_the_password_alone(app: Flask) -> None:
    rules = app.extensions["luotsi_rules"]
    assert {endpoint for endpoint, rule in rules.items() if rule.before_verified} == WITHOUT_SECOND_FACTOR


def test_no_rule_is_for_nobody(app: Flask) -> None:
    assert not [endpoint for endpoint, rule in app.extensions["luotsi_rules"].items() if rule.roles == frozenset()]


def test_administrators_see_no_conversations(app: Flask) -> None:
    """They look after accounts; least privilege."""
    open_to_them = {
        endpoint.split(".")[0]
        for endpoint, rule in app.extensions["luotsi_rules"].items()
        if rule.roles is not None and Role.ADMINISTRATOR in rule.roles and rule.roles != EVERYONE
    }
    assert open_to_them <= {"accounts", "audit_log"}


def test_the_signed_out_are_sent_to_the_sign_in_page(app: Flask, engine: Engine) -> None:
    client = app.test_client()
    let_in = []
    for route, rule, method, address in routes(app):
        answer = client.open(address, method=method)
        if rule.roles is not None and not (
            answer.status_code == 302 and re.match(r"/sign-in(\?next=|$)", answer.location)
        ):
            let_in.append((route.endpoint, answer.status_code))
    assert let_in == []
    assert [entry for entry in entries(engine) if entry.action != "sign_in.failed"] == []


def test_other_roles_are_refused(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    let_in = []
    for role in Role:
        client = sign_in(role)
        before = everything(engine)
        for route, rule, method, address in routes(app):
            if rule.roles is None or role in rule.roles:
                continue
            answer = client.open(address, method=method)
            if answer.status_code != 403:
                let_in.append((route.endpoint, role.value, answer.status_code))
        assert everything(engine) == before
    assert let_in == []
    assert entries(engine) == []


def test_without_any_role_there_is_nothing_but_the_own_account(app: Flask, sign_in: SignIn) -> None:
    client = sign_in()
    for _, rule, method, address in routes(app):
        if rule.roles is not None and not rule.before_verified:
            assert client.open(address, method=method).status_code == 403, address


def test_nobody_gets_in_before_the_second_factor(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    client = sign_in(*Role)
    with engine.begin() as connection:
        connection.execute(sa.update(StaffSession.__table__).values(verified=False))
    let_in = []
    for route, rule, method, address in routes(app):
        if rule.roles is None or rule.before_verified:
            continue
        answer = client.open(address, method=method)
        if answer.status_code != 302 or not answer.location.startswith("/sign-in/next"):
            let_in.append((route.endpoint, answer.status_code))
    assert let_in == []
    assert entries(engine) == []


@pytest.mark.parametrize(
    "values",
    [{"active": False}, {"must_change_password": True}, {"totp_secret": None}],
    ids=["disabled", "temporary password", "no second factor"],
)
def test_an_account_that_changes_is_out_at_once(sign_in: SignIn, engine: Engine, values: dict[str, Any]) -> None:
    client = sign_in(Role.TRAINER)
    assert client.get("/").status_code == 200
    with engine.begin() as connection:
        connection.execute(sa.update(StaffMember.__table__).values(**values))
    assert client.get("/").location in ("/sign-in", "/sign-in/next")


@pytest.mark.parametrize("column", ["expires_at", "last_seen_at"])
def test_old_sessions_are_out(sign_in: SignIn, engine: Engine, column: str) -> None:
    client = sign_in(Role.TRAINER)
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=31)
    with engine.begin() as connection:
        connection.execute(sa.update(StaffSession.__table__).values({column: past}))
    assert client.get("/").location == "/sign-in"


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "ä", "' OR 1=1 --", digest_of("x")])
def test_made_up_tokens_are_nobodys(app: Flask, token: str) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, token)
    assert client.get("/").location == "/sign-in"


def test_the_digest_in_the_database_is_no_token(app: Flask, sign_in: SignIn, engine: Engine) -> None:
    sign_in(Role.TRAINER)
    with engine.connect() as connection:
        digest = connection.execute(sa.select(StaffSession.__table__.c.digest)).scalar()
    thief = app.test_client()
    thief.set_cookie(COOKIE, digest)
    assert thief.get("/").location == "/sign-in"


def test_the_style_sheet_asks_the_database_nothing(app: Flask, engine: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.TRAINER)
    engine.dispose()
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
    assert client.get("/static/console.css").status_code == 200
    assert asked == []


# What a request may do.


def test_pages_are_got_and_acts_are_posted(app: Flask) -> None:
    for route in app.url_map.iter_rules():
        if route.endpoint != "static":
            assert set(route.methods or ()) in ({"GET", "HEAD"}, {"POST"}), route.endpoint


def test_other_methods_are_refused_everywhere(app: Flask, sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(*Role)
    for route, _, _, address in routes(app):
        if route.endpoint == "static":
            continue
        shared = {m for other in app.url_map.iter_rules() if other.rule == route.rule for m in other.methods or ()}
        wrong = (*NO_METHODS, *(() if "POST" in shared else ("POST",)), *(() if "GET" in shared else ("GET",)))
        for other in wrong:
            answer = client.open(address, method=other)
            # An address may have the form of another route as well, where there is nothing of that name.
            assert answer.status_code in (404, 405), (other, address)
    assert [entry.action for entry in entries(engine) if not entry.action.endswith("viewed")] == []


def test_every_act_needs_the_token_of_its_form(strict: Flask, sign_in: SignIn, engine: Engine) -> None:
    client = sign_in(*Role)
    before = everything(engine)
    let_through = []
    for route, _, method, address in routes(strict):
        if method == "POST":
            for data in ({}, {"csrf_token": "made up"}):
                answer = client.post(address, data=data)
                if answer.status_code != 400 or "form was open for too long" not in answer.text:
                    let_through.append((route.endpoint, answer.status_code))
    assert let_through == []
    assert everything(engine) == before
    assert entries(engine) == []


def test_a_token_is_good_in_its_own_browser_only(strict: Flask, sign_in: SignIn) -> None:
    mine, theirs = sign_in(Role.TRAINER, user_id="anna"), sign_in(Role.TRAINER, user_id="berta")
    token = token_of(theirs.get("/account"))
    assert mine.post("/account/language", data={"language": "fi", "csrf_token": token}).status_code == 400
    token = token_of(mine.get("/account"))
    assert mine.post("/account/language", data={"language": "fi", "csrf_token": token}).status_code == 302


def token_of(answer: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_what_no_database_takes_is_refused_before(app: Flask, sign_in: SignIn) -> None:
    client, huge = sign_in(*Role), "9" * 30
    addresses = [
        f"/collections/{huge}",
        f"/review/tasks/{huge}",
        f"/review/tasks?page={huge}",
        f"/audit?before={huge}",
        "/accounts/a%00",
        "/conversations?tag=a%00",
        "/audit?actor=a%00",
    ]
    assert [client.get(address).status_code for address in addresses] == [404, 404, 200, 200, 400, 400, 400]
    answer = app.test_client().post("/sign-in", data={"user_id": "a\0", "password": "a"})
    assert answer.status_code == 400


def test_every_act_is_audited(app: Flask) -> None:
    rules = app.extensions["luotsi_rules"]
    unseen = [
        route.endpoint for route, _, method, _ in routes(app) if method == "POST" and not rules[route.endpoint].audit
    ]
    assert unseen == []


def test_an_act_that_is_done_has_one_entry_and_one_that_is_refused_has_none_of_itself(
    app: Flask, sign_in: SignIn, engine: Engine, inhabited: dict[str, Any]
) -> None:
    wrong = []
    for route, rule, method, address in routes(app, inhabited):
        if method != "POST" or rule.before_verified or rule.roles is None:
            continue
        client = sign_in(*Role, user_id="anna")
        before, rows = len(entries(engine)), everything(engine)
        answer = client.post(address)
        new = [entry for entry in entries(engine)[before:] if entry.action not in NOTED_WHEN_DONE]
        if answer.status_code >= 400:  # what its page shows beside the form counts as seen
            new = [entry for entry in new if not entry.action.endswith("viewed")]
        if len(new) != (1 if answer.status_code < 400 else 0):
            wrong.append((route.endpoint, answer.status_code, [entry.action for entry in new]))
        if answer.status_code >= 400 and everything(engine) != rows:
            wrong.append((route.endpoint, answer.status_code, "rows"))
    assert wrong == []


def test_no_page_changes_anything(app: Flask, sign_in: SignIn, engine: Engine, inhabited: dict[str, Any]) -> None:
    client = sign_in(*Role, user_id="anna")
    changed, shown = [], set()
    before = everything(engine)
    for route, _, method, address in routes(app, inhabited):
        if method != "GET":
            continue
        for verb in ("GET", "HEAD"):
            answer = client.open(address, method=verb)
            after = everything(engine)
            tables = {name for name in after if after[name] != before[name]}
            if tables - KEPT_BY_LOOKING.get(route.endpoint, set()) or answer.status_code >= 500:
                changed.append((route.endpoint, answer.status_code, tables))
            before = after
        if answer.status_code == 200:
            shown.add(route.endpoint)
    assert changed == []
    assert {"review.transcript", "review.task", "training.collection", "training.case", "accounts.account"} <= shown


def test_audit_entries_say_nothing_that_was_typed(
    app: Flask, sign_in: SignIn, engine: Engine, inhabited: dict[str, Any]
) -> None:
    client = sign_in(*Role, user_id="anna")
    for _, _, method, address in routes(app, inhabited):
        client.open(address, method=method, data={} if method == "GET" else {"text": "SECRET", "reason": "SECRET"})
    found = entries(engine)
    assert found
    for entry in found:
        assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", entry.action), entry.action
        assert "SECRET" not in f"{entry.target} {entry.details}"


# One transaction with its entry.


@pytest.fixture
def trial(settings: ConsoleSettings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A console with an area that turns switches, and fails in all the ways there are."""
    area = Area("trial", __name__)

    def turn() -> None:
        values = {"name": "trial", "value": "on", "changed_at": database.now(), "changed_by": "anna", "reason": ""}
        database.database().execute(sa.insert(Switch.__table__).values(**values))

    @area.act("/trial/done", roles=EVERYONE, audit="trial.done")
    def done() -> str:
        turn()
        note("staff:anna", count=2)
        return "done"

    @area.act("/trial/redirected", roles=EVERYONE, audit="trial.done")
    def redirected() -> Any:
        turn()
        return redirect("/")

    @area.act("/trial/refused", roles=EVERYONE, audit="trial.done")
    def refused() -> Any:
        turn()
        return "refused", 422

    @area.act("/trial/aborted", roles=EVERYONE, audit="trial.done")
    def aborted() -> str:
        turn()
        abort(409)

    @area.act("/trial/broken", roles=EVERYONE, audit="trial.done")
    def broken() -> str:
        turn()
        raise ValueError("Matti Mallinen, 010190-900A")

    @area.act("/trial/kept", roles=EVERYONE, audit="trial.done")
    def kept() -> Any:
        turn()
        keep_refusal("trial.failed", "staff:anna")
        return "refused", 422

    monkeypatch.setattr(console.app, "AREAS", (*console.app.AREAS, area))
    made = create_app(settings, engine, DOCUMENTS)
    made.config.update(WTF_CSRF_ENABLED=False)
    return made


def people_in(app: Flask, sign_in: SignIn) -> FlaskClient:
    """Return a client of another console on the same database."""
    cookie = sign_in(Role.TRAINER, user_id="anna").get_cookie(COOKIE)
    assert cookie is not None
    client = app.test_client()
    client.set_cookie(COOKIE, cookie.value)
    return client


def switches(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(Switch.__table__)).scalar())


@pytest.mark.parametrize(
    ("path", "status", "rows", "actions"),
    [
        ("done", 200, 1, ["trial.done"]),
        ("redirected", 302, 1, ["trial.done"]),
        ("refused", 422, 0, []),
        ("aborted", 409, 0, []),
        ("broken", 500, 0, []),
        ("kept", 422, 1, ["trial.failed"]),
    ],
)
def test_a_change_and_its_entry_are_kept_together_or_not_at_all(
    trial: Flask, sign_in: SignIn, engine: Engine, path: str, status: int, rows: int, actions: list[str]
) -> None:
    client = people_in(trial, sign_in)
    assert client.post(f"/trial/{path}").status_code == status
    assert switches(engine) == rows
    assert [entry.action for entry in entries(engine)] == actions


def test_what_an_entry_says(trial: Flask, sign_in: SignIn, engine: Engine) -> None:
    people_in(trial, sign_in).post("/trial/done")
    (entry,) = entries(engine)
    assert (entry.actor, entry.target, entry.details) == ("anna", "staff:anna", '{"count": 2}')


def test_without_an_entry_nothing_is_kept_or_shown(
    trial: Flask, sign_in: SignIn, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = people_in(trial, sign_in)

    def full(*arguments: Any, **options: Any) -> int:
        raise OSError("disk full at Matti Mallinen")

    monkeypatch.setattr(audit, "append", full)
    answer = client.post("/trial/done")
    assert answer.status_code == 500
    assert "done" not in answer.text
    assert "Matti" not in answer.text
    assert switches(engine) == 0
    assert answer.headers["Content-Security-Policy"]


def test_a_commit_that_fails_shows_no_success(
    trial: Flask, sign_in: SignIn, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = people_in(trial, sign_in)
    sa.event.listen(engine, "commit", _broken_commit)
    try:
        answer = client.post("/trial/done")
    finally:
        sa.event.remove(engine, "commit", _broken_commit)
    assert answer.status_code == 500
    assert switches(engine) == 0
    assert entries(engine) == []


def _broken_commit(connection: Any) -> None:
    raise OSError("no more")


def test_an_unexpected_error_is_logged_without_what_it_quotes(
    trial: Flask, sign_in: SignIn, caplog: pytest.LogCaptureFixture
) -> None:
    answer = people_in(trial, sign_in).post("/trial/broken")
    assert "Mallinen" not in answer.text
    assert "Mallinen" not in caplog.text
    assert "ValueError" in caplog.text
    reference = re.search(r"[0-9a-f]{8}", answer.text)
    assert reference
    assert reference[0] in caplog.text


def test_the_signed_out_write_no_entry(trial: Flask, engine: Engine) -> None:
    assert trial.test_client().post("/trial/done").status_code == 302
    assert entries(engine) == []
    assert switches(engine) == 0


# What goes out.


def kinds_of_answers(app: Flask, sign_in: SignIn) -> Iterator[tuple[str, int, TestResponse]]:
    out, client = app.test_client(), people_in(app, sign_in)
    yield "public page", 200, out.get("/sign-in")
    yield "health", 200, out.get("/health")
    yield "redirect to the sign-in page", 302, out.get("/")
    yield "page", 200, client.get("/")
    yield "style sheet", 200, out.get("/static/console.css")
    yield "style sheet that is not there", 404, out.get("/static/none.css")
    yield "out of the folder", 404, out.get("/static/../app.py")
    yield "not found", 404, out.get("/nothing")
    yield "forbidden", 403, client.get("/accounts")
    yield "method", 405, client.delete("/")
    yield "refused form", 422, client.post("/sign-in")
    yield "act", 302, client.post("/account/language", data={"language": "fi"})
    yield "too large", 413, client.post("/sign-in", data={"user_id": "x" * 2_000_000})
    yield "error", 500, client.post("/trial/broken")


def test_headers_of_every_kind_of_answer(trial: Flask, sign_in: SignIn) -> None:
    for kind, status, answer in kinds_of_answers(trial, sign_in):
        assert answer.status_code == status, kind
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'", kind
        assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'", kind
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'", kind
        assert "unsafe" not in answer.headers["Content-Security-Policy"], kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff", kind
        assert answer.headers["X-Frame-Options"] == "DENY", kind
        assert answer.headers["Referrer-Policy"] == "no-referrer", kind
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", kind
        assert "noindex" in answer.headers["X-Robots-Tag"], kind
        if "style sheet" not in kind and "folder" not in kind:
            assert answer.headers["Cache-Control"] == "no-store", kind
        assert "Strict-Transport-Security" not in answer.headers, "not over HTTP"


def test_pages_hold_nothing_that_the_policy_forbids(app: Flask, sign_in: SignIn, inhabited: dict[str, Any]) -> None:
    client = sign_in(*Role, user_id="anna")
    for _, _, method, address in routes(app, inhabited):
        if method != "GET":
            continue
        answer = client.get(address)
        if answer.mimetype == "text/html":
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:", answer.text), (
                address
            )
            assert answer.text.count("<h1") == 1 or answer.status_code == 302, address


def test_no_page_lacks_a_text(app: Flask, sign_in: SignIn, inhabited: dict[str, Any]) -> None:
    """Every text stands in both languages, and every page can be made in both."""
    assert [name for name, texts in catalogue().items() if set(texts) != {"fi", "en"}] == []
    for language in ("fi", "en"):
        client = sign_in(*Role, user_id=f"anna-{language}", language=language)
        for _, _, method, address in routes(app, {**inhabited, "user_id": f"anna-{language}"}):
            if method == "GET":
                answer = client.get(address)
                assert answer.status_code < 500, address
                if answer.mimetype == "text/html" and answer.status_code == 200:
                    assert f'<html lang="{language}"' in answer.text, address


@pytest.fixture
def secure(engine: Engine, settings: ConsoleSettings) -> Flask:
    """The console over HTTPS behind a proxy."""
    values = {
        "LUOTSI_DATABASE_URL": settings.database_url,
        "LUOTSI_SECRET_KEY": "k" * 32,
        "LUOTSI_CONSOLE_URL": "https://console.example.fi",
        "LUOTSI_CONSOLE_PROXIES": "1",
    }
    made = create_app(ConsoleSettings.from_environment(values), engine, DOCUMENTS)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return made


def cookies_of(answer: TestResponse) -> SimpleCookie:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return found


@pytest.mark.parametrize("https", [True, False])
def test_cookies(request: pytest.FixtureRequest, engine: Engine, https: bool) -> None:
    app = request.getfixturevalue("secure" if https else "app")
    with engine.begin() as connection:
        staff.add_account(
            connection,
            "anna",
            roles=[Role.TRAINER],
            password_hash=passwords.hash_password("abcd-efgh-jkmn-2345"),
            language="en",
            now=datetime.datetime.now(datetime.timezone.utc),
        )
    client = app.test_client()
    base = "https://console.example.fi" if https else "http://localhost"
    seen = cookies_of(client.get("/sign-in?lang=en", base_url=base))
    answer = client.post("/sign-in", base_url=base, data={"user_id": "anna", "password": "abcd-efgh-jkmn-2345"})
    assert answer.status_code == 302
    seen.update(cookies_of(answer))
    prefix = "__Host-" if https else ""
    assert set(seen) == {f"{prefix}luotsi_form", f"{prefix}luotsi_staff", "luotsi_language"}
    for name, morsel in seen.items():
        assert morsel["httponly"], name
        assert morsel["samesite"] == "Strict", name
        assert bool(morsel["secure"]) is https, name
        assert morsel["path"] == "/", name
        assert morsel["domain"] == "", name
    session = seen[f"{prefix}luotsi_staff"]
    assert session["max-age"] == session["expires"] == "", "it goes with the browser"
    assert len(session.value) >= 43, "256 bits"


def test_over_https_browsers_are_told_to_stay_there(secure: Flask) -> None:
    answer = secure.test_client().get("/sign-in", base_url="https://console.example.fi")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_plain_cookie_is_not_taken_over_https(secure: Flask, sign_in: SignIn) -> None:
    plain = sign_in(Role.TRAINER).get_cookie(COOKIE)
    assert plain is not None
    client = secure.test_client()
    client.set_cookie(COOKIE, plain.value, domain="console.example.fi")
    assert client.get("/", base_url="https://console.example.fi").status_code == 302
    client.set_cookie(f"__Host-{COOKIE}", plain.value, domain="console.example.fi", secure=True)
    assert client.get("/", base_url="https://console.example.fi").status_code == 200


# One's own things.


def test_another_persons_session_cannot_be_ended_or_seen(sign_in: SignIn, engine: Engine) -> None:
    anna, berta = sign_in(Role.TRAINER, user_id="anna"), sign_in(Role.AGENT, user_id="berta")
    cookie = berta.get_cookie(COOKIE)
    assert cookie is not None
    theirs = digest_of(cookie.value)
    assert theirs not in anna.get("/account").text
    before = len(entries(engine))
    assert anna.post("/account/sessions/end", data={"session": theirs}).status_code == 404
    assert anna.post("/account/sessions/end-others").status_code == 302
    assert berta.get("/").status_code == 200
    assert [entry.action for entry in entries(engine)[before:]] == ["account.other_sessions_ended"]


def test_an_own_session_can_be_ended(sign_in: SignIn) -> None:
    here, there = sign_in(Role.TRAINER, user_id="anna"), sign_in(Role.TRAINER, user_id="anna")
    cookie = there.get_cookie(COOKIE)
    assert cookie is not None
    assert here.post("/account/sessions/end", data={"session": digest_of(cookie.value)}).status_code == 302
    assert there.get("/").location == "/sign-in"
    assert here.get("/").status_code == 200


def test_another_persons_things_are_nobody_elses(sign_in: SignIn, engine: Engine, inhabited: dict[str, Any]) -> None:
    """Saved filters and practice are their person's; trainers may see practice, and nobody else."""
    sign_in(Role.TRAINER, user_id="anna")
    berta, agent = sign_in(Role.TRAINER, Role.EDITOR, user_id="berta"), sign_in(Role.AGENT, user_id="cecilia")
    before = everything(engine)
    assert "Omat" not in berta.get("/conversations").text
    assert berta.post(f"/conversations/filters/{inhabited['filter_id']}/delete").status_code == 404
    practice = f"/practice/{inhabited['practice_id']}"
    for path in (practice, f"{practice}/1"):
        assert agent.get(path).status_code == 404, path
    assert agent.post(f"{practice}/1", data={"written": "x"}).status_code == 404
    for client in (agent, berta):
        assert client.post(f"{practice}/delete").status_code == 404
    assert berta.post(f"/marks/{inhabited['mark_id']}/undo").status_code in (403, 404)
    assert everything(engine) == before
