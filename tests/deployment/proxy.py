"""The reverse proxy as a real program, between the tests and a stand-in for the server."""

from __future__ import annotations

import dataclasses
import datetime
import http.client
import os
import re
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).parents[2]
CADDYFILE = ROOT / "deploy" / "Caddyfile"
HOST = "localhost"
CONSOLE_HOST = "console.localhost"
SERVER_POLICY = "default-src 'self'"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What came back; `headers` keeps repetitions."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


class StandIn:
    """Answers as the server would and remembers what reached it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "StandIn"

            def do_GET(self) -> None:
                outer.paths.append(self.path)
                outer.headers.append({key.lower(): value for key, value in self.headers.items()})
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.send_response(200)
                self.send_header("Content-Security-Policy", SERVER_POLICY)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Cache-Control", "no-cache")
                self.send_header("Access-Control-Allow-Credentials", "true")
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_POST = do_GET

            def log_message(self, format: str, *arguments: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.port = self._server.server_port

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Proxy:
    """Caddy with deploy/Caddyfile, on free ports; runs between `with`."""

    def __init__(self, program: str, folder: Path, server_port: int, *, staff_networks: str = "127.0.0.0/8") -> None:
        self._program = program
        self._folder = folder
        self._log = folder / "caddy.log"
        self._http, self._https, health = _free_ports(3)
        self.health = health
        text = CADDYFILE.read_text("utf-8")
        for written, free in (("8080", self._http), ("8443", self._https), ("8081", health)):
            text = re.sub(rf"\b{written}\b", str(free), text)
        self.configuration = folder / "Caddyfile"
        self.configuration.write_text(text, "utf-8")
        certificate, key = _certificate(folder)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LUOTSI_SITE_ADDRESS": HOST,
            "LUOTSI_CONSOLE_SITE_ADDRESS": CONSOLE_HOST,
            "LUOTSI_CONSOLE_NETWORKS": staff_networks,
            "LUOTSI_CONSOLE": f"127.0.0.1:{server_port}",
            "LUOTSI_TLS_CERTIFICATE": str(certificate),
            "LUOTSI_TLS_KEY": str(key),
            "LUOTSI_SERVER": f"127.0.0.1:{server_port}",
            "LUOTSI_UNAVAILABLE": str(ROOT / "deploy" / "unavailable"),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the proxy has logged so far."""
        return self._log.read_text("utf-8")

    def __enter__(self) -> Proxy:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [self._program, "run", "--config", str(self.configuration), "--adapter", "caddyfile"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.health), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"Caddy does not listen:\n{self.log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        tls: bool = True,
        host: str = HOST,
    ) -> Answer:
        """Send one request as a browser would."""
        connection = http.client.HTTPConnection(HOST, self._https if tls else self._http, timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=self.environment["LUOTSI_TLS_CERTIFICATE"])
            plain = socket.create_connection((HOST, self._https), timeout=10)
            connection.sock = context.wrap_socket(plain, server_hostname=host)
        try:
            connection.request(method, path, body=body, headers={"Host": host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [int(item.getsockname()[1]) for item in sockets]
    for item in sockets:
        item.close()
    return ports


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName(CONSOLE_HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file
