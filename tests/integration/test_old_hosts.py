# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with Python 2.7 alone and hosts with none, over real SSH, with each ansible-core: the same figures, or a reason that says what to do."""

from __future__ import annotations

import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

from . import debian_root, old_logs, ssh_host
from .playbooks import Run, ansible_playbooks, core_version
from .ssh_host import PASSWORD, SshHost

ZONE = "Asia/Tokyo"
PLAIN, ODD, SECRET, BIG = "/test/logs/maillog*", "/test/logs/odd/?aillog*", "/test/logs/secret/maillog", "/test/big/maillog*"
# Red Hat 6 has a copy of the zone's file there, newer ones and Debian a link.
PREPARE = {
    "python2": f"ln -sf /usr/share/zoneinfo/{ZONE} /etc/localtime\ncp -a /test/usual/. /var/log/\n",
    "bare": f"rm /etc/localtime\ncp /usr/share/zoneinfo/{ZONE} /etc/localtime\ncp -a /test/usual/. /var/log/\n",
}
CORES = pytest.mark.parametrize(
    "ansible_playbook", ansible_playbooks(), ids=lambda path: "core-" + ".".join(str(part) for part in core_version(path)), scope="module")
OLD_CORE = next((path for path in ansible_playbooks() if core_version(path) == (2, 16)), None)


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """What the hosts have below /test."""
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: old hosts were NOT audited: {reason}")
    folder = tmp_path_factory.mktemp("seed")
    old_logs.fill(folder / "logs")
    log = (old_logs.LOG / "maillog.iso").read_bytes()
    for name, data in (("usual/maillog", log), ("big/maillog", log), ("big/maillog.1", b"2026-11-01T10:00:00+00:00 mx1 other: line\n" * 30000)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def start(kind: str, seed: pathlib.Path) -> Iterator[SshHost]:
    (seed / "prepare").write_text(PREPARE[kind])
    with ssh_host.running(kind, seed) as host:
        yield host


@pytest.fixture(scope="module")
def python2(seed: pathlib.Path) -> Iterator[SshHost]:
    yield from start("python2", seed)


@pytest.fixture(scope="module")
def bare(seed: pathlib.Path) -> Iterator[SshHost]:
    yield from start("bare", seed)


def line(host: SshHost, name: str, paths: list[str] | None = None, mode: str = "fetch", user: str = "auditor", **variables: str) -> str:
    if paths is not None:
        variables["audit_log_paths"] = json.dumps(paths)
    return host.line(name, user, audit_mode=mode, **variables)


def facts_of(run: Run, host: str) -> dict[str, Any]:
    """A host's maillog facts but for how long it took."""
    record = run.record(host)
    assert record["status"] == "audited", (record["reason"], run.output)
    del record["maillog"]["performance"]
    return record["maillog"]


def by_this_python(seed: pathlib.Path, paths: list[str]) -> dict[str, Any]:
    """The facts of the same files by the newest Python, with the paths that they have on the hosts."""
    facts = audit_logs([path.replace("/test", str(seed), 1) for path in paths], timezone=ZONE)
    del facts["performance"]
    return json.loads(json.dumps(facts).replace(str(seed), "/test"))


def same(facts: dict[str, Any]) -> Any:
    """Facts without the order of keys, and with what is null where a record leaves it out."""
    return {key: facts[key] for key in ("period", "mtas", "inbound", "services", "tls", "daily", "coverage", "sources", "logins")}


# --- Python 2.7

@pytest.mark.skipif(OLD_CORE is None, reason="LOUD: no ansible-core 2.16 among TEST_ANSIBLE_PLAYBOOKS, Python 2.7 was NOT tried")
def test_python_2_7_gives_the_figures_of_python_3(python2: SshHost, seed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    lines = line(python2, "plain", [PLAIN], "module") + line(python2, "odd", [ODD], "module") + line(python2, "usual", None, "auto")
    run = python2.audit(str(OLD_CORE), tmp_path, lines + line(python2, "fetched", None))
    assert same(facts_of(run, "plain")) == same(by_this_python(seed, [PLAIN]))
    odd, expected = same(facts_of(run, "odd")), same(by_this_python(seed, [ODD]))
    # Python 2.7 shows a name that is no UTF-8 in another way.
    assert [source.pop("path") for source in odd["sources"]] and [source.pop("path") for source in expected["sources"]]
    assert odd == expected
    assert facts_of(run, "usual") == facts_of(run, "fetched")
    records = {name: run.record(name) for name in ("usual", "fetched")}
    assert [record["settings"]["audit_mode"] for record in records.values()] == ["module", "fetch"]
    assert [record["mailserver"].pop("python") for record in records.values()] == ["2.7.18", None]
    assert records["usual"]["mailserver"] == records["fetched"]["mailserver"]


@CORES
def test_newer_cores_say_which_core_will_do(python2: SshHost, tmp_path: pathlib.Path, ansible_playbook: str) -> None:
    if core_version(ansible_playbook) == (2, 16):
        pytest.skip("ansible-core 2.16 runs modules there")
    lines = line(python2, "old", None, "module") + line(python2, "named", None, "module", ansible_python_interpreter="/usr/bin/python2.7")
    run = python2.audit(ansible_playbook, tmp_path, lines + line(python2, "auto", None, "auto"))
    for name in ("old", "named"):
        reason = run.record(name)["reason"]
        assert reason["kind"] == "python_too_old", reason
        assert "Python 2.7" in reason["detail"] and "make audit CORE=2.16" in reason["hint"] and "audit_mode=fetch" in reason["hint"], reason
    assert run.record("auto")["settings"]["audit_mode"] == "fetch"
    assert facts_of(run, "auto")["inbound"]["total"]["sessions"]["total"] == old_logs.SESSIONS


# --- no Python

@pytest.fixture(scope="module")
def fetched(bare: SshHost, tmp_path_factory: pytest.TempPathFactory, ansible_playbook: str) -> Run:
    """One run over the host without Python, by many names, in parallel."""
    folder = tmp_path_factory.mktemp("fetched")
    bare.run("touch", "/tmp/before")
    centos6 = {"ansible_port": str(ssh_host.CENTOS6_PORT), "more_ssh_options": "-o HostKeyAlgorithms=+ssh-rsa -o PubkeyAcceptedAlgorithms=+ssh-rsa"}
    root = {"audit_become": "true"}
    lines = [
        line(bare, "plain", [PLAIN]), line(bare, "odd", [ODD]), line(bare, "usual"), line(bare, "centos6", **centos6),
        line(bare, "busybox", [PLAIN], user="box"), line(bare, "limited", [BIG], audit_fetch_max_mib="1"), line(bare, "unlimited", [BIG]),
        line(bare, "too-large", ["/test/big/maillog.1"], audit_fetch_max_mib="1"),
        line(bare, "root", [SECRET], **root), line(bare, "terminal", [SECRET], user="needstty", **root),
        line(bare, "password", [SECRET], user="pass", ansible_become_password=PASSWORD, **root), line(bare, "missing-password", [SECRET], user="pass", **root),
        line(bare, "wrong-password", [SECRET], user="pass", ansible_become_password="wrong", **root),
        line(bare, "refused", [SECRET], user="plain"), line(bare, "nothing", ["/nowhere/*"]), line(bare, "a-link", ["/test/logs/maillog.7"]),
        line(bare, "bad-option", audit_since="yesterday"), line(bare, "no-shell", user="closed"), line(bare, "module", mode="module"),
        line(bare, "auto", mode="auto"),
    ]
    return bare.audit(ansible_playbook, folder, "".join(lines), ANSIBLE_LOCAL_TEMP=str(folder / "local"))


@CORES
def test_no_python_gives_the_figures_of_python_3(fetched: Run, seed: pathlib.Path) -> None:
    assert same(facts_of(fetched, "plain")) == same(by_this_python(seed, [PLAIN]))
    assert same(facts_of(fetched, "odd")) == same(by_this_python(seed, [ODD]))
    assert facts_of(fetched, "plain")["inbound"]["total"]["sessions"]["total"] == old_logs.SESSIONS
    assert len(facts_of(fetched, "odd")["sources"]) == len(old_logs.HOSTILE)


@CORES
@pytest.mark.parametrize("name", ["usual", "centos6", "auto", "root", "terminal", "password"])
def test_every_way_in_gives_the_same(fetched: Run, name: str) -> None:
    assert facts_of(fetched, name)["inbound"] == facts_of(fetched, "usual")["inbound"]
    assert fetched.record(name)["settings"]["audit_mode"] == "fetch"


@CORES
def test_busybox_alone_will_do(fetched: Run) -> None:
    assert facts_of(fetched, "busybox") == facts_of(fetched, "plain")
    assert fetched.record("busybox")["mailserver"] == fetched.record("plain")["mailserver"]


@CORES
def test_the_mail_server_is_seen(fetched: Run) -> None:
    server = fetched.record("usual")["mailserver"]
    assert (server["mta"]["name"], server["mta"]["version"][:3], server["python"]) == ("postfix", "3.5", None)
    assert server["starttls"]["offered"] is True and server["antivirus"]["state"] == "absent"
    assert server["certificate"]["readable"] is True and server["certificate"]["days_left"] > 0


@CORES
def test_more_than_the_limit_is_left_there_and_said(fetched: Run) -> None:
    limited, unlimited = facts_of(fetched, "limited"), facts_of(fetched, "unlimited")
    assert [source["status"] for source in unlimited["sources"]] == ["read", "read"]
    assert [source["status"] for source in limited["sources"]] == ["skipped", "read"]
    assert "fetch_max_mib" in limited["sources"][0]["reason"]
    assert "fetch_limit" in [notice["kind"] for notice in limited["coverage"]["notices"]]
    assert limited["inbound"] == unlimited["inbound"]


@CORES
@pytest.mark.parametrize(("name", "kind", "words"), [
    ("missing-password", "become", ["password"]), ("wrong-password", "become", ["password"]), ("refused", "no_permission", [SECRET, "Permission denied"]),
    ("nothing", "no_log", ["/nowhere/*"]), ("a-link", "no_log", ["/test/logs/maillog.7", "symbolic link"]), ("bad-option", "error", ["since", "yesterday"]),
    ("too-large", "error", ["maillog.1", "audit_fetch_max_mib"]), ("no-shell", "error", ["not available"]), ("module", "error", ["No usable Python"]),
])
def test_what_failed_is_named(fetched: Run, name: str, kind: str, words: list[str]) -> None:
    record = fetched.record(name)
    assert record["status"] == "failed" and record["reason"]["kind"] == kind, record["reason"]
    assert all(word in record["reason"]["detail"] for word in words), record["reason"]
    assert name != "module" or "audit_mode=fetch" in record["reason"]["hint"]


@CORES
def test_nothing_is_left_here_or_there(fetched: Run, bare: SshHost) -> None:
    left = list((fetched.report_dir.parent / "local").rglob("*"))
    assert left == []
    changed = bare.run("find", "/", "-xdev", "-newer", "/tmp/before", "!", "-name", "lastlog", "!", "-name", "wtmp", "!", "-name", "btmp").split()
    # sudo keeps its own books.
    assert [path for path in changed if not path.startswith("/var/lib/sudo") and path not in ("/var/log", "/run")] == []


@CORES
def test_without_the_tools_the_error_names_them(bare: SshHost, tmp_path: pathlib.Path, ansible_playbook: str) -> None:
    root = bare.root
    try:
        for taken in ("base64", "openssl", "od"):
            shutil.move(root / "usr/bin" / taken, root / "tmp" / taken)
        run = bare.audit(ansible_playbook, tmp_path, line(bare, "poor"))
        assert "none of base64, openssl, uuencode, od" in run.record("poor")["reason"]["detail"], run.record("poor")
    finally:
        for taken in ("base64", "openssl", "od"):
            shutil.move(root / "tmp" / taken, root / "usr/bin" / taken)
