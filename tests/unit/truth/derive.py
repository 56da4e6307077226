# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts that a real log must give, derived from what the client did (truth.json) and from the set-up, never from the log.

truth.json lists what happened on the wire. Where the log cannot show it, the rules below say so and why:
  - A refusal counts where Postfix logs it as a reject. It logs none for 530 "Must issue a STARTTLS command first", 503 out of sequence, 500
    unknown command and 535 failed login (smtpd.c replies without smtpd_check_reject), nor for 554 "SMTP protocol synchronization": Postfix 3.10
    ends a session that way whose client talked too early, before any command counts.
  - At TLS log level 0 the TLS of port 465 leaves no trace, STARTTLS is in the counters of `disconnect`, and a failed handshake is logged.
  - RFC 5424 lines have lost the service's name (rsyslog cuts it at the slash): at level 0 a session without a sign of TLS may be one of port 465.
  - With a content filter each accepted message comes back once from loopback: one local session with one message.
Nothing here knows the product. `python tests/unit/truth/derive.py` prints the figures of every set-up.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REAL_LOGS = Path(__file__).resolve().parents[2] / "fixtures" / "real-logs"
INTERNAL_NETWORKS = ["10.20.0.0/24"]  # fixtures/README.md; every other client address is external
SCOPES = ("total", "external", "internal", "local")

# The program name of RFC 5424 is cut at the slash, so every daemon of an instance becomes one name.
CUT_SERVICE = "postfix"
CUT_FORM = "maillog.rfc5424"
OWN_FORM = "maillog.postlogd"  # what Postfix itself wrote with maillog_file; syslog then holds no smtpd line

# Replies to a refused command that smtpd logs as `reject:`.
LOGGED_REFUSALS = ("550 5.1.1 ", "454 4.7.1 ", "552 5.3.4 ")
UNKNOWN_USER = "550 5.1.1 "
# Replies to a refused command that leave no `reject:` line: STARTTLS wanted, command out of order, unknown command, bad password,
# talking too early, the farewell after too many errors. The driver's own exceptions (EXC) are no replies.
SILENT_REFUSALS = ("530 5.7.0 ", "503 5.5.1 ", "500 5.5.2 ", "502 5.5.2 ", "535 5.7.8 ", "554 5.5.0 ", "421 4.7.0 ", "EXC ")


@dataclass
class Scope:
    """The counts of one scope, in the words of the facts."""

    sessions: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(("total", "tls", "plaintext", "tls_failed", "unknown"), 0))
    messages: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(("total", "tls", "plaintext", "unknown"), 0))
    rejected: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(("total", "tls", "plaintext", "unknown", "unknown_user"), 0))

    def facts(self) -> dict[str, dict[str, int | None]]:
        return {"sessions": self.sessions, "messages": self.messages, "rejected": self.rejected}


@dataclass
class Service:
    """One inbound server process of master.cf."""

    name: str  # as the log shows it, without the leading `postfix/`
    wrapper: bool
    tls_loglevel: int


@dataclass
class Expected:
    """Counts under way; `facts()` gives the subset of the module's facts."""

    scopes: dict[str, Scope] = field(default_factory=lambda: {name: Scope() for name in SCOPES})
    services: dict[str, Scope] = field(default_factory=dict)
    protocols: dict[str, int] = field(default_factory=dict)
    ciphers: dict[str, int] = field(default_factory=dict)
    days: set[str] = field(default_factory=set)

    def counted(self, scope: str, service: str) -> list[Scope]:
        """Every place in which something of this scope counts."""
        if scope == "local":
            return [self.scopes["local"]]
        return [self.scopes["total"], self.scopes[scope], self.services.setdefault(service, Scope())]

    def facts(self) -> dict[str, Any]:
        return {
            "inbound": {name: scope.facts() for name, scope in self.scopes.items()},
            "services": {name: {"sessions": scope.sessions, "messages": scope.messages} for name, scope in sorted(self.services.items())},
            "tls": {"protocols": self.protocols, "ciphers": self.ciphers},
            "days": sorted(self.days),
        }


def _add(counts: dict[str, int | None], key: str) -> None:
    counts["total"] = (counts["total"] or 0) + 1
    counts[key] = (counts[key] or 0) + 1


def _one_more(counts: dict[str, int], key: str) -> None:
    counts[key] = counts.get(key, 0) + 1


def scope_of(address: str) -> str:
    client = ipaddress.ip_address(address)
    if client.is_loopback:
        return "local"
    if any(client in ipaddress.ip_network(network) for network in INTERNAL_NETWORKS):
        return "internal"
    return "external"


def read_truth(folder: Path) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    if truth["driver_errors"]:
        raise ValueError(f"{folder}: the client had errors of its own")
    return truth


# --- Postfix


def _main_cf(folder: Path) -> dict[str, str]:
    pairs = (line.partition("=") for line in (folder / "postconf-n.txt").read_text(encoding="utf-8").splitlines())
    return {key.strip(): value.strip() for key, _equals, value in pairs}


def _master_cf(folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """Return every service as (its columns, its -o overrides)."""
    services: list[tuple[list[str], dict[str, str]]] = []
    for line in (folder / "postconf-M.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            services.append((line.split(), {}))
        elif line.strip().startswith("-o "):
            key, _equals, value = line.strip()[3:].partition("=")
            services[-1][1][key] = value
    return services


def smtpd_services(folder: Path) -> dict[int, Service]:
    """Return the smtpd service that answers on each port, as the client of truth.json sees it."""
    level = int(_main_cf(folder)["smtpd_tls_loglevel"])
    found: dict[int, Service] = {}
    for columns, overrides in _master_cf(folder):
        endpoint, kind, program = columns[0], columns[1], columns[7]
        if program != "smtpd" or endpoint.startswith("127.0.0.1:"):
            continue
        if kind == "pass":
            # Behind postscreen: it has no port of its own and serves what postscreen passes on. Unused while port 25 is smtpd's own.
            port = 25
            if port in found or any(c[0] == "smtp" and c[1] == "inet" and c[7] == "smtpd" for c, _o in _master_cf(folder)):
                continue
        else:
            port = {"smtp": 25}.get(endpoint) or int(endpoint)
        syslog_name = overrides.get("syslog_name", "postfix").removeprefix("postfix").removeprefix("/")
        found[port] = Service(
            name=f"{syslog_name}/smtpd" if syslog_name else "smtpd",
            wrapper=overrides.get("smtpd_tls_wrappermode") == "yes",
            tls_loglevel=int(overrides.get("smtpd_tls_loglevel", level)),
        )
    return found


def _session_class(session: dict[str, Any], service: Service, name_is_cut: bool) -> str:
    """What the log shows of a session: `tls`, `plaintext`, `tls_failed` or `unknown`."""
    wire = {"none": "plaintext", "refused": "plaintext", "starttls": "tls", "implicit": "tls", "failed": "tls_failed"}[session["tls"]]
    if service.tls_loglevel >= 1:
        return wire
    # Level 0: a failed handshake is logged all the same, and STARTTLS is seen in the counters of `disconnect`.
    if wire == "tls_failed" or session["tls"] == "starttls":
        return wire
    # No counter shows implicit TLS. Without the service's name, any session without TLS evidence may have been one.
    if service.wrapper or name_is_cut:
        return "unknown"
    return wire


def _refusals(session: dict[str, Any]) -> list[str]:
    """Return the replies of this session that smtpd logs as a reject."""
    logged = []
    for command, reply in session["replies"]:
        if reply[:1] in ("2", "3"):
            continue
        if reply.startswith(LOGGED_REFUSALS):
            logged.append(reply)
        elif not reply.startswith(SILENT_REFUSALS):
            raise ValueError(f"session {session['id']}: is {reply!r} to {command!r} logged as a reject?")
    return logged


def postfix(folder: Path, form: str) -> dict[str, Any]:
    """Return the facts that this form of the set-up's log must give."""
    truth = read_truth(folder)
    main_cf = _main_cf(folder)
    expected = Expected()
    if bool(main_cf.get("maillog_file")) != (form == OWN_FORM):
        if form == OWN_FORM:
            raise ValueError(f"{folder}: this Postfix wrote to syslog")
        return expected.facts()
    services = smtpd_services(folder)
    name_is_cut = form == CUT_FORM
    # An after-queue content filter hands every accepted message back over loopback: one plaintext session with one message each.
    filtered = bool(main_cf.get("content_filter"))
    for session in truth["sessions"]:
        service = services[session["port"]]
        scope = scope_of(session["src"])
        shown = _session_class(session, service, name_is_cut)
        expected.days.add(datetime.datetime.fromtimestamp(session["start"], datetime.timezone.utc).date().isoformat())
        if shown == "tls" and scope != "local" and service.tls_loglevel >= 1:
            _one_more(expected.protocols, session["tls_version"])
            _one_more(expected.ciphers, session["cipher"])
        places = expected.counted(scope, CUT_SERVICE if name_is_cut else service.name)
        for place in places:
            _add(place.sessions, shown)
        for message in session["messages"]:
            if not message["accepted"]:
                continue
            sent_over = "unknown" if shown == "unknown" else {"tls": "tls", "plain": "plaintext"}[message["transport"]]
            for place in places:
                _add(place.messages, sent_over)
            if filtered:
                _add(expected.scopes["local"].sessions, "plaintext")
                _add(expected.scopes["local"].messages, "plaintext")
        for reply in _refusals(session):
            for place in places:
                _add(place.rejected, shown)
                if reply.startswith(UNKNOWN_USER):
                    place.rejected["unknown_user"] = (place.rejected["unknown_user"] or 0) + 1
    return expected.facts()


# --- Sendmail


# Replies to a refused command that Sendmail logs: an unknown user, a ruleset, a milter, too much data. A MAIL refused for its SIZE, a bad
# HELO, an unknown command leave no line.
SENDMAIL_REFUSALS = ("550 5.1.1 ", "550 5.7.1 ", "451 4.3.2 ", "554 5.7.1 ", "552 5.2.3 Message exceeds maximum fixed size (")
SENDMAIL_REFUSED = ("MAIL ", "RCPT ", ".")


def sendmail(folder: Path) -> dict[str, Any]:
    """Return the facts of a Sendmail set-up; the same for every form, as its tags have no slash to cut at.

    One process serves one session and leaves a line at every level from 6 on, so sessions count. The class comes from
    `STARTTLS=server` at level 9 and above; below, from `proto=` of the from= line, which only a session with MAIL has. A process that was
    killed leaves what it had logged by then: its STARTTLS line from level 9 on, `connect from` from level 10 on, or nothing.
    """
    truth = read_truth(folder)
    level = int(re.search(r"confLOG_LEVEL', `(\d+)'", (folder / "sendmail.mc").read_text(encoding="utf-8"))[1])  # type: ignore[index]
    expected = Expected()
    for session in truth["sessions"]:
        scope = scope_of(session["src"])
        shown = {"none": "plaintext", "starttls": "tls", "implicit": "tls", "failed": "tls_failed"}[session["tls"]]
        if session.get("killed") and level < (9 if shown == "tls" else 10):
            continue
        # A client that check_relay refused did send MAIL, but Sendmail took no notice of it: it leaves the one line of its refusal.
        ignored = session["scenario"] == "client_refused"
        if level < 9 and shown != "tls_failed" and (not session["messages"] or ignored):
            shown = "unknown"
        expected.days.add(datetime.datetime.fromtimestamp(session["start"], datetime.timezone.utc).date().isoformat())
        if shown == "tls" and level >= 9 and scope != "local":
            _one_more(expected.protocols, session["tls_version"])
            _one_more(expected.ciphers, session["cipher"])
        places = expected.counted(scope, truth.get("tag", "sendmail"))
        for place in places:
            _add(place.sessions, shown)
        for message in session["messages"]:
            if message["accepted"]:
                for place in places:
                    _add(place.messages, {"tls": "tls", "plain": "plaintext"}[message["transport"]])
        for command, reply in session["replies"]:
            if command.startswith(SENDMAIL_REFUSED) and reply.startswith(SENDMAIL_REFUSALS):
                for place in places:
                    _add(place.rejected, shown)
                    if reply.startswith("550 5.1.1 "):
                        place.rejected["unknown_user"] = (place.rejected["unknown_user"] or 0) + 1
    for _message in truth["local"]:
        # sendmail(1) hands its mail to the daemon over loopback, over STARTTLS.
        _add(expected.scopes["local"].sessions, "tls")
        _add(expected.scopes["local"].messages, "tls")
    return expected.facts()


# --- OpenSMTPD

# What it refuses for its address syntax, its size or because no rule takes the recipient; other bad commands are logged too, but are no
# refused mail.
OPENSMTPD_REFUSED = ("MAIL ", "RCPT ", ".")


def opensmtpd(folder: Path) -> dict[str, Any]:
    """Return the facts of an OpenSMTPD set-up: every session has its id in every line, and there is no log level to hide any."""
    truth = read_truth(folder)
    expected = Expected()
    for session in truth["sessions"]:
        scope = scope_of(session["src"])
        shown = {"none": "plaintext", "starttls": "tls", "implicit": "tls", "failed": "tls_failed"}[session["tls"]]
        mail = any(message["accepted"] for message in session["messages"])
        refused = [reply for command, reply in session["replies"] if command.startswith(OPENSMTPD_REFUSED) and reply[:1] in ("4", "5")]
        if shown == "plaintext" and not mail and not refused and session["replies"][-1][0] != "QUIT":
            # The client left: at the server's end, a handshake that it left looks the same, for STARTTLS is not logged.
            shown = "unknown"
        if session["scenario"] == "closed_for_handshake" and "-6." in folder.parent.name:
            # ... and before 7.0 it does: `reason=disconnect` and no more.
            shown = "unknown"
        expected.days.add(datetime.datetime.fromtimestamp(session["start"], datetime.timezone.utc).date().isoformat())
        if shown == "tls" and scope != "local":
            _one_more(expected.protocols, session["tls_version"])
            _one_more(expected.ciphers, session["cipher"])
        places = expected.counted(scope, "opensmtpd")
        for place in places:
            _add(place.sessions, shown)
        for message in session["messages"]:
            if message["accepted"]:
                for place in places:
                    _add(place.messages, {"tls": "tls", "plain": "plaintext"}[message["transport"]])
        for reply in refused:
            for place in places:
                _add(place.rejected, shown)
                if reply.startswith("550 Invalid recipient"):
                    place.rejected["unknown_user"] = (place.rejected["unknown_user"] or 0) + 1
    for _message in truth["local"]:
        # sendmail(1) hands its mail over the local socket.
        _add(expected.scopes["local"].sessions, "plaintext")
        _add(expected.scopes["local"].messages, "plaintext")
    return expected.facts()


# --- Exim


def _exim_logs(folder: Path) -> set[str]:
    """Return the names in this set-up's `log_selector` that matter, the default ones included (the manual's chapter on log files)."""
    conf = (folder / "exim4.conf").read_text(encoding="utf-8")
    words = re.findall(r"[+-][a-z_]+", (re.search(r"(?m)^log_selector *=(.*)$", conf) or [""])[0])
    logged = {"tls_cipher", "tls_certificate_verified"}
    for word in words:
        names = {"tls_cipher", "tls_certificate_verified", "smtp_connection", "smtp_no_mail", "incoming_port"} if word[1:] == "all" else {word[1:]}
        logged = logged | names if word[0] == "+" else logged - names
    return logged


def _exim_refusals(session: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Return (command, reply, told with TLS) of what Exim logs as rejected. A MAIL refused for its size and a malformed EHLO are told without."""
    return [
        (command, reply, not command.startswith("EHLO ") and not reply.startswith("552 Message size")) for command, reply in session["replies"]
        if command.startswith(("MAIL ", "RCPT ", "EHLO ")) and reply[:1] in ("4", "5") or (command == "." and reply.startswith("550"))
    ]


def _exim_shown(session: dict[str, Any], logged: set[str]) -> str:
    """What the log shows of a session where +smtp_connection logs it: its TLS is in the lines of its messages, its refusals, a handshake or a
    connection that broke off, and where there was no MAIL in what +smtp_no_mail logs. What left no such line is unknown.
    """
    wire = {"none": "plaintext", "refused": "plaintext", "starttls": "tls", "implicit": "tls", "failed": "tls_failed"}[session["tls"]]
    if wire == "tls_failed" or any(message["accepted"] for message in session["messages"]):
        return wire
    told = any(with_tls for _command, _reply, with_tls in _exim_refusals(session)) and bool({"tls_cipher", "tls_certificate_verified"} & logged)
    told |= not session["messages"] and "smtp_no_mail" in logged
    # GnuTLS tells that the TLS of a client that hung up was not closed.
    told |= wire == "tls" and not any(command == "QUIT" for command, _reply in session["replies"])
    return wire if told else "unknown"


def _exim_names_cipher(session: dict[str, Any], logged: set[str]) -> bool:
    """Tell whether a line of a TLS session has `X=`: that of a broken connection has not."""
    return "tls_cipher" in logged and (
        any(message["accepted"] for message in session["messages"]) or bool(_exim_refusals(session))
        or (not session["messages"] and "smtp_no_mail" in logged)
    )


def exim(folder: Path) -> dict[str, Any]:
    """Return the facts of an Exim set-up, for mainlog and for its syslog forms alike. Without +smtp_connection no count of sessions: null.

    The log names ciphers as GnuTLS does and the client as OpenSSL: only their sum is expected, under `any`.
    """
    truth = read_truth(folder)
    logged = _exim_logs(folder)
    expected = Expected()
    for session in truth["sessions"]:
        scope = scope_of(session["src"])
        told_of_tls = bool({"tls_cipher", "tls_certificate_verified"} & logged)
        expected.days.add(datetime.datetime.fromtimestamp(session["start"], datetime.timezone.utc).date().isoformat())
        places = expected.counted(scope, "exim")
        shown = _exim_shown(session, logged)
        for place in places:
            _add(place.sessions, shown)
        if shown == "tls" and scope != "local" and "smtp_connection" in logged and _exim_names_cipher(session, logged):
            _one_more(expected.protocols, session["tls_version"])
            _one_more(expected.ciphers, "any")
        for message in session["messages"]:
            if message["accepted"]:
                for place in places:
                    _add(place.messages, {"tls": "tls", "plain": "plaintext"}[message["transport"]])
        for _command, reply, with_tls in _exim_refusals(session):
            for place in places:
                _add(place.rejected, ("tls" if session["tls"] in ("starttls", "implicit") else "plaintext") if with_tls and told_of_tls else "unknown")
                if "Unrouteable address" in reply:
                    place.rejected["unknown_user"] = (place.rejected["unknown_user"] or 0) + 1
    if "smtp_connection" not in logged:
        for place in [*expected.scopes.values(), *expected.services.values()]:
            place.sessions = dict.fromkeys(place.sessions)
    return expected.facts()


# --- Dovecot


def dovecot(folder: Path) -> dict[str, dict[str, int]]:
    """Return the logins by protocol. Those from loopback or from the server's own address are local."""
    found: dict[str, dict[str, int]] = {}
    for login in read_truth(folder)["logins"]:
        if login["right_password"]:
            counts = found.setdefault(login["protocol"], dict.fromkeys(("tls", "plaintext", "local", "unknown"), 0))
            local = login["src"] in ("127.0.0.1", "10.20.0.25")
            counts["local" if local else "plaintext" if login["tls"] == "none" else "tls"] += 1
    return found


# --- The set-ups


def set_ups(mta: str) -> list[Path]:
    """Return the folders of every set-up of this MTA, in a stable order."""
    return sorted(path.parent for path in REAL_LOGS.glob(f"{mta}-*/*/truth.json"))


def forms(folder: Path) -> list[str]:
    """Return the forms in which this set-up's log is stored; a rotated file belongs to its form."""
    return [name for name in ("maillog", "maillog.iso", "maillog.rfc5424", "maillog.postlogd", "mainlog") if (folder / name).exists()]


def log_files(folder: Path, form: str) -> list[Path]:
    """Return the files of this form, oldest first."""
    return [path for path in (folder / f"{form}.1", folder / form) if path.exists()]


def _row(facts: dict[str, Any], scope: str) -> str:
    return "; ".join(
        f"{kind} " + "/".join("-" if value is None else str(value) for value in facts["inbound"][scope][kind].values())
        for kind in ("sessions", "messages", "rejected")
    )


def main() -> int:
    print("sessions total/tls/plaintext/tls_failed/unknown; messages total/tls/plaintext/unknown; rejected total/tls/plaintext/unknown/unknown_user")
    for mta in ("postfix", "sendmail", "opensmtpd", "exim"):
        for folder in set_ups(mta):
            for form in forms(folder):
                facts = postfix(folder, form) if mta == "postfix" else {"sendmail": sendmail, "opensmtpd": opensmtpd, "exim": exim}[mta](folder)
                print(f"{folder.relative_to(REAL_LOGS)} {form}")
                for scope in SCOPES:
                    print(f"  {scope:9s}{_row(facts, scope)}")
                print(f"  services {({name: tuple(s['sessions'].values()) for name, s in facts['services'].items()})} tls {facts['tls']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
