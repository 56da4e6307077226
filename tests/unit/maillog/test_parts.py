# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts that were read without what came before them merge to what one read of the whole gives, wherever the cuts are."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive, synthetic

SEEDS = st.integers(0, 2**32)
STYLES = st.builds(synthetic.Style, rfc3339=st.booleans(), counters=st.booleans(), tls_logged=st.booleans(), noise=st.booleans())
CLIENTS = ("a[192.0.2.1]", "b[10.0.0.7]", "unknown[2001:db8::7]", "localhost[127.0.0.1]")
ESTABLISHED = "TLSv1.2 with cipher AES256-SHA (256/256 bits)"


@given(style=STYLES, seed=SEEDS, sessions=st.integers(0, 6), cuts=st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_generated_logs(style: synthetic.Style, seed: int, sessions: int, cuts: int) -> None:
    chance = random.Random(seed)
    log = synthetic.write(style, chance, sessions)
    assert parts.count([parts.cut(log, chance, cuts)], chance) == parts.count([[log]])


def chaos(chance: random.Random, lines: int) -> bytes:
    """Lines of few processes and queue ids in any order: lost, doubled, killed, restarted, ids used again, days and years that come and go."""
    day = datetime.datetime(2024, 12, 20)
    written = []
    forms = [chance.choice(["bsd", "iso", "any"])] if chance.random() < 0.8 else ["bsd", "iso", "any"]
    tag = chance.choice(["postfix/{}", "postfix/{}", "postfix-in/{}", "{}"])
    for unused in range(lines):
        day += datetime.timedelta(days=chance.choice([0] * 12 + [1, 1, 2, 40, -1, -30, 200, -200]), seconds=chance.randrange(900))
        client, queue_id = chance.choice(CLIENTS), chance.choice(["AAAAA1", "AAAAA2", "BBBBB1", "NOQUEUE"])
        daemon, message = chance.choice([
            ("smtpd", f"connect from {client}"), ("smtpd", f"connect from {client}"), ("smtpd", f"connect from {client}"),
            ("smtpd", f"disconnect from {client}"), ("smtpd", f"disconnect from {client} ehlo=1 mail=2 data=1 commands=4"),
            ("smtpd", f"disconnect from {client} ehlo=1 starttls=1 mail=1 data=2 commands=4"),
            ("smtpd", f"disconnect from {client} ehlo=1 bdat=4 commands=4"), ("smtpd", "disconnect from nobody"),
            ("smtpd", f"Anonymous TLS connection established from {client}: {ESTABLISHED}"),
            ("smtpd", f"Trusted TLS connection established from {client}: TLSv1.3 with cipher X{chance.randrange(4)} (256/256 bits)"),
            ("smtpd", f"setting up TLS connection from {client}"), ("smtpd", f"SSL_accept error from {client}: -1"),
            ("smtpd", f"{queue_id}: client={client}"), ("smtpd", f"{queue_id}: client={client}"), ("smtpd", "proxy-accept: END-OF-MESSAGE: 250 ok"),
            ("smtpd", f"{queue_id}: reject: RCPT from {client}: 550 5.1.1 <x@example.org>: User unknown; from=<>"),
            ("qmgr", f"{queue_id}: from=<a@example.org>, size=1, nrcpt=1 (queue active)"),
            ("qmgr", f"{queue_id}: from=<a@example.org>, size=1, nrcpt=1 (queue active)"),
            ("cleanup", f"{queue_id}: milter-reject: END-OF-MESSAGE from {client}: 5.7.1 no; from=<>"),
            ("master", f"warning: process /usr/libexec/postfix/smtpd pid {chance.randint(1, 4)} killed by signal 9"),
            ("master", chance.choice(["terminating on signal 15", "daemon started -- version 3", f"x[1]: connect from {client}"])),
        ])
        service = chance.choice(["smtpd", "smtpd", "smtps/smtpd"]) if daemon == "smtpd" else daemon
        stamp = f"{synthetic.MONTHS[day.month - 1]} {day.day:2} {day:%H:%M:%S}"
        form = chance.choice(forms)
        if form == "iso" or (form == "any" and chance.random() < 0.5):
            stamp = f"{day.isoformat()}{chance.choice(['Z', '+09:00'])}"
        tail = f"[{chance.randint(1, 4)}]: {message}"
        written.append(f"{stamp} {chance.choice(['mx1', 'mx1', 'mx2'])} {tag.format(service).replace('{}', 'postfix')}{tail}")
        if chance.random() < 0.05:
            written.append(chance.choice(["", "no stamp at all", "Nov 24 x", "Nov 24 10:00:00 mx1 other[1]: y", "2026-11-24T10:00:00Z mx1 other[1]: y"]))
    return "".join(line + "\n" for line in written).encode()


@given(seed=SEEDS, lines=st.integers(2, 120), cuts=st.integers(1, 8), zone=st.sampled_from(["UTC", "Asia/Tokyo"]))
@settings(max_examples=500, deadline=None)
def test_logs_in_which_anything_happens(seed: int, lines: int, cuts: int, zone: str) -> None:
    chance = random.Random(seed)
    log = chaos(chance, lines)
    assert parts.count([parts.cut(log, chance, cuts)], chance, timezone=zone) == parts.count([[log]], timezone=zone)


@given(seed=SEEDS, cuts=st.integers(0, 4), files=st.integers(2, 4))
@settings(max_examples=150, deadline=None)
def test_rotated_files(seed: int, cuts: int, files: int) -> None:
    chance = random.Random(seed)
    rotated = parts.cut(chaos(chance, 100), chance, files - 1)
    limits = [datetime.date(2026, 1, 1) + datetime.timedelta(days=chance.randrange(300)) for unused in rotated]
    pieces = [parts.cut(log, chance, cuts) for log in rotated]
    assert parts.count(pieces, chance, limits) == parts.count([[log] for log in rotated], None, limits)


@pytest.mark.parametrize("folder", derive.set_ups("postfix"), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_real_logs_cut_at_every_line(folder: Path) -> None:
    chance = random.Random(folder.name)
    for form in derive.forms(folder):
        for path in derive.log_files(folder, form):
            log = path.read_bytes()
            whole = parts.count([[log]])
            lines = log.splitlines(keepends=True)
            assert parts.count([lines], chance) == whole
            for unused in range(3):
                assert parts.count([parts.cut(log, chance, 5)], chance) == whole
