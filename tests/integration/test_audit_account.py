# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit account of docs/audit-account.md, over a real sshd that it knows the key of: the same figures as root's, and nothing written."""

from __future__ import annotations

import pathlib
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import journals

from . import debian_root, ssh_host
from .playbooks import ROOT, ansible_playbooks
from .ssh_host import SshHost

LOG = ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/A-loglevel1/maillog.iso"
# Files as rsyslog and journald of Debian leave them (rsyslog.conf: FileGroup adm, FileCreateMode 0640; tmpfiles.d: systemd-journal).
PREPARE = """
set -e
install -m 640 -g adm /test/maillog /var/log/mail.log
journal=/var/log/journal/$(cat /etc/machine-id)
install -d -m 2750 -g systemd-journal "$journal"
install -m 640 -g systemd-journal /test/system.journal "$journal"
AUDIT_KEY=$(cat /test/key.pub)
"""
# What differs from run to run.
PASSING = ("performance",)


def guide() -> str:
    """The page's commands that make the account; test_old_hosts.py's account of that name has more rights."""
    block = re.search(r"```sh\n(.*?)```", (ROOT / "docs/audit-account.md").read_text(), re.DOTALL)
    assert block
    return block[1].replace("auditor", "mailaudit")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: the audit account was NOT tried: {reason}")
    seed = tmp_path_factory.mktemp("seed")
    log = LOG.read_bytes()
    (seed / "maillog").write_bytes(log)
    journals.write(seed / "system.journal", journals.entries_of(log))
    (seed / "prepare").write_text("echo 0123456789abcdef0123456789abcdef > /etc/machine-id\n" + PREPARE + guide())
    with ssh_host.running(ssh_host.SERVER, seed) as started:
        yield started


@pytest.fixture(scope="module")
def known_hosts(host: SshHost) -> pathlib.Path:
    path = host.folder / "known_hosts"
    path.write_text("127.0.0.1 " + host.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub"))
    return path


def line(host: SshHost, known_hosts: pathlib.Path, name: str, user: str, **variables: str) -> str:
    """A host's line whose key has to be among the known ones."""
    words = {
        "ansible_host": "127.0.0.1", "ansible_user": user, "ansible_ssh_private_key_file": str(host.folder / "key"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null", **variables}
    return " ".join([name, *(f"{key}='{value}'" for key, value in words.items())]) + "\n"


def lasting(record: dict[str, Any]) -> dict[str, Any]:
    assert record["status"] == "audited", record["reason"]
    return {name: value for name, value in record["maillog"].items() if name not in PASSING}


def test_the_account_sees_what_root_sees(host: SshHost, known_hosts: pathlib.Path, tmp_path: pathlib.Path) -> None:
    host.run("touch", "/before")
    lines = "".join(line(host, known_hosts, f"{user}-{place}", user, audit_timezone="UTC", audit_journal=journal)
                    for user in ("root", "mailaudit") for place, journal in (("file", "never"), ("journal", "always")))
    run = host.audit(ansible_playbooks()[-1], tmp_path, lines)
    assert run.code == 0, run.output
    records = {name: run.record(name) for name in ("root-file", "root-journal", "mailaudit-file", "mailaudit-journal")}
    for place in ("file", "journal"):
        assert lasting(records[f"mailaudit-{place}"]) == lasting(records[f"root-{place}"])
        assert records[f"mailaudit-{place}"]["maillog"]["inbound"]["total"]["sessions"]["total"] == 72
    ours, roots = records["mailaudit-file"]["mailserver"], records["root-file"]["mailserver"]
    # The certificate's private key is root's alone, and stays so.
    for answer in ("key_matches", "valid"):
        assert (roots["certificate"].pop(answer), ours["certificate"].pop(answer)) == (True, None)
    assert {name: value for name, value in ours.items() if name != "unseen"} == {name: value for name, value in roots.items() if name != "unseen"}
    # What it may not see is said, and root's own list is part of it.
    assert all(entry in ours["unseen"] for entry in roots["unseen"])
    changed = host.run("find", "/home/mailaudit", "/var", "/etc", "/tmp", "-xdev", "-newer", "/before", "-type", "f", "-user", "mailaudit")
    assert changed == ""


def test_it_is_no_more_than_an_account(host: SshHost) -> None:
    assert "mailaudit" not in host.run("sh", "-c", "grep -rh mailaudit /etc/sudoers /etc/sudoers.d || true")
    assert set(host.run("id", "-nG", "mailaudit").split()) == {"mailaudit", "adm", "systemd-journal"}


@pytest.mark.parametrize(("known", "said"), [("none", "Host key verification failed"), ("another", "REMOTE HOST IDENTIFICATION HAS CHANGED")])
def test_a_host_with_an_unknown_key_is_not_logged_in_to(host: SshHost, known_hosts: pathlib.Path, tmp_path: pathlib.Path, known: str, said: str) -> None:
    path = tmp_path / "known_hosts"
    path.write_text("")
    if known == "another":
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
        path.write_text("127.0.0.1 " + (tmp_path / "other.pub").read_text())
    run = host.audit(ansible_playbooks()[-1], tmp_path, line(host, path, "mx", "mailaudit"),
                     # No connection that an earlier test left open.
                     ANSIBLE_SSH_CONTROL_PATH_DIR=str(host.folder / known))
    record = run.record("mx")
    assert (record["status"], record["maillog"]) == ("unreachable", None)
    assert said in record["reason"]["detail"]
