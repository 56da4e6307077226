# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facts of a real log must say, from what the client did and saw: truth.json and the set-up, never the parser.

Where log and wire differ, and why:
  - A refusal counts where Postfix logs it as a reject: RCPT and MAIL refused by policy (550, 454, 552). It logs none for 530 "Must issue a
    STARTTLS command first", 503 out of sequence, 500 unknown command, and 535 failed login (smtpd.c replies without smtpd_check_reject), nor
    for 554 "SMTP protocol synchronization": Postfix 3.10 ends a session that way whose client talked too early, before any command counts.
  - At TLS log level 0 the TLS of port 465 leaves no trace: these sessions, their messages and rejects are unknown. Failed handshakes do leave
    one (SSL_accept error is logged at every level), STARTTLS that succeeded is in the counters.
  - RFC 5424 lines have lost the service's name (rsyslog cuts it at the slash). With TLS logged that changes only the names. At level 0 each
    session without sign of TLS may have been one of port 465: unknown.
  - With a content filter each accepted message comes back once from loopback: one local session with one message.
  - Protocols and ciphers are known at level 1 and up alone.
"""

from __future__ import annotations

import ipaddress
import json
import pathlib
import re
from typing import Any

INTERNAL = ipaddress.ip_network("10.20.0.0/24")
SERVICES = {25: "smtpd", 465: "smtps/smtpd", 587: "submission/smtpd"}
CLASS_OF_WIRE = {"none": "plaintext", "refused": "plaintext", "starttls": "tls", "implicit": "tls", "failed": "tls_failed"}
NOT_LOGGED = ("500", "502", "503", "530", "535", "421", "554 5.5.0 Error: SMTP protocol synchronization")


def empty() -> dict[str, dict[str, int]]:
    return {
        "sessions": {"total": 0, "tls": 0, "plaintext": 0, "tls_failed": 0, "unknown": 0},
        "messages": {"total": 0, "tls": 0, "plaintext": 0, "unknown": 0},
        "rejected": {"total": 0, "tls": 0, "plaintext": 0, "unknown": 0, "unknown_user": 0},
    }


def log_level(setup: pathlib.Path) -> int:
    match = re.search(r"^smtpd_tls_loglevel = (\d)", (setup / "postconf-n.txt").read_text(), re.MULTILINE)
    return int(match[1]) if match else 0


def expected(setup: pathlib.Path, cut_names: bool) -> dict[str, Any]:
    """Return inbound, services and tls of a set-up. cut_names: the log is in RFC 5424 form."""
    truth = json.loads((setup / "truth.json").read_text())
    level = log_level(setup)
    inbound = {scope: empty() for scope in ("total", "external", "internal", "local")}
    services: dict[str, Any] = {}
    protocols: dict[str, int] = {}
    ciphers: dict[str, int] = {}
    accepted = 0
    for session in truth["sessions"]:
        scope = "internal" if ipaddress.ip_address(session["src"]) in INTERNAL else "external"
        service = "postfix" if cut_names else SERVICES[session["port"]]
        services.setdefault(service, {key: value for key, value in empty().items() if key != "rejected"})
        hidden = level == 0 and (session["tls"] == "implicit" or (cut_names and CLASS_OF_WIRE[session["tls"]] == "plaintext"))
        wire = CLASS_OF_WIRE[session["tls"]]
        counted: list[tuple[str, str, int]] = [("sessions", "unknown" if hidden else wire, 1)]
        for message in session["messages"]:
            if message["accepted"]:
                accepted += 1
                counted.append(("messages", "unknown" if hidden else {"plain": "plaintext", "tls": "tls"}[message["transport"]], 1))
        for command, reply in session["replies"]:
            if command.startswith(("MAIL", "RCPT")) and reply[:1] in "45" and not reply.startswith(NOT_LOGGED):
                counted.append(("rejected", "unknown" if hidden else wire, 1))
                if "User unknown" in reply:
                    for place in ("total", scope):
                        inbound[place]["rejected"]["unknown_user"] += 1
        for kind, tls_class, count in counted:
            for counts in (inbound["total"], inbound[scope], services[service]):
                if kind in counts:
                    counts[kind]["total"] += count
                    counts[kind][tls_class] += count
        if wire == "tls" and level > 0:
            for names, name in ((protocols, session["tls_version"]), (ciphers, session["cipher"])):
                names[name] = names.get(name, 0) + 1
    if setup.name == "F-content-filter":
        for kind in ("sessions", "messages"):
            # What comes back from loopback: in the log's own words, `connect from localhost[127.0.0.1]`, once per accepted message.
            tls_class = "unknown" if cut_names and level == 0 else "plaintext"
            inbound["local"][kind]["total"] += accepted
            inbound["local"][kind][tls_class] += accepted
    return {"inbound": inbound, "services": services, "tls": {"protocols": protocols, "ciphers": ciphers}}
