# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe showed against what is inferred: the confirmed outranks the inferred, until it is too old."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet import Fleet, build_fleet
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE_STATES, RECORDED_STATES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import check_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, sample_records, scope, sessions,
)


def fleet(state: str | None, antivirus: str | None, probed: str = "2026-11-20", tls: int = 100, **limits: float) -> Fleet:
    log = maillog(scope(sessions(200, tls, 200 - tls), messages(200, tls, 200 - tls)), 10)
    record = build_record("mx1", answer(log, mailserver(antivirus) if antivirus else None), RUN)
    if state:
        record["probe"] = {"schema_version": 1, "state": state, "probed_at": f"{probed}T10:00:00+09:00", "evidence": ["250 2.0.0 Ok", ""]}
    return build_fleet([("mx1.json", check_record(record))], Thresholds(**limits))


def host(*arguments: Any, **options: Any) -> Host:
    return fleet(*arguments, **options).hosts[0]


@pytest.mark.parametrize("state, antivirus, status, unscanned", [
    # A probe that saw EICAR delivered outranks antivirus that looks right.
    ("confirmed_blind", "working", "exposed", 100),
    ("confirmed_blind", "absent", "exposed", 100),
    ("confirmed_blind", None, "exposed", 100),
    # One that saw the host refuse it answers what the set-up left open, and nothing that it shows to be broken.
    ("covered_local", None, "protected", 0),
    ("covered_local", "working", "protected", 0),
    ("covered_local", "stopped", "exposed", 100),
    # What the path does says nothing of the local antivirus.
    ("covered_path", "absent", "exposed", 100),
    ("stripped", None, "possibly_exposed", None),
    ("intercepted", "working", "protected", 0),
    ("inconclusive", None, "possibly_exposed", None),
    ("not_tested", "absent", "exposed", 100),
    (None, "working", "protected", 0),
])
def test_confirmed_above_inferred(state: str | None, antivirus: str | None, status: str, unscanned: int | None) -> None:
    one = host(state, antivirus)
    assert (one.status, one.unscanned) == (status, unscanned)
    if state and state != "not_tested":
        assert (one.probe.state, one.probe.age_days, one.probe.evidence) == (state, 4, ("250 2.0.0 Ok",))


@pytest.mark.parametrize("antivirus, tls, state", [
    ("absent", 100, "inferred_blind"), ("stopped", 1, "inferred_blind"), ("absent", 0, "not_tested"), ("working", 100, "not_tested"), (None, 100, "not_tested"),
])
def test_inferred_without_a_probe(antivirus: str | None, tls: int, state: str) -> None:
    one = host(None, antivirus, tls=tls)
    assert (one.probe.state, one.probe.probed_at, one.probe.confirmed) == (state, None, False)


def test_an_old_probe_decides_nothing_and_is_told() -> None:
    """Probed on 20 November at 10:00, reported on 24 November at 10:15: 4 days."""
    assert host("confirmed_blind", "working", probe_max_age_days=4).status == "exposed"
    old = fleet("confirmed_blind", "working", probe_max_age_days=3)
    assert (old.hosts[0].status, old.hosts[0].probe.old, old.hosts[0].probe.state) == ("protected", True, "confirmed_blind")
    assert [(row.kind, row.numbers) for row in old.quality] == [("old_probe", (4,))]


def test_a_probe_after_the_audit_has_no_age() -> None:
    assert host("covered_local", None, probed="2026-11-25").probe.age_days == 0


def test_counts_of_states() -> None:
    counts = fleet("confirmed_blind", "working").probe_counts
    assert list(counts) == list(PROBE_STATES) and counts["confirmed_blind"] == 1 and sum(counts.values()) == 1


@pytest.mark.parametrize("probe", [
    {"schema_version": 1, "state": "inferred_blind", "probed_at": "2026-11-20T10:00:00+09:00"}, {"schema_version": 2, "state": "stripped", "probed_at": None},
    {"schema_version": 1, "state": "stripped", "probed_at": None}, {"schema_version": 1, "state": "stripped", "probed_at": "yesterday"}, [], "stripped",
    {"schema_version": 1, "state": "stripped", "probed_at": "2026-11-20T10:00:00+09:00", "evidence": ["x"] * 33},
])
def test_a_probe_that_is_none_is_refused(probe: Any) -> None:
    with pytest.raises(Violation):
        check_record(dict(sample_records()[0], probe=probe))


def test_a_record_takes_every_state_that_a_probe_can_have() -> None:
    for state in RECORDED_STATES:
        probe = {"schema_version": 1, "state": state, "probed_at": "2026-11-20T10:00:00+09:00"}
        assert check_record(dict(sample_records()[0], probe=probe))["probe"]["state"] == state


@pytest.mark.parametrize("language, fresh, old", [
    ("en", "EICAR was delivered (probed ", "days before the newest record: too old to count)"),
    ("ja", "EICARが配送された（試験日時", "日前のため判定には使いません"),
])
def test_both_languages_tell_the_state_and_that_it_is_old(make_report: Any, language: str, fresh: str, old: str) -> None:
    """The confirmed state stands with the server, above what its set-up looks like; an old one says so."""
    (record,) = fleet("confirmed_blind", "working").hosts
    pages = {days: make_report([record.record], language=language, thresholds=Thresholds(probe_max_age_days=days)).files for days in (3, 4)}
    for name in ("index.html", "report.md"):
        shown = {days: files[name].decode("utf-8") for days, files in pages.items()}
        assert fresh in shown[4] and old not in shown[4], name
        assert old in shown[3], name
