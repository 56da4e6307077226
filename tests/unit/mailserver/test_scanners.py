# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scanners that are told from their set-up and their processes alone: a folder stands for the host."""

from __future__ import annotations

import pathlib
import time
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import antivirus as product, failure, other_scanners, sizes
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host

SMTP = "smtp inet n - n - - smtpd\n"
POSTFIX = {"usr/sbin/postconf": None, "etc/postfix/master.cf": SMTP}
NOW = time.mktime((2026, 11, 24, 12, 0, 0, 0, 0, 0))
CLAMD = {"usr/sbin/clamd": None, "etc/clamav/clamd.conf": "DatabaseDirectory /var/lib/clamav\n",
         "var/lib/clamav/daily.cvd": "ClamAV-VDB:24 Nov 2026 03-26 -0500:27500:1:90:X:X:raynman:0".ljust(512)}


def host(folder: pathlib.Path, files: dict[str, str | None], running: tuple[str, ...] = ("/usr/lib/postfix/sbin/master", "clamd")) -> Host:
    """A host of these files (None: a program) and processes."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # A program that cannot be run: what it would say is unseen, and main.cf is read instead.
        path.write_text("#!/bin/false\n" if content is None else content)
        path.chmod(0o755 if content is None else 0o644)
    for number, command in enumerate(running, 100):
        (folder / "proc" / str(number)).mkdir(parents=True)
        (folder / "proc" / str(number) / "cmdline").write_text(command + "\0")
    return Host(str(folder))


def antivirus(folder: pathlib.Path, files: dict[str, str | None], *running: str) -> dict[str, Any]:
    return collect(host(folder, {**POSTFIX, **CLAMD, **files}, ("/usr/lib/postfix/sbin/master", "clamd", *running)), now=NOW)["antivirus"]


DEBIAN_AMAVIS = {"usr/sbin/amavisd-new": None,
                 "usr/share/amavis/conf.d/20-package": "@bypass_virus_checks_maps  = (1);  # DISABLE anti-virus code by default\n"}
BY_FILTER = {"etc/postfix/main.cf": "content_filter = smtp-amavis:[127.0.0.1]:10024\n"}
CHECKS_ON = {"etc/amavis/conf.d/15-content_filter_mode": "@bypass_virus_checks_maps = (\n   \\%bypass_virus_checks, \\@bypass_virus_checks_acl);\n"}
CHECKS_OFF = {"etc/amavis/conf.d/15-content_filter_mode": "#@bypass_virus_checks_maps = (\n#   \\%bypass_virus_checks);\n"}


@pytest.mark.parametrize(("files", "running", "state", "effect"), [
    ({**DEBIAN_AMAVIS, **BY_FILTER, **CHECKS_ON}, "amavisd-new (master)", "working", "closed"),
    ({**DEBIAN_AMAVIS, **BY_FILTER, **CHECKS_OFF}, "amavisd-new (master)", "not_wired", "closed"),
    ({**DEBIAN_AMAVIS, **BY_FILTER, **CHECKS_ON}, "bash", "stopped", "closed"),
    ({**DEBIAN_AMAVIS, **CHECKS_ON, "etc/postfix/main.cf": ""}, "amavisd-new (master)", "not_wired", None),
    ({**DEBIAN_AMAVIS, **BY_FILTER, **CHECKS_ON, "etc/postfix/master.cf": SMTP + "submission inet n - n - - smtpd\n  -o content_filter=\n"},
     "amavisd-new (master)", "partly_wired", "closed"),
    ({"usr/sbin/amavisd": None, "etc/amavisd/amavisd.conf": "# @bypass_virus_checks_maps = (1);\n", **BY_FILTER}, "amavisd (master)", "working", "closed"),
])
def test_amavis(tmp_path: pathlib.Path, files: dict[str, str | None], running: str, state: str, effect: str | None) -> None:
    found = antivirus(tmp_path, files, running)
    assert (found["state"], found["failure"]["effect"]) == (state, effect), found
    assert found["product"] == ("clamav" if effect is None else "amavis")


BY_RSPAMD = {"usr/bin/rspamd": None, "etc/postfix/main.cf": "smtpd_milters = inet:localhost:11332\nmilter_default_action = accept\n"}


@pytest.mark.parametrize(("conf", "state"), [
    ('clamav {\n  action = "reject";\n  type = "clamav";\n  servers = "/run/clamav/clamd.ctl";\n}\n', "working"),
    ('#clamav {\n#  type = "clamav";\n#}\n', "not_wired"), ('enabled = false;\nclamav { type = "clamav"; }\n', "not_wired"),
])
def test_rspamd(tmp_path: pathlib.Path, conf: str, state: str) -> None:
    found = antivirus(tmp_path, {**BY_RSPAMD, "etc/rspamd/local.d/antivirus.conf": conf}, "rspamd: main process")
    assert (found["state"], found["product"]) == (state, "rspamd"), found
    assert found["failure"] == {"effect": "open", "on_milter_failure": "accept", "on_clamd_failure": None}


BY_MAILSCANNER = {"usr/sbin/MailScanner": None, "etc/postfix/main.cf": "header_checks = regexp:/etc/postfix/header_checks\n",
                  "etc/postfix/header_checks": "/^Received:/ HOLD\n"}


@pytest.mark.parametrize(("conf", "checks", "state"), [
    ("Virus Scanning = yes\nVirus Scanners = clamd\n", "/^Received:/ HOLD\n", "working"),
    ("Virus Scanning = no\nVirus Scanners = clamd\n", "/^Received:/ HOLD\n", "not_wired"),
    ("Virus Scanning = %rules-dir%/scan.rules\nVirus Scanners = clamd\n", "/^Received:/ HOLD\n", "unknown"),
    ("Virus Scanning = yes\nVirus Scanners = clamd\n", "/^Subject: x/ HOLD\n", "not_wired"),
])
def test_mailscanner(tmp_path: pathlib.Path, conf: str, checks: str, state: str) -> None:
    files = {**BY_MAILSCANNER, "etc/MailScanner/MailScanner.conf": conf, "etc/postfix/header_checks": checks}
    found = antivirus(tmp_path, files, "MailScanner: master waiting")
    assert found["state"] == state, found


SENDMAIL = {"etc/mail/sendmail.cf": "DZ8.17.1\nO LogLevel=9\nO InputMailFilters=clmilter\nXclmilter, S=local:/run/clamav/clamav-milter.ctl, F=T, T=S:4m;R:4m\n",
            "usr/sbin/clamav-milter": None, "etc/clamav/clamav-milter.conf": "MilterSocket /run/clamav/clamav-milter.ctl\nOnFail Accept\n"}


def test_sendmail(tmp_path: pathlib.Path) -> None:
    facts = collect(host(tmp_path, {**CLAMD, **SENDMAIL}, ("sendmail: MTA: accepting connections", "clamd", "clamav-milter")), now=NOW)
    assert facts["antivirus"]["state"] == "working", facts["antivirus"]
    assert facts["antivirus"]["failure"] == {"effect": "mixed", "on_milter_failure": "tempfail", "on_clamd_failure": "Accept"}
    assert facts["tls_logging"] == {"level": 9, "enabled": True, "source": "LogLevel"}
    assert facts["starttls"] == {"offered": False}


def test_a_milter_elsewhere_is_unknown(tmp_path: pathlib.Path) -> None:
    found = antivirus(tmp_path, {**SENDMAIL, "etc/clamav/clamav-milter.conf": "MilterSocket inet:7357@127.0.0.1\n", "etc/mail/sendmail.cf": None,
                                 "etc/postfix/main.cf": "smtpd_milters = inet:scan.example.org:7357\n"}, "clamav-milter")
    assert found["state"] == "unknown"
    assert "smtpd (smtp inet): mail goes through inet:scan.example.org:7357, which is not known here" in found["evidence"]


@pytest.mark.parametrize(("actions", "clamd", "effect"), [
    (["accept"], "Accept", "open"), (["tempfail"], "Defer", "closed"), (["accept"], "Defer", "mixed"), (["accept", "tempfail"], None, "mixed"),
    ([], None, None),
])
def test_failure(actions: list[str], clamd: str | None, effect: str | None) -> None:
    assert failure.fact(actions, clamd)["effect"] == effect


@pytest.mark.parametrize(("message", "scanned", "gap"), [
    (10240000, [sizes.parse("25M"), sizes.parse("100M")], False), (52428800, [sizes.parse("25M")], True), (0, [sizes.parse("25M")], True),
    (1, [None, 5], None), (None, [5], None), (1, [0, 0], None),
])
def test_size_gap(message: int | None, scanned: list[int | None], gap: bool | None) -> None:
    assert sizes.fact(message, scanned)["gap"] is gap


def test_whatever_is_looked_for_is_loaded_for() -> None:
    """What knows these scanners is loaded where one of their programs is. The list of those stands beside, so that it can be asked before."""
    programs = [name for scanner in other_scanners.Scanner.__subclasses__() for name in scanner.programs]
    assert sorted(product.OTHER_PROGRAMS) == sorted(programs)
