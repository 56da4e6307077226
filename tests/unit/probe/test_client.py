# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sender says of servers that answer in every way, over real sockets; and that none of them holds it up."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import certificate, client, pace, rounds, test_mail
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.view import view
from ansible_collections.mailfleet.tls_audit.tests.unit.probe.smtp_server import Server, Session, make_certificate

TO, FROM = "av@example.org", "probe@example.net"
Start = Callable[..., Server]


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "mx.pem")


@pytest.fixture
def start(pem: Path) -> Iterator[Start]:
    running: list[Server] = []

    def begin(**settings: Any) -> Server:
        running.append(Server(**{"certificate": pem, **settings}))
        return running[-1]

    yield begin
    for server in running:
        server.close()


def deliver(server: Server, starttls: bool = False, timeout: float = 5, **settings: Any) -> client.Delivery:
    to = client.Server("127.0.0.1", server.port, "probe.example.net", timeout, **settings)
    return client.deliver_to(to, FROM, TO, test_mail.message("clean", "run1-clean-plaintext", FROM, TO), starttls)


def never(_session: Session, _line: str) -> str:
    time.sleep(30)
    return ""


def drips(session: Session, _line: str) -> str:
    """A byte now and then: no single wait is ever too long."""
    for _number in range(100):
        session.connection.sendall(b"2")
        time.sleep(0.2)
    return ""


@pytest.mark.parametrize("starttls", [False, True])
def test_taken(start: Start, pem: Path, starttls: bool) -> None:
    server = start()
    found = deliver(server, starttls)
    assert (found.verdict, found.stage, found.code, found.cause) == ("accepted", "data", 250, None)
    assert b"Message-ID: <run1-clean-plaintext@test.invalid>" in server.mails[0]
    if starttls:
        der = ssl.PEM_cert_to_DER_cert(pem.read_text()[pem.read_text().index("-----BEGIN CERT"):])
        assert found.tls["certificate_sha256"] == certificate.describe(der)["sha256"] and found.tls["expired"] is False
    assert found.extensions == ["STARTTLS", "SIZE 1000000", "HELP"]


@pytest.mark.parametrize("settings, starttls, verdict, stage, cause", [
    ({"banner": "554 no"}, False, "refused", "connect", None),
    ({"banner": "421 busy"}, False, "deferred", "connect", None),
    ({"answers": {"RCPT": lambda *_: "451 later"}}, False, "deferred", "rcpt", None),
    ({"answers": {"RCPT": lambda *_: "550 no such user"}}, False, "refused", "rcpt", None),
    ({"answers": {"MAIL": lambda *_: "530 5.7.0 Must issue a STARTTLS command first"}}, False, "no_plaintext", "mail", None),
    ({"answers": {"MAIL": lambda *_: "530 5.7.0 Authentication required"}}, False, "refused", "mail", None),
    ({"answers": {"DATA": lambda *_: "451 later"}}, False, "deferred", "data", None),
    ({"taken": "550 5.7.1 virus"}, True, "refused", "data", None),
    ({"extensions": ["SIZE"]}, True, "no_starttls", "starttls", None),
    ({"answers": {"STARTTLS": lambda *_: "454 TLS not available"}}, True, "deferred", "starttls", None),
    ({"answers": {"STARTTLS": lambda session, _line: session.say("220 go") or None}}, True, "tls_failed", "handshake", "lost"),
    ({"answers": {"DATA": lambda *_: None}}, False, "broken", "data", "lost"),
    ({"answers": {"QUIT": lambda *_: None}}, False, "accepted", "data", None),
    ({"taken": "hello"}, False, "broken", "data", None),
    ({"answers": {"DATA": lambda *_: "250 what"}}, False, "broken", "data", None),
])
def test_every_answer(start: Start, settings: dict[str, Any], starttls: bool, verdict: str, stage: str, cause: str | None) -> None:
    found = deliver(start(**settings), starttls)
    assert (found.verdict, found.stage, found.cause) == (verdict, stage, cause), found.text


@pytest.mark.parametrize("verb", ["EHLO", "RCPT", "DATA", "STARTTLS"])
@pytest.mark.parametrize("how", [never, drips])
def test_a_server_that_hangs_ends_in_time(start: Start, verb: str, how: Any) -> None:
    server, begin = start(answers={verb: how}), time.monotonic()
    found = deliver(server, verb == "STARTTLS", timeout=1, seconds=2)
    assert time.monotonic() - begin < 6
    assert (found.verdict, found.cause) == ("broken", "timeout"), found.text


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    found = client.greet(client.Server("127.0.0.1", port, "x", 5))
    assert (found.verdict, found.cause, found.stage) == ("broken", "refused", "connect")
    shown = view("127.0.0.1", port, "x", 5)
    assert (shown["starttls"], shown["certificates"], shown["verdict"]) == (None, [], "broken")


def test_masked(start: Start) -> None:
    shown = view("127.0.0.1", start(extensions=["XXXXXXXA", "SIZE"]).port, "x", 5)
    assert (shown["starttls"], shown["masked"], shown["tls"]) == (False, True, None)
    assert view("127.0.0.1", start(banner="220 ****************").port, "x", 5)["masked"]


def test_a_view_has_all_certificates_of_a_server(start: Start, pem: Path) -> None:
    shown = view("127.0.0.1", start().port, "x", 5)
    assert shown["starttls"] is True and shown["certificates"] == [shown["tls"]["certificate_sha256"]] and shown["verdict"] == "accepted"


def test_tls_from_the_first_byte_and_a_log_in_over_tls_alone(start: Start) -> None:
    server = start(implicit=True, extensions=["AUTH PLAIN"], answers={"AUTH": lambda *_: "235 welcome"})
    found = deliver(server, True, implicit=True, login=("probe", "secret"))
    assert found.verdict == "accepted" and any(line.startswith("AUTH") for line in server.lines) and found.tls["version"]
    plain = start(extensions=["AUTH PLAIN"])
    assert deliver(plain, login=("probe", "secret")).verdict == "accepted" and not any(line.startswith("AUTH") for line in plain.lines)
    refused = start(extensions=["STARTTLS", "AUTH PLAIN"], answers={"AUTH": lambda *_: "535 no"})
    assert deliver(refused, True, login=("probe", "secret")).stage == "auth"


@pytest.mark.parametrize("kind, begin, end, expired", [
    ("rsa", "20200101000000Z", "20210101000000Z", True), ("ec", "20200101000000Z", "20490101000000Z", False),
    ("ec", "20200101000000Z", "20600101000000Z", False),
])
def test_the_end_of_a_certificate(tmp_path: Path, kind: str, begin: str, end: str, expired: bool) -> None:
    """As openssl writes it: UTCTime, and GeneralizedTime from 2050 on."""
    path = make_certificate(tmp_path / "x.pem", kind)
    text = path.read_text()
    (tmp_path / "config").write_text(
        f"[ca]\ndefault_ca=x\n[x]\ndatabase={tmp_path}/index\nserial={tmp_path}/serial\nnew_certs_dir={tmp_path}\npolicy=p\ndefault_md=sha256\n"
        "[p]\ncommonName=supplied\n")
    (tmp_path / "index").write_text("")
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "key").write_text(text[:text.index("-----BEGIN CERT")])
    subprocess.run(["openssl", "req", "-new", "-key", tmp_path / "key", "-subj", "/CN=x", "-out", tmp_path / "request"], check=True, capture_output=True)
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", tmp_path / "config", "-keyfile", tmp_path / "key", "-in", tmp_path / "request",
                    "-startdate", begin, "-enddate", end, "-out", tmp_path / "out", "-notext"], check=True, capture_output=True)
    found = certificate.describe(ssl.PEM_cert_to_DER_cert((tmp_path / "out").read_text()))
    assert (found["not_after"], found["expired"]) == (f"{end[:4]}-01-01T00:00:00+00:00", expired)


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x02", b"x" * 500, bytes(range(256)) * 8])
def test_what_is_no_certificate_has_a_fingerprint_and_no_end(der: bytes) -> None:
    found = certificate.describe(der)
    assert len(found["sha256"]) == 64 and found["not_after"] is None and found["expired"] is None


def send(server: Server, greylist_wait: float = 0, interval: float = 0, naps: list[float] | None = None) -> list[dict[str, Any]]:
    slept = naps if naps is not None else []
    to = client.Server("127.0.0.1", server.port, "probe.example.net", 5)
    sending = rounds.Rounds(to, TO, pace.Pace(interval, slept.append), greylist_wait, slept.append)
    return sending.run(rounds.steps("run1", ["clean", "eicar"], ["plaintext", "starttls"], FROM, True))


def test_each_mail_has_a_message_id_a_subject_and_a_sender_of_its_own(start: Start) -> None:
    server = start()
    results = send(server)
    assert [result["verdict"] for result in results] == ["accepted"] * 4 and [result["attempts"] for result in results] == [1] * 4
    for name in ("message_id", "subject", "sender"):
        assert len({result[name] for result in results}) == 4
    given = [line.partition("<")[2].partition(">")[0] for line in server.lines if line.upper().startswith("MAIL")]
    assert given == [result["sender"] for result in results]
    assert [b"test.com" in mail for mail in server.mails] == [False, False, True, True]


def test_it_waits_before_every_mail_and_the_first_one_too(start: Start) -> None:
    naps: list[float] = []
    send(start(), interval=10, naps=naps)
    assert naps == [10] * 4


def test_greylisting_is_tried_once_more_from_the_same_sender(start: Start) -> None:
    seen: list[str] = []
    senders: list[str] = []

    def rcpt(_session: Session, _line: str) -> str:
        known = senders[-1] in seen
        seen.append(senders[-1])
        return "250 ok" if known else "451 4.7.1 Greylisted"

    def mail(_session: Session, line: str) -> str:
        senders.append(line.split()[1])
        return "250 ok"

    naps: list[float] = []
    server = start(answers={"RCPT": rcpt, "MAIL": mail})
    results = send(server, 600, naps=naps)
    assert [(result["verdict"], result["attempts"]) for result in results] == [("accepted", 2)] * 4
    assert naps == [600] and len(server.mails) == 4
    # For ever: twice and no more, and without a second try once.
    for wait, attempts in ((600, 2), (0, 1)):
        naps = []
        results = send(start(answers={"RCPT": lambda *_: "450 later"}), wait, naps=naps)
        assert [(result["verdict"], result["attempts"]) for result in results] == [("deferred", attempts)] * 4 and naps == [600] * (attempts - 1)


def test_eicar_is_not_sent_where_clean_mail_does_not_get_in(start: Start) -> None:
    server = start(answers={"RCPT": lambda *_: "550 no such user"})
    results = send(server)
    assert [result["verdict"] for result in results] == ["refused", "refused", "not_sent", "not_sent"] and not server.mails


@pytest.mark.parametrize("host, least", [
    ("127.0.0.1", 0), ("127.8.9.1", 0), ("::1", 0), ("localhost", 0), ("192.0.2.1", 0), ("198.51.100.255", 0), ("203.0.113.7", 0),
    ("192.0.3.1", 10), ("203.0.112.7", 10), ("10.0.0.1", 10), ("mx.example.org", 10), ("127.0.0.1.example.org", 10), ("127.1", 10), ("999.0.2.1", 10),
    ("0x7f.0.0.1", 10), ("2130706433", 10), ("203.0.113.7\n", 10), ("localhost.example.org", 10), ("", 10),
])
def test_the_interval_that_no_setting_goes_below(host: str, least: int) -> None:
    """Only an address is exempt, loopback's or one that is reserved for documentation: a name may become anybody's."""
    assert pace.least_interval(host) == least
