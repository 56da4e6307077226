# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet with every status, small enough to add up by hand. The sums are in test_figures.py, worked out on paper."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record

RUN = Run("20261124T101500Z-ab12cd", "2026-11-24T10:15:00+09:00", "0.1.0", "2.19.14", ("192.0.2.0/24", "2001:db8::/32"))


def sessions(total: int, tls: int, plaintext: int, failed: int = 0, unknown: int = 0) -> dict[str, int]:
    """Counts of sessions."""
    return {"total": total, "tls": tls, "plaintext": plaintext, "tls_failed": failed, "unknown": unknown}


def messages(total: int, tls: int, plaintext: int, unknown: int = 0) -> dict[str, int]:
    """Counts of messages."""
    return {"total": total, "tls": tls, "plaintext": plaintext, "unknown": unknown}


def rejected(total: int, tls: int, plaintext: int, unknown: int = 0, unknown_user: int = 0) -> dict[str, int]:
    """Counts of rejections."""
    return {"total": total, "tls": tls, "plaintext": plaintext, "unknown": unknown, "unknown_user": unknown_user}


def scope(sess: dict | None, mess: dict, reje: dict | None = None) -> dict[str, Any]:
    """The counts of one scope."""
    return {"sessions": sess, "messages": mess, "rejected": reje or rejected(0, 0, 0)}


NOTHING = scope(sessions(0, 0, 0), messages(0, 0, 0))


def maillog(
    external: dict[str, Any], days: int, visibility: str = "complete", visible: int | None = None, total: dict | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Mail log facts; everything is from outside unless ``total`` says otherwise."""
    facts = {
        "schema_version": 1,
        "period": {"first": "2026-11-01T00:00:05+09:00", "last": "2026-11-20T23:59:50+09:00", "days_with_logs": days},
        "mtas": ["postfix"],
        "inbound": {"total": total or external, "external": external, "internal": NOTHING, "local": NOTHING},
        "services": {}, "tls": {"protocols": {}, "ciphers": {}}, "daily": [],
        "coverage": {
            "tls_visibility": visibility, "tls_visible_days": days if visible is None else visible, "notices": [],
            "lines": {"read": 10, "mail": 10, "matched": 10, "malformed": 0},
        },
        "sources": [], "clients": [], "logins": {}, "performance": {"seconds": 0.1, "bytes": 10, "resumed": False},
    }
    facts.update(more)
    return facts


def mailserver(state: str, **antivirus: Any) -> dict[str, Any]:
    """Set-up facts with an antivirus in ``state``."""
    return {
        "schema_version": 1, "python": "3.11.2",
        "mta": {"name": "postfix", "version": "3.7.11", "running": True, "others": []},
        "antivirus": {"state": state, "evidence": [], **antivirus},
    }


def answer(log: dict[str, Any] | None = None, server: dict[str, Any] | None = None, **variables: Any) -> dict[str, Any]:
    """A host's raw variables after an audit that worked."""
    found = dict(variables)
    if log is not None:
        found["audit_maillog"] = {"changed": False, "ansible_facts": {"maillog": log}}
    if server is not None:
        found["audit_mailserver"] = {"changed": False, "ansible_facts": {"mailserver": server}}
    return found


def sample_variables() -> dict[str, dict[str, Any]]:
    """Each host's raw variables, by inventory name."""
    no_sessions = dict.fromkeys(sessions(0, 0, 0))
    return {
        # Exposed: 400 of 1000 messages over TLS in 10 days, no antivirus.
        "alpha.example.org": answer(
            maillog(
                scope(sessions(3000, 500, 2480, 20), messages(1000, 400, 600), rejected(1500, 100, 1400, 0, 900)), 10,
                total=scope(sessions(3100, 560, 2520, 20), messages(1080, 450, 630), rejected(1500, 100, 1400, 0, 900)),
                tls={"protocols": {"TLSv1.3": 300, "TLSv1.2": 199, "TLSv1": 1}, "ciphers": {"TLS_AES_256_GCM_SHA384": 300}},
            ),
            mailserver("absent"), audit_labels={"department": "Chemistry"},
        ),
        "bravo.example.org": answer(
            maillog(scope(sessions(2600, 1600, 1000), messages(2000, 1500, 500), rejected(300, 0, 300, 0, 100)), 20),
            mailserver("working", product="clamav", engine_version="1.4.3", signature_age_days=0.5),
        ),
        "charlie.example.org": answer(
            maillog(
                scope(sessions(600, 120, 180, 0, 300), messages(500, 100, 150, 250), rejected(50, 0, 20, 30, 25)), 10, "partial", 7,
            ),
            mailserver("stale", product="clamav", signature_age_days=41.0),
        ),
        "delta.example.org": answer(
            maillog(scope(sessions(700, 0, 0, 0, 700), messages(300, 0, 0, 300)), 10, "none", 0), mailserver("absent"),
        ),
        "echo.example.org": answer(maillog(scope(sessions(50, 6, 44), messages(40, 5, 35)), 10), mailserver("not_wired")),
        "foxtrot.example.org": answer(
            maillog(scope(no_sessions, messages(100, 20, 80), rejected(10, 0, 10, 0, 5)), 10, mtas=["exim"]),
            mailserver("absent"), audit_declared_antivirus="cloud gateway",
        ),
        "golf.example.org": answer(maillog(scope(sessions(70, 32, 38), messages(60, 30, 30)), 10)),
        "hotel.example.org": {"audit_maillog": {
            "unreachable": True,
            "msg": "Failed to connect to the host via ssh: ssh: connect to host 192.0.2.9 port 22: Connection timed out",
        }},
        "india.example.org": {"audit_maillog": {
            "failed": True, "msg": "Ansible requires Python 3.9 or newer on the target. Current version: 3.8.18 (default)",
        }},
    }


def sample_records() -> list[dict[str, Any]]:
    """The fleet's records."""
    return [build_record(host, variables, RUN) for host, variables in sample_variables().items()]
