from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import dockerfile, rules
from tests.deployment.proxy import CADDYFILE, CONSOLE_HOST, SERVER_POLICY, Proxy, StandIn
from tests.deployment.rules import Compose

ROOT = Path(__file__).parents[2]
OWN_HEADERS = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Strict-Transport-Security",
    "Cache-Control",
)
TOO_LARGE = b"x" * 40_000


@pytest.fixture(scope="module")
def program() -> str:
    found = shutil.which("caddy")
    if found is None:
        pytest.skip("the program caddy is not installed (Debian: apt-get install caddy)")
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    stand_in = StandIn()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def proxy(program: str, server: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(program, tmp_path_factory.mktemp("proxy"), server.port) as running:
        yield running


@pytest.fixture(scope="module")
def lonely_proxy(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy whose server is down."""
    gone = StandIn()
    gone.stop()
    with Proxy(program, tmp_path_factory.mktemp("lonely"), gone.port) as running:
        yield running


def _text() -> str:
    return CADDYFILE.read_text("utf-8")


def test_default_server_is_the_one_that_compose_starts(compose: Compose) -> None:
    match = re.search(r"reverse_proxy \{\$LUOTSI_SERVER:(?P<host>[a-z]+):(?P<port>\d+)\}", _text())
    assert match is not None
    service = rules.services(compose)[match["host"]]
    assert service["environment"]["LUOTSI_PORT"] == match["port"]
    exposed = [i for i in dockerfile.parse((ROOT / "Dockerfile").read_text("utf-8")) if i.name == "EXPOSE"]
    assert match["port"] in exposed[-1].words


def test_published_ports_are_those_that_the_proxy_listens_on(compose: Compose) -> None:
    listening = set(re.findall(r"^\thttps?_port (\d+)$", _text(), re.MULTILINE))
    published = {rules.container_port(port) for port in rules.services(compose)["proxy"]["ports"]}
    assert published == listening


def test_health_check_asks_a_port_that_the_proxy_listens_on(compose: Compose) -> None:
    address = rules.services(compose)["proxy"]["healthcheck"]["test"][-1]
    assert f"{address.rstrip('/')} {{" in _text()


def test_default_files_are_mounted(compose: Compose) -> None:
    proxy = rules.services(compose)["proxy"]
    mounted = {str(volume).split(":")[1] for volume in proxy["volumes"]}
    mounted |= {f"/run/secrets/{secret}" for secret in proxy["secrets"]}
    wanted = set(re.findall(r"\{\$LUOTSI_[A-Z_]+:(/[^}]+)\}", _text()))
    assert wanted
    assert wanted <= mounted


def test_variables_without_default_are_set_by_compose(compose: Compose) -> None:
    wanted = set(re.findall(r"\{\$([A-Z_]+)\}", _text()))
    assert wanted == set(rules.services(compose)["proxy"]["environment"])


def test_caddy_accepts_the_configuration_as_it_is_formatted(program: str, proxy: Proxy) -> None:
    checked = subprocess.run(
        [program, "validate", "--config", str(proxy.configuration), "--adapter", "caddyfile"],
        env=proxy.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "not formatted" not in checked.stderr


def test_caddy_refuses_a_slip(program: str, proxy: Proxy, tmp_path: Path) -> None:
    broken = tmp_path / "Caddyfile"
    broken.write_text(proxy.configuration.read_text("utf-8").replace("reverse_proxy", "reverse_poxy"), "utf-8")
    checked = subprocess.run(
        [program, "validate", "--config", str(broken), "--adapter", "caddyfile"],
        env=proxy.environment,
        capture_output=True,
        check=False,
    )
    assert checked.returncode != 0


@pytest.mark.parametrize("path", ["/", "/chat"])
def test_front_door_leads_to_the_chat(proxy: Proxy, path: str) -> None:
    answer = proxy.ask(path)
    assert (answer.status, answer.all("Location")) == (302, ["/chat/"])


def test_plain_http_leads_to_https(proxy: Proxy) -> None:
    answer = proxy.ask("/chat/?lang=en", tls=False)
    assert (answer.status, answer.all("Location")) == (308, ["https://localhost/chat/?lang=en"])


@pytest.mark.parametrize("path", ["/chat/", "/chat/privacy?lang=fi", "/chat/static/main.js", "/chat/api/health"])
def test_chat_reaches_the_server(proxy: Proxy, server: StandIn, path: str) -> None:
    assert proxy.ask(path).status == 200
    assert server.paths[-1] == path


@pytest.mark.parametrize(
    "path",
    [
        "/version",
        "/status",
        "/model/parse",
        "/webhooks/rest/webhook",
        "/conversations/abc/tracker",
        "/chatter",
        "/chat/../webhooks/rest/webhook",
        "/chat/%2e%2e/webhooks/rest/webhook",
        "//model/parse",
    ],
)
def test_everything_else_stays_outside(proxy: Proxy, server: StandIn, path: str) -> None:
    before = len(server.paths)
    assert proxy.ask(path).status == 404
    assert len(server.paths) == before


@pytest.mark.parametrize("channel", ["telegram", "whatsapp", "messenger"])
def test_platforms_reach_their_webhook(proxy: Proxy, server: StandIn, channel: str) -> None:
    assert proxy.ask(f"/webhooks/{channel}/webhook").status == 200
    assert server.paths[-1] == f"/webhooks/{channel}/webhook"


@pytest.mark.parametrize("path", ["/webhooks/telegram", "/webhooks/telegram/webhook/x", "/webhooks/telegram/"])
def test_only_the_webhook_itself_is_let_through(proxy: Proxy, server: StandIn, path: str) -> None:
    before = len(server.paths)
    assert proxy.ask(path).status == 404
    assert len(server.paths) == before


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-real-ip", "forwarded"])
def test_server_never_learns_where_a_customer_claims_to_be(proxy: Proxy, server: StandIn, name: str) -> None:
    proxy.ask("/chat/", headers={name: "192.0.2.7"})
    assert "192.0.2.7" not in str(server.headers[-1])


def test_server_learns_the_address_that_the_proxy_sees(proxy: Proxy, server: StandIn) -> None:
    proxy.ask("/chat/")
    assert server.headers[-1]["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("name", OWN_HEADERS)
def test_header_is_sent_once_with_what_the_server_says(proxy: Proxy, name: str) -> None:
    assert len(proxy.ask("/chat/").all(name)) == 1


def test_servers_own_policy_wins(proxy: Proxy) -> None:
    answer = proxy.ask("/chat/")
    assert answer.all("Content-Security-Policy") == [SERVER_POLICY]
    assert answer.all("Cache-Control") == ["no-cache"]


@pytest.mark.parametrize("name", OWN_HEADERS)
@pytest.mark.parametrize("path", ["/", "/version"])
def test_header_is_sent_once_with_what_the_proxy_says(proxy: Proxy, path: str, name: str) -> None:
    assert len(proxy.ask(path).all(name)) == 1


@pytest.mark.parametrize("name", OWN_HEADERS)
@pytest.mark.parametrize("path", ["/chat/", "/chat/api/messages"])
def test_header_is_sent_once_with_an_error(lonely_proxy: Proxy, path: str, name: str) -> None:
    assert len(lonely_proxy.ask(path).all(name)) == 1


@pytest.mark.parametrize("name", ["Server", "Via", "Access-Control-Allow-Credentials"])
def test_header_that_helps_nobody_is_left_out(proxy: Proxy, name: str) -> None:
    assert proxy.ask("/chat/").all(name) == []


def test_body_that_is_too_large_is_refused(proxy: Proxy, server: StandIn) -> None:
    before = len(server.paths)
    assert proxy.ask("/chat/api/messages", method="POST", body=TOO_LARGE).status == 413
    assert len(server.paths) == before


def test_body_of_the_largest_message_passes(proxy: Proxy) -> None:
    assert proxy.ask("/chat/api/messages", method="POST", body=b"x" * 16 * 1024).status == 200


def test_customer_is_told_in_both_languages_that_the_server_is_away(lonely_proxy: Proxy) -> None:
    answer = lonely_proxy.ask("/chat/")
    assert answer.status == 502
    assert answer.all("Content-Type") == ["text/html; charset=utf-8"]
    assert answer.body == (ROOT / "deploy" / "unavailable" / "index.html").read_bytes()


def test_chat_program_gets_a_plain_error(lonely_proxy: Proxy) -> None:
    answer = lonely_proxy.ask("/chat/api/messages", method="POST", body=b"{}")
    assert (answer.status, answer.body) == (502, b"502")


def test_failure_is_logged_without_who_asked_and_what(lonely_proxy: Proxy) -> None:
    lonely_proxy.ask("/chat/?canary=query", headers={"User-Agent": "canary-agent", "Authorization": "Bearer canary"})
    failures = [line for line in lonely_proxy.log.splitlines() if '"status":502' in line]
    assert failures
    assert "canary" not in lonely_proxy.log
    assert not [line for line in failures if "127.0.0.1" in line or "::1" in line]


def test_success_is_not_logged(proxy: Proxy) -> None:
    proxy.ask("/chat/")
    assert '"status":200' not in proxy.log


def test_unavailable_page_speaks_both_languages_and_fetches_nothing() -> None:
    page = (ROOT / "deploy" / "unavailable" / "index.html").read_text("utf-8")
    assert 'lang="fi"' in page
    assert 'lang="en"' in page
    assert not re.search(r"<(script|style|link|img)\b", page)


def test_default_console_is_the_one_that_compose_starts(compose: Compose) -> None:
    match = re.search(r"reverse_proxy \{\$LUOTSI_CONSOLE:(?P<host>[a-z]+):(?P<port>\d+)\}", _text())
    assert match is not None
    service = rules.services(compose)[match["host"]]
    assert service["environment"]["LUOTSI_CONSOLE_PORT"] == match["port"]
    exposed = [i for i in dockerfile.parse((ROOT / "Dockerfile").read_text("utf-8")) if i.name == "EXPOSE"]
    assert match["port"] in exposed[-1].words


@pytest.mark.parametrize("path", ["/", "/sign-in", "/health"])
def test_the_console_is_on_its_own_host_name_only(proxy: Proxy, server: StandIn, path: str) -> None:
    assert proxy.ask(path, host=CONSOLE_HOST).status == 200
    assert server.paths[-1] == path
    before = len(server.paths)
    assert proxy.ask(path).status in (302, 404)
    assert len(server.paths) == before


def test_the_chat_is_not_on_the_console_s_host_name_by_a_way_of_its_own(proxy: Proxy, server: StandIn) -> None:
    proxy.ask("/chat/", host=CONSOLE_HOST, headers={"X-Forwarded-For": "192.0.2.7"})
    assert server.headers[-1]["x-forwarded-for"] == "127.0.0.1"
    assert server.headers[-1]["x-forwarded-proto"] == "https"
    assert server.headers[-1]["host"] == CONSOLE_HOST


def test_other_networks_do_not_reach_the_console(
    program: str, server: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("closed")
    before = len(server.paths)
    with Proxy(program, folder, server.port, staff_networks="192.0.2.0/24 2001:db8::/32") as closed:
        assert closed.ask("/sign-in", host=CONSOLE_HOST).status == 403
        assert closed.ask("/chat/").status == 200
    assert server.paths[before:] == ["/chat/"]


def test_plain_http_leads_to_the_console_over_https(proxy: Proxy) -> None:
    answer = proxy.ask("/sign-in", tls=False, host=CONSOLE_HOST)
    assert (answer.status, answer.all("Location")) == (308, [f"https://{CONSOLE_HOST}/sign-in"])
