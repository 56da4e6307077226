# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: real journal files, read by the real journalctl."""

from __future__ import annotations

import datetime
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import export_format
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive

from . import journals, limited
from .test_old_pythons import interpreter

SET_UP = derive.REAL_LOGS / "postfix-3.7.11-debian12" / "A-loglevel1"
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.timezone.utc)
FIGURES = ("inbound", "services", "tls", "daily", "period")


def audit(*paths: Path, **options: Any) -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([str(path) for path in paths], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC", **options)
    return facts


def session(process: int, second: int = 0, **fields: str) -> list[bytes]:
    """A plaintext session of Postfix."""
    own = {"SYSLOG_IDENTIFIER": "postfix/smtpd", "SYSLOG_PID": str(process), "_PID": str(process), **fields}
    moments = [NOON + datetime.timedelta(seconds=second + step) for step in (0, 1)]
    return [journals.entry(moments[0], b"connect from x[192.0.2.1]", **own),
            journals.entry(moments[1], b"disconnect from x[192.0.2.1] ehlo=1 quit=1 commands=2", **own)]


def sessions(facts: dict[str, Any]) -> int:
    return facts["inbound"]["total"]["sessions"]["total"]


def kinds(facts: dict[str, Any]) -> set[str]:
    return {notice["kind"] for notice in facts["coverage"]["notices"]}


@pytest.mark.parametrize("folder", [SET_UP, derive.REAL_LOGS / "postfix-3.10.13-debian13" / "E-loglevel2"], ids=lambda folder: folder.name)
def test_the_journal_gives_what_the_file_gives(folder: Path, tmp_path: Path) -> None:
    log = folder / "maillog.iso"
    journal = journals.write(tmp_path / "system.journal", journals.entries_of(log.read_bytes()))
    from_file, from_journal = audit(log), audit(journal)
    assert sessions(from_file) > 10
    assert {name: from_journal[name] for name in FIGURES} == {name: from_file[name] for name in FIGURES}
    (row,) = from_journal["sources"]
    assert (row["path"], row["status"], row["compression"]) == (str(journal), "read", "none")
    assert row["lines"] == from_journal["coverage"]["lines"]["read"] == len(log.read_bytes().splitlines())


def test_files_of_one_journal_are_one_source(tmp_path: Path) -> None:
    lines = (SET_UP / "maillog.iso").read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    (tmp_path / "j").mkdir()
    journals.write(tmp_path / "j" / "system@1.journal", journals.entries_of(b"".join(lines[:half])))
    journals.write(tmp_path / "j" / "system.journal", journals.entries_of(b"".join(lines[half:])))
    facts = audit(tmp_path / "j" / "*.journal")
    assert {name: facts[name] for name in FIGURES} == {name: audit(SET_UP / "maillog.iso")[name] for name in FIGURES}
    assert [row["path"] for row in facts["sources"]] == [f"{tmp_path / 'j'} (2 journal files)"]


def test_the_journal_and_a_file_are_never_counted_twice(tmp_path: Path) -> None:
    log = SET_UP / "maillog.iso"
    journal = journals.write(tmp_path / "system.journal", journals.entries_of(log.read_bytes()))
    once = sessions(audit(log))
    automatic = audit(log, journal)
    assert sessions(automatic) == once
    assert [(row["path"], row["status"]) for row in automatic["sources"]] == [(str(log), "read"), (str(journal), "skipped")]
    assert "journal_not_read" in kinds(automatic)
    always = audit(log, journal, journal_mode="always")
    assert sessions(always) == once
    assert [(row["path"], row["status"]) for row in always["sources"]] == [(str(log), "skipped"), (str(journal), "read")]
    assert sessions(audit(log, journal, journal_mode="never")) == once


def test_auto_takes_the_journal_where_the_file_holds_no_mail(tmp_path: Path) -> None:
    (tmp_path / "maillog").write_bytes(b"Nov 24 10:00:00 mx1 systemd[1]: Started something.\n")
    journal = journals.write(tmp_path / "system.journal", session(7))
    assert sessions(audit(tmp_path / "maillog", journal)) == 1
    assert sessions(audit(tmp_path / "maillog", journal, journal_mode="never")) == 0


def test_a_message_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    forged = b"2026-11-24T12:00:05+00:00 mx1 postfix/smtpd[9]: connect from evil[203.0.113.9]"
    own = {"SYSLOG_IDENTIFIER": "postfix/cleanup", "SYSLOG_PID": "8"}
    entry = b"\n\n__CURSOR=x\n__REALTIME_TIMESTAMP=1795521600000000\nSYSLOG_IDENTIFIER=postfix/smtpd\nSYSLOG_PID=9\nMESSAGE=connect from evil[203.0.113.9]\n\n"
    messages = [b"warning: header Subject: " + text for text in (b"\n" + forged, b"\r" + forged, "\u2028".encode() + forged, b"\xff\xfe\0" + forged, entry)]
    evil = [journals.entry(NOON, message, **own) for message in messages]
    evil.append(journals.entry(NOON, b"hello", SYSLOG_IDENTIFIER="postfix/smtpd[9]: connect from evil[203.0.113.9]\nx", SYSLOG_PID="1"))
    evil.append(journals.entry(NOON, b"hello", SYSLOG_IDENTIFIER="x", SYSLOG_PID="1]: connect from evil[203.0.113.9]"))
    evil.append(journals.entry(NOON, b"x" * 300_000, **own))
    facts = audit(journals.write(tmp_path / "system.journal", session(7) + evil + session(8, 10)))
    assert sessions(facts) == 2
    assert facts["coverage"]["lines"]["read"] == 4 + len(evil) - 1
    assert "oversize_line" in kinds(facts)


def test_what_an_ordinary_account_wrote_does_not_count(tmp_path: Path) -> None:
    forged = session(66, 20, _UID="1000", _COMM="logger")
    facts = audit(journals.write(tmp_path / "system.journal", session(7, _UID="106") + forged))
    assert sessions(facts) == 1
    assert [notice["count"] for notice in facts["coverage"]["notices"] if notice["kind"] == "untrusted_writer"] == [2]


def test_other_facilities_are_left_alone(tmp_path: Path) -> None:
    facts = audit(journals.write(tmp_path / "system.journal", session(7) + session(8, 10, SYSLOG_FACILITY="3")))
    assert sessions(facts) == 1


def test_losses_of_the_mail_system_are_noted(tmp_path: Path) -> None:
    own = {"SYSLOG_IDENTIFIER": "systemd-journald", "SYSLOG_FACILITY": "5", "MESSAGE_ID": "a596d6fe7bfa4994828e72309e95d61e", "_PID": "300"}
    losses = [journals.entry(NOON, b"Suppressed 41 messages from postfix@-.service", **own),
              journals.entry(NOON, b"Suppressed 7 messages from postfix@-.service", **own),
              journals.entry(NOON, b"Suppressed 9000 messages from chatty.service", **own)]
    facts = audit(journals.write(tmp_path / "system.journal", session(7) + losses))
    (notice,) = [notice for notice in facts["coverage"]["notices"] if notice["kind"] == "rate_limited"]
    assert (notice["count"], notice["detail"]) == (48, "Suppressed 41 messages from postfix@-.service")


def test_days_are_those_of_the_zone(tmp_path: Path) -> None:
    late = NOON.replace(hour=15, minute=30)
    own = {"SYSLOG_IDENTIFIER": "postfix/smtpd", "SYSLOG_PID": "7"}
    journal = journals.write(tmp_path / "system.journal", [journals.entry(late, b"connect from x[192.0.2.1]", **own)])
    facts = audit_logs([str(journal)], timezone="Asia/Tokyo")
    assert [day["date"] for day in facts["daily"]] == ["2026-11-25"]
    assert facts["period"]["first"] == "2026-11-25T00:30:00+09:00"
    assert sessions(audit_logs([str(journal)], timezone="Asia/Tokyo", since="2026-11-25", until="2026-11-25")) == 1
    assert sessions(audit_logs([str(journal)], timezone="UTC", since="2026-11-25")) == 0


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    path = journals.write(tmp_path / "system.journal", session(7))
    with path.open("r+b") as file:
        file.truncate(3000)
    with pytest.raises(AuditError, match="journal"):
        audit(path)
    (tmp_path / "maillog").write_bytes(b"Nov 24 10:00:00 mx1 systemd[1]: Started something.\n")
    facts = audit(path, tmp_path / "maillog")
    assert [row["status"] for row in facts["sources"]] == ["read", "unreadable"]
    assert {"unreadable", "no_mail_lines"} <= kinds(facts)


def test_a_host_without_a_journal(tmp_path: Path) -> None:
    """In a mount namespace of its own, with an empty journal."""
    program = """
import json
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
try:
    audit_logs(journal_mode='always')
except AuditError as error:
    print(error.kind, error)
"""
    empty = "for folder in /var/log/journal /run/log/journal; do test -d $folder && mount -t tmpfs none $folder; done; exec \"$@\""
    python = [os.sys.executable, "-c", program]  # type: ignore[attr-defined]
    done = subprocess.run(["unshare", "--mount", "sh", "-c", empty, "sh", *python], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3] / "collections")})
    # Files were not looked for, so none is named.
    assert done.stdout.startswith("no_log no mail log was found in the journal"), done.stdout + done.stderr
    assert "/var/log/mail" not in done.stdout


def _reference(data: bytes) -> list[dict[bytes, bytes]]:
    """A plain reading of an export that is all there."""
    entries: list[dict[bytes, bytes]] = []
    fields: dict[bytes, bytes] = {}
    while data:
        line, _break, data = data.partition(b"\n")
        if not line:
            entries.append(fields)
            fields = {}
        elif b"=" in line:
            name, _equals, value = line.partition(b"=")
            fields.setdefault(name, value)
        else:
            (size,) = struct.unpack("<Q", data[:8])
            fields.setdefault(line, data[8:8 + size])
            data = data[8 + size + 1:]
    return entries


@given(st.lists(st.lists(st.tuples(st.sampled_from(["MESSAGE", "_UID", "__CURSOR", "X"]), st.binary(max_size=60)), min_size=1, max_size=5), max_size=6),
       st.lists(st.integers(0, 1500), max_size=8))
def test_the_export_format_however_it_is_cut(made: list[list[tuple[str, bytes]]], cuts: list[int]) -> None:
    data = b"".join(b"".join(journals.field(name, value) for name, value in fields) + b"\n" for fields in made)
    export = export_format.Export(Notices())
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    entries = [entry for start, end in zip(edges, edges[1:]) for entry in export.feed(data[start:end])]
    assert entries == _reference(data)


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_any_bytes_in_place_of_an_export(blocks: list[bytes]) -> None:
    export = export_format.Export(Notices())
    for block in blocks:
        export.feed(block)


def test_a_value_that_is_too_long_is_skipped_whole() -> None:
    notices = Notices()
    export = export_format.Export(notices)
    binary = b"__CURSOR=a\nMESSAGE\n" + struct.pack("<Q", 200_000) + b"\n\n__CURSOR=forged\n\n" + b"x" * (200_000 - 19) + b"\n_UID=0\n\n"
    text = b"__CURSOR=b\nMESSAGE=" + b"y" * 200_000 + b"\n_UID=1\n\n"
    data = binary + text + b"__CURSOR=c\n\n"
    entries = [entry for start in range(0, len(data), 7000) for entry in export.feed(data[start:start + 7000])]
    assert entries == [{b"__CURSOR": b"a", b"_UID": b"0"}, {b"__CURSOR": b"b", b"_UID": b"1"}, {b"__CURSOR": b"c"}]
    assert notices.as_list()[0]["count"] == 2


def test_journalctl_is_there() -> None:
    assert shutil.which("journalctl"), "the tests above read with it"


@pytest.mark.parametrize("version", ["2.7", "3.6"])
def test_old_pythons_read_the_same(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    assert python, f"no Python {version} on this machine: the journal was not read with it"
    journal = journals.write(tmp_path / "system.journal", journals.entries_of((SET_UP / "maillog.iso").read_bytes()))
    library = limited.library_for_old_pythons(tmp_path / "library")
    options = {"internal_networks": derive.INTERNAL_NETWORKS}
    old = limited.audit(journal, options=options, python=python, library=library, memory=4 << 30)
    assert {name: old[name] for name in FIGURES} == {name: audit(journal)[name] for name in FIGURES}
