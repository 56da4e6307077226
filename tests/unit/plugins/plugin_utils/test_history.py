# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of runs on a real disk: a run is there once, an earlier run's report comes out the same, damage is set aside and told."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import history_file_name, read_history
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import Run, build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, Rendered, render, write
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    answer, maillog, mailserver, messages, rejected, sample_variables, scope, sessions,
)


def run(month: int, day: int = 24, name: str = "") -> Run:
    return Run(f"run-{month:02d}-{day:02d}{name}", f"2026-{month:02d}-{day:02d}T10:15:00+09:00", "0.1.0", "2.19.14")


class Place:
    """A report's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "records").mkdir(parents=True)

    def audit(self, of: Run, hosts: dict[str, dict[str, Any]]) -> None:
        """Put the records of a run there, as an audit does."""
        for name, variables in hosts.items():
            record = build_record(name, variables, of)
            (self.folder / "records" / record_file_name(name)).write_text(json.dumps(record), encoding="utf-8")

    def report(self) -> Rendered:
        """Report and write."""
        rendered = render(self.folder / "records", Options(), self.folder / "history")
        self.changed = write(rendered, self.folder)
        return rendered

    def history(self) -> dict[str, bytes]:
        """All files of the history."""
        return {str(path.relative_to(self.folder / "history")): path.read_bytes() for path in (self.folder / "history").rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "report")


def host(tls: int, total: int, state: str = "absent", visibility: str = "complete") -> dict[str, Any]:
    """A host with ``tls`` of ``total`` messages from outside in 10 days."""
    external = scope(sessions(total, tls, total - tls), messages(total, tls, total - tls), rejected(0, 0, 0))
    return answer(maillog(external, 10, visibility), mailserver(state))


def test_a_run_is_in_the_history_once(place: Place) -> None:
    place.audit(run(9), sample_variables())
    first = place.report()
    assert "history" in place.changed
    kept = place.history()
    assert list(kept) == ["20260924T011500Z_run-09-24.jsonl"]
    again = place.report()
    assert (place.changed, place.history(), again.files) == ([], kept, first.files)


def test_the_same_run_with_more_records_replaces_its_own(place: Place) -> None:
    """Slices of several control nodes: one slice after the other is copied together."""
    place.audit(run(9), {"a": host(10, 100)})
    place.report()
    place.audit(run(9), {"b": host(20, 100)})
    rendered = place.report()
    assert len(place.history()) == 1
    assert [one.hosts for one in rendered.fleet.runs] == [2]
    assert rendered.fleet.changes is None


def test_trend_over_runs_and_changes(place: Place) -> None:
    """By hand. Measured in both are a, b and c: 60 + 30 + 0 = 90 of 300 before, 50 + 30 + 20 = 100 of 300 after.

    d turns on its TLS log: its 80 messages a run are new to the measurement and no change of the mail. e comes, f goes.
    """
    place.audit(run(9), {
        "a": host(60, 100, "absent"), "b": host(30, 100, "working"), "c": host(0, 100, "working"), "d": host(0, 100, "absent", "none"), "f": host(1, 1),
    })
    place.report()
    os.unlink(place.folder / "records" / "f.json")
    place.audit(run(10), {
        "a": host(50, 100, "working"), "b": host(30, 100, "stopped"), "c": host(20, 100, "working"), "d": host(80, 100, "absent"), "e": host(1, 10),
    })
    fleet = place.report().fleet
    changes = fleet.changes
    assert changes is not None
    assert [(run.run_id, run.hosts, run.measured) for run in fleet.runs] == [("run-09-24", 5, 4), ("run-10-24", 5, 5)]
    assert (changes.tls_percent.before, changes.tls_percent.after, changes.tls_percent.delta, changes.tls_percent.hosts) == (30.0, 33.333333, 3.333333, 3)
    # Per day: a 6 -> 0, b 0 -> 3, c 0 -> 0; d is not known before.
    assert (changes.unscanned_per_day.before, changes.unscanned_per_day.after, changes.unscanned_per_day.hosts) == (6.0, 3.0, 3)
    # a mended, b broke; c stays; d had none and has none.
    assert (changes.antivirus_working.before, changes.antivirus_working.after, changes.antivirus_working.hosts) == (2.0, 2.0, 4)
    assert (changes.coverage.before, changes.coverage.after, changes.coverage.hosts) == (3.0, 4.0, 4)
    assert [(change.host, change.before, change.after, change.unscanned_before, change.unscanned_after, change.direction) for change in changes.hosts] == [
        ("d", "possibly_exposed", "exposed", None, 8.0, "worse"), ("b", "protected", "exposed", 0.0, 3.0, "worse"),
        ("a", "exposed", "protected", 6.0, 0.0, "better"),
    ]
    assert (changes.added, changes.removed) == (["e"], ["f"])
    assert changes.points == {"a": -10.0, "b": 0.0, "c": 20.0}
    document = json.loads((place.folder / "fleet.json").read_text())
    assert document["changes"]["external_tls_percent"] == {"before": 30.0, "after": 33.333333, "change": 3.333333, "hosts": 3}
    text = (place.folder / "report.md").read_text()
    assert "| b | Protected | Exposed | 0 → 3.0 |" in text
    assert "Against the run of 24 September 2026, over the 3 servers measured in both." in text


def test_a_limited_run_leaves_the_other_servers_as_they_were(place: Place) -> None:
    place.audit(run(9), {"a": host(60, 100), "b": host(30, 100), "c": host(1, 100)})
    place.report()
    place.audit(run(10), {"a": host(60, 100, "working"), "c": {"audit_maillog": {"unreachable": True, "msg": "timed out"}}})
    fleet = place.report().fleet
    assert fleet.run is not None and fleet.changes is not None
    assert (fleet.run.run_id, fleet.run.partial) == ("run-10-24", True)
    assert ([host.name for host in fleet.run.earlier], [host.name for host in fleet.run.not_reached]) == (["b"], ["c"])
    assert [(change.host, change.direction) for change in fleet.changes.hosts] == [("a", "better"), ("c", "other")]
    assert fleet.changes.tls_percent.hosts == 2


def test_an_earlier_run_comes_out_the_same_whatever_came_later(place: Place) -> None:
    for month in (7, 8, 9):
        place.audit(run(month), {"a": host(month, 100)})
        before = place.report()
    saved = {path.name: path.read_bytes() for path in (place.folder / "records").iterdir()}
    place.audit(run(10), {"a": host(90, 100)})
    place.report()
    for name, data in saved.items():
        (place.folder / "records" / name).write_bytes(data)
    again = place.report()
    assert again.files == before.files
    assert [one.run_id for one in again.fleet.runs] == ["run-07-24", "run-08-24", "run-09-24"]
    assert len(place.history()) == 4


def test_two_records_of_a_host_count_once(place: Place) -> None:
    place.audit(run(9), {"a": host(60, 100)})
    (place.folder / "records" / "copy.json").write_bytes((place.folder / "records" / "a.json").read_bytes())
    place.audit(run(10), {"a": host(50, 100)})
    fleet = place.report().fleet
    assert (len(fleet.hosts), fleet.external_tls.part) == (1, 50)
    lines = next(iter(place.history().values())).decode().splitlines()
    assert [json.loads(line)["host"] for line in lines[1:]] == ["a"]


def _cut(data: bytes) -> bytes:
    return data[:-20]


def _flip(data: bytes) -> bytes:
    return data.replace(b'"host":"a"', b'"host":"b"')


def _other(data: bytes) -> bytes:
    return data.replace(b"run-08-24", b"run-08-25")


@pytest.mark.parametrize("damage", [_cut, _flip, _other, lambda data: b"", lambda data: b"\0" * 50, lambda data: b"[" * 100_000, lambda data: b"{}\n" + data])
def test_damaged_history_is_set_aside_and_told(place: Place, damage: Any) -> None:
    for month in (7, 8):
        place.audit(run(month), {"a": host(month, 100)})
        place.report()
    path = place.folder / "history" / history_file_name(run(8).run_id, run(8).audited_at)
    broken = damage(path.read_bytes())
    path.write_bytes(broken)
    place.audit(run(9), {"a": host(9, 100)})
    rendered = place.report()
    assert place.history()[f"damaged/{path.name}"] == broken
    assert [one.run_id for one in rendered.fleet.runs] == ["run-07-24", "run-09-24"]
    assert rendered.fleet.changes is not None and rendered.fleet.changes.previous.run_id == "run-07-24"
    assert [row.kind for row in rendered.fleet.quality] == ["damaged_history"]
    again = place.report()
    assert (again.files, place.changed, again.damaged) == (rendered.files, [], ())


def test_own_damaged_file_is_set_aside_before_it_is_written_again(place: Place) -> None:
    place.audit(run(9), {"a": host(9, 100)})
    place.report()
    path = place.folder / "history" / history_file_name(run(9).run_id, run(9).audited_at)
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    first = place.report()
    path.write_bytes(whole[:-9])
    second = place.report()
    assert path.read_bytes() == whole
    assert place.history() == {
        path.name: whole, f"damaged/{path.name}": whole[:-3], f"damaged/{path.stem}.2.jsonl": whole[:-9],
    }
    assert len(first.fleet.history.damaged) == 1 and len(second.fleet.history.damaged) == 2


def test_what_is_no_file_is_set_aside_and_links_are_not_followed(place: Place, tmp_path: Path) -> None:
    place.audit(run(9), {"a": host(9, 100)})
    folder = place.folder / "history"
    folder.mkdir()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / "20260101T000000Z_link.jsonl").symlink_to(victim)
    (folder / "20260102T000000Z_folder.jsonl").mkdir()
    os.mkfifo(folder / "20260103T000000Z_pipe.jsonl")
    (folder / "notes.jsonl").write_text("mine")
    (folder / "notes.txt").write_text("mine")
    rendered = place.report()
    assert len(rendered.fleet.history.damaged) == 4
    assert victim.read_text() == "precious"
    assert sorted(os.listdir(folder)) == ["20260924T011500Z_run-09-24.jsonl", "damaged", "notes.txt"]


def test_a_link_in_place_of_the_history_is_refused(place: Place, tmp_path: Path) -> None:
    place.audit(run(9), {"a": host(9, 100)})
    (tmp_path / "elsewhere").mkdir()
    (place.folder / "history").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileProblem, match="symbolic link"):
        place.report()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_any_bytes_in_any_place_never_stop_a_report(place: Place) -> None:
    chance = random.Random(6)
    place.audit(run(8), {"a": host(8, 100), "b": host(3, 100)})
    place.report()
    path = place.folder / "history" / history_file_name(run(8).run_id, run(8).audited_at)
    whole = path.read_bytes()
    place.audit(run(9), {"a": host(9, 100)})
    figures = render(place.folder / "records", Options()).fleet.figures_of_run
    for _time in range(300):
        data = bytearray(whole)
        for _byte in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        history, moves = read_history(place.folder / "history", figures)
        assert (history.previous is None, len(moves)) == ((True, 1) if data != whole else (False, 0))


def test_five_thousand_hosts_stay_small(place: Place) -> None:
    variables = host(60, 100)
    place.audit(run(9), {f"mx{number}.department.example.ac.jp": variables for number in range(5)})
    place.report()
    (data,) = place.history().values()
    assert len(data) < 1000 + 5 * 300
