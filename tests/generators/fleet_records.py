# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up fleet of any size: the records of one audit or of the one a month before. The same arguments give the same records.

    python -m ansible_collections.mailfleet.tls_audit.tests.generators.fleet_records FOLDER [HOSTS]

Every state that the report tells apart occurs. Distributions are invented; only their shape (few large servers, many small ones) is real.
"""

from __future__ import annotations

import pathlib
import random
import sys
from datetime import date, timedelta
from typing import Any
from collections.abc import Iterator

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record, record_bytes

DAYS = 30
RUNS = {
    "previous": Run("20260601T061000Z-5f1c02", "2026-06-01T06:12:40+09:00", "0.2.0", "2.21.1", ("192.0.2.0/24", "2001:db8::/32")),
    "current": Run("20260701T061000Z-9ab3d4", "2026-07-01T06:12:44+09:00", "0.2.0", "2.21.1", ("192.0.2.0/24", "2001:db8::/32")),
}
DEPARTMENTS = (
    "Chemistry", "Physics", "Law", "Economics", "Letters", "Medicine", "Pharmacy", "Agriculture", "Architecture", "Biology",
    "Civil Engineering", "Earth Sciences", "Electronics", "Mathematics", "Library", "Music", "Oceanography", "Education",
)
_ZONES = ("chem", "phys", "law", "econ", "lit", "med", "pharm", "agri", "arch", "bio", "civil", "earth", "elec", "math", "lib", "music", "ocean", "edu")
# State now, its weight, and the state it mostly came from.
_ANTIVIRUS = (
    ("working", 52, ("absent", "stopped", "not_wired")), ("absent", 13, ("working",)), ("not_wired", 9, ()), ("stopped", 7, ("working",)),
    ("stale", 8, ("working",)), ("partly_wired", 4, ()), ("unknown", 7, ()),
)
_LOGS = (("complete", 76), ("partial", 12), ("none", 12))
_SOFTWARE = (("postfix", "3.5.25"), ("postfix", "3.7.11"), ("postfix", "3.10.5"), ("postfix", "2.10.1"), ("exim", "4.96"), ("sendmail", "8.17.1"))


def _pick(chance: random.Random, choices: tuple[tuple[Any, ...], ...]) -> Any:
    return chance.choices([choice[0] for choice in choices], [choice[1] for choice in choices])[0]


def host_name(number: int) -> str:
    """mx1.chem.example.ac.jp and on."""
    return f"mx{number // len(_ZONES) + 1}.{_ZONES[number % len(_ZONES)]}.example.ac.jp"


def _day(chance: random.Random, volume: int, share: float, internal: float, visible: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """One day's external and total counts."""
    scopes = []
    external_messages = max(int(chance.gauss(volume, volume * 0.14)), 0)
    for messages, tls_share in ((external_messages, share), (int(external_messages * internal), min(share + 0.2, 0.99))):
        tls = min(int(messages * max(min(chance.gauss(tls_share, 0.03), 1), 0)), messages) if visible else 0
        rejected = int(messages * chance.uniform(0.3, 1.9)) + 1
        refused_tls = int(tls * 0.11)
        more = int(messages * 0.2)
        plain = messages - tls if visible else 0
        scopes.append({
            "messages": {"total": messages, "tls": tls, "plaintext": plain, "unknown": messages - tls - plain},
            "sessions": {
                "total": messages + rejected + more, "tls": tls + more + refused_tls if visible else 0,
                "plaintext": plain + rejected - refused_tls if visible else 0,
                "tls_failed": 0, "unknown": 0 if visible else messages + rejected + more,
            },
            "rejected": {
                "total": rejected, "tls": refused_tls, "plaintext": rejected - refused_tls if visible else 0, "unknown": 0 if visible else rejected,
                "unknown_user": int(rejected * 0.74),
            },
        })
    return scopes[0], scopes[1]


def _add(sums: dict[str, Any], counts: dict[str, Any]) -> None:
    for kind, values in counts.items():
        into = sums.setdefault(kind, dict.fromkeys(values, 0))
        for name, value in values.items():
            into[name] += value


def _maillog(chance: random.Random, end: date, log: str, mta: str, drift: float) -> dict[str, Any]:
    volume = int(min(chance.paretovariate(0.9) * 60, 2600))
    share, internal = min(max(chance.gauss(0.6, 0.18), 0.05), 0.99) + drift, chance.uniform(0.1, 0.9)
    # An outage of a log server that every third host writes to, and days lost here and there.
    missing = {11, 12, 13} if chance.random() < 0.33 else set(chance.sample(range(DAYS), 4)) if chance.random() < 0.12 else set()
    hidden = set(range(chance.randint(4, 18)))
    external, inside, total = {}, {}, {}
    daily = []
    for number in range(DAYS):
        if number in missing:
            continue
        visible = log == "complete" or (log == "partial" and number not in hidden)
        out, inner = _day(chance, volume, share + 0.0035 * number, internal, visible)
        both: dict[str, Any] = {}
        for counts in (out, inner):
            _add(both, counts)
        for sums, counts in ((external, out), (inside, inner), (total, both)):
            _add(sums, counts)
        brief = {scope: {kind: counts[kind] for kind in ("sessions", "messages")} for scope, counts in (("external", out), ("total", both))}
        daily.append({"date": (end - timedelta(days=DAYS - number)).isoformat(), **brief})
    seen = 0 if log == "none" else len(daily) - (sum(1 for n in hidden if n not in missing) if log == "partial" else 0)
    notices = [{"kind": "rate_limited", "count": chance.randint(2, 40), "detail": "journald dropped lines"}] if chance.random() < 0.05 else []
    tls = total["sessions"]["tls"]
    newest = int(tls * chance.uniform(0.5, 0.8))
    oldest = int(tls * chance.choice((0, 0, 0.008, 0.02)))
    first, last = (end - timedelta(days=DAYS)).isoformat(), (end - timedelta(days=1)).isoformat()
    path = {"exim": "/var/log/exim4/mainlog", "sendmail": "/var/log/maillog"}.get(mta, "/var/log/mail.log")
    return {
        "schema_version": 1,
        "period": {"first": f"{first}T00:00:12+09:00", "last": f"{last}T23:59:41+09:00", "days_with_logs": len(daily)},
        "mtas": [mta],
        "inbound": {"total": total, "external": external, "internal": inside, "local": {}},
        "services": {"smtpd": {"sessions": total["sessions"], "messages": total["messages"]}},
        "tls": {
            "protocols": {name: count for name, count in (
                ("TLSv1.3", newest), ("TLSv1.2", tls - newest - oldest), ("TLSv1.1", oldest // 2), ("TLSv1", oldest - oldest // 2)) if count},
            "ciphers": {name: count for name, count in (("TLS_AES_256_GCM_SHA384", newest), ("ECDHE-RSA-AES256-GCM-SHA384", tls - newest)) if count},
        },
        "daily": daily,
        "coverage": {
            "tls_visibility": log, "tls_visible_days": seen, "notices": notices,
            "lines": {
                "read": total["sessions"]["total"] * 9, "mail": total["sessions"]["total"] * 9, "matched": total["sessions"]["total"] * 5, "malformed": 0,
            },
        },
        "sources": [
            {"path": path, "bytes": 80 * total["sessions"]["total"], "lines": total["sessions"]["total"] * 3, "compression": "none",
             "first": f"{end - timedelta(days=6)}T00:00:02+09:00", "last": f"{last}T23:59:41+09:00", "status": "read", "reason": None},
            {"path": path + ".1.gz", "bytes": 9 * total["sessions"]["total"], "lines": total["sessions"]["total"] * 6, "compression": "gzip",
             "first": f"{first}T00:00:12+09:00", "last": f"{end - timedelta(days=7)}T23:59:58+09:00", "status": "read", "reason": None},
        ],
        "logins": {"imap": {"tls": chance.randint(900, 9000), "plaintext": chance.randint(0, 90)}} if chance.random() < 0.3 else {},
    }


def _mailserver(chance: random.Random, state: str, mta: tuple[str, str], log: str) -> dict[str, Any]:
    antivirus: dict[str, Any] = {"state": state, "evidence": []}
    if state not in ("absent", "unknown"):
        antivirus.update(
            product="clamav", engine_version="1.4.3", present=True, running=state != "stopped", signature_age_days=round(
                chance.uniform(5, 60) if state == "stale" else chance.uniform(0.1, 1.4), 1),
            wired_services=["smtp"] if state in ("working", "stale", "partly_wired", "stopped") else [],
            unwired_services=["submission"] if state == "partly_wired" else ["smtp"] if state == "not_wired" else [],
            evidence=["smtpd_milters = unix:/run/clamav/clamav-milter.ctl"] if state != "not_wired" else ["clamd is running"],
        )
    return {
        "schema_version": 1, "python": chance.choice(("3.6.8", "3.9.18", "3.11.2", "2.7.5")),
        "mta": {"name": mta[0], "version": mta[1], "running": True, "others": []},
        "tls_logging": {"level": 0 if log == "none" else 1, "enabled": log != "none", "source": "main.cf smtpd_tls_loglevel"},
        "starttls": {"offered": True},
        "certificate": {"path": "/etc/ssl/certs/mail.pem", "readable": True, "not_after": "2026-11-30T00:00:00+00:00", "days_left": 152, "self_signed": False},
        "antivirus": antivirus, "services": [], "unseen": [],
    }


def _failure(chance: random.Random, name: str) -> dict[str, Any]:
    return chance.choice((
        {"unreachable": True, "msg": f"Failed to connect to the host via ssh: ssh: connect to host {name} port 22: Connection timed out"},
        {"failed": True, "msg": "Ansible requires Python 3.9 or newer on the target. Current version: 3.8.18 (default)"},
        {"failed": True, "msg": "No readable mail log: /var/log/mail.log: permission denied"},
    ))


def fleet_records(hosts: int, run: str = "current", seed: int = 7) -> Iterator[dict[str, Any]]:
    """The records of a fleet of ``hosts`` servers; ``run`` is current or previous."""
    made_by = RUNS[run]
    end = date.fromisoformat(made_by.audited_at[:10])
    for number in range(hosts):
        name = host_name(number)
        # Of its own for each use, so that what a host is does not hang on what another run drew.
        nature = random.Random(f"{seed} {number}")
        state = _pick(nature, _ANTIVIRUS)
        log = "complete" if state == "unknown" and nature.random() < 0.5 else _pick(nature, _LOGS)
        mta = nature.choice(_SOFTWARE)
        failing = nature.random() < 0.05
        changing = nature.random()
        before = dict((entry[0], entry[2]) for entry in _ANTIVIRUS)[state]
        if run == "previous":
            if before and changing < 0.24:
                state = nature.choice(before)
            log = "none" if log == "partial" and changing > 0.5 else log
            failing = failing if changing < 0.7 else nature.random() < 0.05
            if changing > 0.985:
                continue
        variables: dict[str, Any] = {"audit_labels": {"department": DEPARTMENTS[number % len(DEPARTMENTS)]}}
        chance = random.Random(f"{seed} {number} log")
        if failing:
            variables["audit_maillog"] = _failure(chance, name)
        else:
            drift = nature.gauss(-0.025, 0.03)
            facts = _maillog(chance, end, log, mta[0], drift if run == "previous" else 0.0)
            variables["audit_maillog"] = {"changed": False, "ansible_facts": {"maillog": facts}}
            variables["audit_mailserver"] = {"changed": False, "ansible_facts": {"mailserver": _mailserver(chance, state, mta, log)}}
            if state in ("absent", "not_wired") and changing > 0.86:
                variables["audit_declared_antivirus"] = "departmental gateway"
        yield build_record(name, variables, made_by)


def many_records(hosts: int, kinds: int = 300) -> Iterator[dict[str, Any]]:
    """The records of a fleet of thousands, quickly: after the first ``kinds`` servers, servers like those."""
    first = list(fleet_records(min(hosts, kinds)))
    for number in range(hosts):
        yield {**first[number % len(first)], "host": host_name(number)}


def write_fleet(folder: pathlib.Path, hosts: int, run: str = "current") -> None:
    """Write the records of a run as the audit does."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in fleet_records(hosts, run):
        (folder / record_file_name(record["host"])).write_bytes(record_bytes(record))


if __name__ == "__main__":
    write_fleet(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 42)
