# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A central log that holds the lines of many hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import parts, tally, workers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema

TLS = "Anonymous TLS connection established from x[192.0.2.1]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"


def session(host: str, process: int = 7, address: str = "192.0.2.1", tls: bool = False, counters: bool = True, day: str = "Nov 24") -> str:
    words = " ehlo=2 starttls=1 quit=1 commands=4" if tls else " ehlo=1 quit=1 commands=2"
    messages = [f"connect from x[{address}]", *([TLS] if tls else []), f"disconnect from x[{address}]{words if counters else ''}"]
    return "".join(f"{day} 10:00:0{second} {host} postfix/smtpd[{process}]: {message}\n" for second, message in enumerate(messages))


def audit(log: Path, text: str, **options: Any) -> dict[str, Any]:
    log.write_text(text)
    facts: dict[str, Any] = audit_logs([str(log)], timezone="UTC", **options)
    assert schema.check_maillog(json.loads(json.dumps(facts)))["hosts"].keys() == facts["hosts"].keys()
    return facts


def kinds(facts: dict[str, Any]) -> set[str]:
    return {notice["kind"] for notice in facts["coverage"]["notices"]}


def test_each_host_has_its_counts(tmp_path: Path) -> None:
    mixed = "".join(a + b for a, b in zip(session("mx1", tls=True).splitlines(True), session("mx2").splitlines(True) + [""]))
    text = mixed + session("mx2", address="10.0.0.1") + session("mx2", day="Nov 25") + session("old", counters=False)
    facts = audit(tmp_path / "maillog", text, host_field="each")
    sessions = {name: (host["total"]["sessions"], host["external"]["sessions"]["total"]) for name, host in facts["hosts"].items()}
    assert sessions == {
        "mx1": ({"total": 1, "tls": 1, "plaintext": 0, "tls_failed": 0, "unknown": 0}, 1),
        "mx2": ({"total": 3, "tls": 0, "plaintext": 3, "tls_failed": 0, "unknown": 0}, 2),
        # Another host's TLS logging says nothing of this one's.
        "old": ({"total": 1, "tls": 0, "plaintext": 0, "tls_failed": 0, "unknown": 1}, 1),
    }
    assert {name: (host["tls_visibility"], host["days"]) for name, host in facts["hosts"].items()} == {
        "mx1": ("complete", 1), "mx2": ("complete", 2), "old": ("none", 1)}
    assert facts["inbound"]["total"]["sessions"]["total"] == 5
    assert "multiple_hosts" not in kinds(facts)


def test_days_outside_the_period_do_not_count(tmp_path: Path) -> None:
    facts = audit(tmp_path / "maillog", session("mx1") + session("mx2", day="Nov 25"), host_field="each", since=None, until=None)
    year = facts["daily"][0]["date"][:4]
    facts = audit(tmp_path / "maillog", session("mx1") + session("mx2", day="Nov 25"), host_field="each", since=f"{year}-11-25")
    assert list(facts["hosts"]) == ["mx2"]


def test_one_host_of_many(tmp_path: Path) -> None:
    text = session("mx1", tls=True) + session("mx1.example.test") + session("mx10") + session("mx2")
    facts = audit(tmp_path / "maillog", text, host_field="mx1")
    assert facts["inbound"]["total"]["sessions"] == {"total": 1, "tls": 1, "plaintext": 0, "tls_failed": 0, "unknown": 0}
    assert facts["hosts"] == {}


def test_all_together_unless_asked_for(tmp_path: Path) -> None:
    facts = audit(tmp_path / "maillog", session("mx1") + session("mx2"))
    assert facts["hosts"] == {}
    assert "multiple_hosts" in kinds(facts)


def test_too_many_hosts_are_folded_and_the_sums_stay_whole(tmp_path: Path) -> None:
    text = "".join(session(f"host-{number:04}.example.test") for number in range(3000)) + session("busy") * 3 + session("busy", tls=True)
    facts = audit(tmp_path / "maillog", text, host_field="each")
    assert len(facts["hosts"]) == 64
    assert sum(host["total"]["sessions"]["total"] for host in facts["hosts"].values()) == facts["inbound"]["total"]["sessions"]["total"] == 3004
    assert facts["hosts"]["other"]["total"]["sessions"]["total"] > 2900
    assert len(json.dumps(facts)) < 64 * 1024


def test_many_hosts_on_many_days_fit(tmp_path: Path) -> None:
    lines = "".join(
        f"{2020 + day // 360}-{day // 30 % 12 + 1:02}-{day % 28 + 1:02}T10:00:00Z {'h' * 50}{host} postfix/smtpd[7]: connect from x[192.0.2.1]\n"
        for day in range(400) for host in range(100))
    facts = audit(tmp_path / "maillog", lines, host_field="each")
    assert len(facts["hosts"]) == 64
    assert len(json.dumps(facts)) < 64 * 1024


def test_names_that_no_host_has(tmp_path: Path) -> None:
    evil = ["../../etc/passwd", "{{7*7}}", "<script>", "=cmd", "-rf", "\u202ehost", "h" * 100]
    facts = audit(tmp_path / "maillog", "".join(session(name) for name in [*evil, "mx1", "2001:db8::1"]), host_field="each")
    assert set(facts["hosts"]) == {"other", "mx1", "2001:db8::1"}
    assert facts["hosts"]["other"]["total"]["sessions"]["total"] == len(evil)


def many(days: int = 12, hosts: int = 9) -> str:
    """A session in plaintext and one with TLS of every host on every day; the days come again and again."""
    names = [f"host{number}" for number in range(hosts)]
    return "".join(session(name, tls=bool(day % 2), day=f"Nov {day + 1:2}") for day in range(days) for name in names)


@pytest.mark.parametrize("limit", ["MAX_PLACES", "MAX_NAMED"])
def test_what_is_too_much_to_tell_apart_still_counts(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "maillog"
    whole = audit(log, many(), host_field="each")
    monkeypatch.setattr(tally, limit, 5)
    facts = audit(log, many(), host_field="each")
    assert kinds(facts) - kinds(whole) == {"too_much_to_tell_apart"}
    assert {name: facts[name] for name in ("inbound", "daily", "period")} == {name: whole[name] for name in ("inbound", "daily", "period")}
    for counted in ("protocols", "ciphers"):
        assert sum(facts["tls"][counted].values()) == sum(whole["tls"][counted].values())
    assert sum(host["total"]["sessions"]["total"] for host in facts["hosts"].values()) == 12 * 9
    assert ("other" in facts["hosts"]) == (limit == "MAX_PLACES")


@pytest.mark.parametrize("limit", ["MAX_PLACES", "MAX_NAMED"])
def test_the_same_is_told_apart_however_it_is_read(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "maillog"
    monkeypatch.setattr(tally, limit, 5)
    monkeypatch.setattr(workers, "MIN_PIECE", 700)
    one = audit(log, many(), host_field="each")
    assert "too_much_to_tell_apart" in kinds(one)
    for options in ({"workers": 2}, {"state_dir": str(tmp_path / "state")}, {"state_dir": str(tmp_path / "state")}):
        other = audit(log, many(), host_field="each", **options)
        assert {**other, "performance": None} == {**one, "performance": None}


def test_what_the_rest_could_have_shown_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TLS logging of one host that is not counted apart says nothing of another one's."""
    monkeypatch.setattr(tally, "MAX_PLACES", 1)
    text = session("first") + session("shows", tls=True, counters=False) + session("silent", counters=False)
    facts = audit(tmp_path / "maillog", text, host_field="each")
    assert facts["inbound"]["total"]["sessions"] == {"total": 3, "tls": 1, "plaintext": 1, "tls_failed": 0, "unknown": 1}
    monkeypatch.setattr(parts, "MAX_SERVICES", 1)
    facts = audit(tmp_path / "maillog", text)
    assert facts["inbound"]["total"]["sessions"] == {"total": 3, "tls": 1, "plaintext": 1, "tls_failed": 0, "unknown": 1}
