# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product against a slow second count (tests/unit/truth/slow_reference.py) on random logs; what always holds."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.tests.fuzz import logs
from ansible_collections.mailfleet.tls_audit.tests.generators.centos6_log import generate
from ansible_collections.mailfleet.tls_audit.tests.unit.truth import derive, slow_reference, synthetic
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences

STYLES = st.builds(synthetic.Style, rfc3339=st.booleans(), counters=st.booleans(), tls_logged=st.booleans(), noise=st.booleans())


def audit(*paths: Path) -> dict[str, Any]:
    facts: dict[str, Any] = audit_logs([str(path) for path in paths], internal_networks=derive.INTERNAL_NETWORKS, timezone="UTC")
    return facts


def assert_sums(inbound: dict[str, dict[str, dict[str, int]]]) -> None:
    for counts in inbound.values():
        sessions, messages, rejected = counts["sessions"], counts["messages"], counts["rejected"]
        assert sessions["total"] == sessions["tls"] + sessions["plaintext"] + sessions["tls_failed"] + sessions["unknown"]
        assert messages["total"] == messages["tls"] + messages["plaintext"] + messages["unknown"]
        assert rejected["total"] == rejected["tls"] + rejected["plaintext"] + rejected["unknown"]
        assert rejected["unknown_user"] <= rejected["total"]
    for kind, counts in inbound["total"].items():
        assert counts == {name: inbound["external"][kind][name] + inbound["internal"][kind][name] for name in counts}


@given(style=STYLES, seed=st.integers(0, 2**32), sessions=st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_random_logs(style: synthetic.Style, seed: int, sessions: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "maillog"
        log.write_bytes(synthetic.write(style, random.Random(seed), sessions))
        facts = audit(log)
        assert differences(slow_reference.count([log], derive.INTERNAL_NETWORKS), facts) == []
        assert_sums(facts["inbound"])


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_random_logs_with_lines_lost_doubled_cut_or_moved(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chance = random.Random(seed)
        log = Path(folder) / "maillog"
        log.write_bytes(logs.rearranged(chance, logs.written(chance, 150)))
        assert differences(slow_reference.count([log], derive.INTERNAL_NETWORKS), audit(log)) == []


@given(seed=st.integers(0, 2**32), cut=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_rotation_anywhere_changes_nothing(seed: int, cut: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = synthetic.write(synthetic.Style(rfc3339=True, counters=True, tls_logged=True, noise=True), random.Random(seed), 4).splitlines(keepends=True)
        older, newer, whole = (Path(folder) / name for name in ("maillog.1", "maillog", "whole"))
        at = int(cut * len(lines))
        older.write_bytes(b"".join(lines[:at]))
        newer.write_bytes(b"".join(lines[at:]))
        whole.write_bytes(b"".join(lines))
        rotated, one = audit(older, newer), audit(whole)
        assert {key: rotated[key] for key in ("inbound", "services", "tls", "daily")} == {key: one[key] for key in ("inbound", "services", "tls", "daily")}


@given(seed=st.integers(0, 2**32), noise=st.lists(st.binary(max_size=80), max_size=20))
@settings(max_examples=60, deadline=None)
def test_lines_of_strangers_change_nothing(seed: int, noise: list[bytes]) -> None:
    chance = random.Random(seed)
    lines = synthetic.write(synthetic.Style(rfc3339=True, counters=True, tls_logged=True, noise=False), chance, 3).splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        clean, dirty = Path(folder) / "clean", Path(folder) / "dirty"
        clean.write_bytes(b"".join(lines))
        for text in noise:
            quoted = text.replace(b"\n", b" ")
            lines.insert(chance.randrange(len(lines) + 1), b"2026-11-24T10:00:00+00:00 mx1 other[7]: " + quoted + b"\n")
        dirty.write_bytes(b"".join(lines))
        assert {key: audit(dirty)[key] for key in ("inbound", "services", "tls")} == {key: audit(clean)[key] for key in ("inbound", "services", "tls")}


@pytest.mark.parametrize("folder", derive.set_ups("postfix"), ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_sums_of_real_logs(folder: Path) -> None:
    for form in derive.forms(folder):
        facts = audit(*derive.log_files(folder, form))
        assert_sums(facts["inbound"])
        services = [service["sessions"]["total"] for service in facts["services"].values()]
        assert sum(services) == facts["inbound"]["total"]["sessions"]["total"]
        assert sum(day["total"]["sessions"]["total"] for day in facts["daily"]) == facts["inbound"]["total"]["sessions"]["total"]


def test_a_log_without_counters_as_long_as_the_published_ones(tmp_path: Path) -> None:
    generate("A", tmp_path, compress=0)
    files = [*sorted(tmp_path.glob("maillog-*")), tmp_path / "maillog"]
    counted = slow_reference.count(files, ["10.0.0.0/8"])
    facts = audit_logs([str(path) for path in files], internal_networks=["10.0.0.0/8"], timezone="UTC")
    assert counted["inbound"]["total"]["sessions"]["total"] == 76_032
    assert differences(counted, facts) == []
