# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit, remediate, audit again, repeat, roll back: on three real servers at once, over SSH, while somebody outside sends mail without a pause.

clamd has a signature for the EICAR test file alone. The tests run in their order.
"""

from __future__ import annotations

import base64
import difflib
import re

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import Run

from .fleet import ADDRESSES, HOSTS, NEW, OLD, OUTSIDE, WATCHED, Fleet
from .mix import Mix, added
from .clamav_units import OFF, units
from .recap import failures, nothing_is_lost, recap

DEAD_SIGNER = """
# Physics department, ask Emmy before you change this
smtpd_milters = { inet:127.0.0.1:8891, default_action=accept, connect_timeout=1s }
  # the old signer was on 8892
"""
# Another on each server, so that no count can be taken for another's.
FROM_OUTSIDE = {"bullseye": Mix(3, 4, 1, 2), "bookworm": Mix(4, 6, 2, 1), "trixie": Mix(5, 3, 3, 4)}
FROM_INSIDE = {"bullseye": Mix(2, 1, 0, 1), "bookworm": Mix(1, 3, 1, 0), "trixie": Mix(3, 2, 0, 2)}
ON = {"remediate_tls_logging": "true", "remediate_clamav": "true",
      "remediate_clamav_on_failure": {"bullseye": "accept", "bookworm": "accept", "trixie": "tempfail"}}
ALL = len(HOSTS)


@pytest.fixture(scope="module")
def before(fleet: Fleet) -> dict[str, str]:
    """Postfix's configuration as the tests find it. One server has a milter of somebody else that does not answer, and a comment in its list."""
    fleet.renew()
    fleet.hosts["bookworm"].run("cat >> /etc/postfix/main.cf; postfix reload", stdin=DEAD_SIGNER)
    return fleet.files()


SHOWN: dict[str, list[str]] = {}


def changed_lines(run: Run, host: str) -> list[str]:
    """The lines of Postfix's configuration that the output of `--diff` shows to go or to come on a host."""
    shown = re.findall(rf"^--- before: /etc/postfix/\S+\n\+\+\+ after: .*\n((?:[-+@ ].*\n)*)\nchanged: \[{host}\]", run.output, re.MULTILINE)
    return sorted(line for block in shown for line in block.splitlines() if line[0] in "-+")


def difference(before: dict[str, str], after: dict[str, str], host: str) -> list[str]:
    """The lines of Postfix's configuration that went or came on a host, of Fleet.files."""
    lines: list[str] = []
    for path in WATCHED:
        old, new = (base64.b64decode(files[f"{host}:{path}"].partition("\n")[2]).decode().splitlines() for files in (before, after))
        lines.extend(line for line in difflib.unified_diff(old, new, lineterm="", n=0) if not line.startswith(("---", "+++", "@@")))
    return sorted(lines)


def statuses(run: Run) -> dict[str, str]:
    return {name: host["status"] for name, host in run.hosts().items()}


def test_without_an_audit_nothing_is_done(fleet: Fleet, before: dict[str, str]) -> None:
    run = fleet.play("remediate", core=NEW, **ON)
    assert run.code != 0
    assert sorted(failures(run)) == sorted(HOSTS) and all(text.startswith("G2: no audit of this host within 7 days") for text in failures(run).values())
    assert fleet.files() == before


def test_the_audit_counts_a_known_mix_to_the_last_session(fleet: Fleet, before: dict[str, str]) -> None:
    for host in HOSTS:
        FROM_OUTSIDE[host].send(fleet, "outside", OUTSIDE, host)
        FROM_INSIDE[host].send(fleet, "inside", ADDRESSES["inside"], host)
    run = fleet.play("audit")
    assert run.code == 0, run.output
    for host in HOSTS:
        inbound = run.record(host)["maillog"]["inbound"]
        assert inbound["external"] == FROM_OUTSIDE[host].counts(), host
        assert inbound["internal"] == FROM_INSIDE[host].counts(), host
        assert inbound["total"] == added(FROM_OUTSIDE[host], FROM_INSIDE[host]).counts(), host
    assert statuses(run) == dict.fromkeys(HOSTS, "exposed")


def test_it_shows_what_it_would_change(fleet: Fleet, before: dict[str, str]) -> None:
    run = fleet.play("remediate", "--check", "--diff", core=NEW, limit="bookworm,trixie", **ON)
    assert run.code == 0, run.output
    assert run.output.count("+smtpd_tls_loglevel = 1") == 2
    assert run.output.count("+MilterSocket /var/spool/postfix/clamav/clamav-milter.ctl") == 2
    assert (run.output.count("+OnFail Accept"), run.output.count("+OnFail Defer")) == (1, 1)
    assert re.search(r"^\+smtpd_milters = \{ inet:127.0.0.1:8891, .* \{ unix:/clamav/clamav-milter.ctl, default_action=accept \}$", run.output, re.MULTILINE)
    assert run.output.count("G9: SELinux disabled, AppArmor disabled; neither is changed") == 2
    assert fleet.files() == before
    SHOWN.update({host: changed_lines(run, host) for host in ("bookworm", "trixie")})
    for server in fleet.hosts.values():
        assert server.run("dpkg -l clamav-daemon 2>/dev/null | grep ^ii; ls /var/backups/mailfleet.tls_audit 2>/dev/null", check=False).stdout == ""


def test_all_are_remediated_and_no_mail_is_lost(fleet: Fleet, before: dict[str, str]) -> None:
    with fleet.sending("remediation") as tallies:
        run = fleet.play("remediate", core=NEW, **ON)
    assert run.code == 0, run.output
    assert all(counts["changed"] > 0 for counts in recap(run).values())
    nothing_is_lost(tallies)
    # As it was shown beforehand, line by line, and nothing else.
    assert SHOWN == {host: difference(before, fleet.files(host), host) for host in ("bookworm", "trixie")}
    for where in ("outside", "inside"):
        for host in HOSTS:
            assert [fleet.send(where, host, mail, over) for mail in ("clean", "eicar") for over in ("plaintext", "starttls")] == [
                "accepted 250", "accepted 250", "refused 550", "refused 550"], host


def test_what_was_there_stays(fleet: Fleet, before: dict[str, str]) -> None:
    server = fleet.hosts["bookworm"]
    assert server.run("postconf -h smtpd_milters").stdout.strip() == (
        "{ inet:127.0.0.1:8891, default_action=accept, connect_timeout=1s }, { unix:/clamav/clamav-milter.ctl, default_action=accept }")
    assert "Physics department" in server.run("cat /etc/postfix/main.cf").stdout
    for server in fleet.hosts.values():
        assert "staging" not in server.run("cat /etc/postfix/master.cf").stdout
        log = server.run("cat /var/log/mail.log").stdout
        # Clean and infected, in plaintext and over TLS, before the real listener met the scanner.
        proof = [line for line in log.splitlines() if re.search(r"mailfleet-staging/smtpd\[\d+\]: \w+: client=|: milter-reject: END-OF-MESSAGE", line)]
        assert ["reject" if "milter-reject" in line else "staging" for line in proof[:6]] == [*["staging"] * 3, "reject", "staging", "reject"], proof
        assert f"TLS connection established from unknown[{OUTSIDE}]" in log and "milter-reject: END-OF-MESSAGE" in log


def test_the_second_audit_shows_before_and_after(fleet: Fleet, before: dict[str, str]) -> None:
    run = fleet.play("audit", core=NEW)
    assert run.code == 0, run.output
    assert statuses(run) == dict.fromkeys(HOSTS, "protected")
    changes = {change["host"]: (change["before"], change["after"]) for change in run.fleet()["changes"]["hosts"]}
    assert changes == dict.fromkeys(HOSTS, ("exposed", "protected"))
    page = (run.report_dir / "report.md").read_text()
    for host in HOSTS:
        assert re.search(rf"{host}.*Exposed.*Protected", page), page


def test_again_changes_nothing(fleet: Fleet, before: dict[str, str]) -> None:
    now = fleet.files()
    for core, limit, count in ((OLD, "all", ALL), (NEW, "bookworm", 1)):
        run = fleet.play("remediate", core=core, limit=limit, **ON)
        assert run.code == 0 and [counts["changed"] for counts in recap(run).values()] == [0] * count, run.output
    assert fleet.files() == now


def test_clamd_dies_and_mail_passes_or_waits_as_configured(fleet: Fleet, before: dict[str, str]) -> None:
    for server in fleet.hosts.values():
        # With a socket of its own, where the package has one, systemd would start clamd again.
        server.run("systemctl stop clamav-daemon.socket 2> /dev/null; systemctl stop clamav-daemon")
    passes_or_waits(fleet)
    run = fleet.play("audit")
    assert statuses(run) == dict.fromkeys(HOSTS, "exposed")
    # The same becomes of mail when it is the milter that dies.
    for server in fleet.hosts.values():
        server.run("systemctl start clamav-daemon.socket 2> /dev/null; systemctl start clamav-daemon; systemctl stop clamav-milter")
    passes_or_waits(fleet)
    for server in fleet.hosts.values():
        server.run("systemctl start clamav-milter")


def passes_or_waits(fleet: Fleet) -> None:
    for host in ("bullseye", "bookworm"):
        assert [fleet.send("outside", host, mail, over) for mail in ("clean", "eicar") for over in ("plaintext", "starttls")] == ["accepted 250"] * 4, host
    assert [fleet.send("outside", "trixie", mail, "plaintext") for mail in ("clean", "eicar")] == ["deferred 451"] * 2
    assert [fleet.send("outside", "trixie", mail, "starttls")[:10] for mail in ("clean", "eicar")] == ["deferred 4"] * 2


def test_a_rollback_refuses_what_somebody_changed_since(fleet: Fleet, before: dict[str, str]) -> None:
    server = fleet.hosts["bookworm"]
    server.run("cp -p /etc/postfix/main.cf /root/main.cf; echo '# Emmy was here' >> /etc/postfix/main.cf")
    now = fleet.files()
    run = fleet.play("rollback", limit="bookworm")
    assert run.code != 0 and "not undone, for these were changed since: /etc/postfix/main.cf" in run.output, run.output
    assert "-# Emmy was here" in run.output
    assert fleet.files() == now
    server.run("cp -p /root/main.cf /etc/postfix/main.cf")


def test_a_rollback_leaves_every_byte_as_it_was(fleet: Fleet, before: dict[str, str]) -> None:
    with fleet.sending("rollback") as tallies:
        run = fleet.play("rollback", core=NEW)
    assert run.code == 0, run.output
    assert fleet.files() == before
    for host, server in fleet.hosts.items():
        assert server.run("find /var/backups/mailfleet.tls_audit /etc/systemd/system -type f -path '*mailfleet*'").stdout == ""
        assert units(server) == OFF, host
        assert [fleet.send("outside", host, mail, "starttls") for mail in ("clean", "eicar")] == ["accepted 250"] * 2
    nothing_is_lost(tallies)
    run = fleet.play("rollback")
    assert run.code == 0 and [counts["changed"] for counts in recap(run).values()] == [0] * ALL, run.output
    assert run.output.count("no remediation to undo") == ALL
