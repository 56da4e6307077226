# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records that earlier releases wrote still read, with the same figures: they were saved as that release wrote them."""

from __future__ import annotations

import json
import pathlib

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import read_records

FIRST = pathlib.Path(__file__).parents[2] / "fixtures" / "records" / "0.1.0"
# Status and external sessions (all, TLS) as release 0.1.0 reported them.
REPORTED = {
    "mx.arts.example.edu": ("declared", 9, 4),
    "mx.chemistry.example.edu": ("exposed", 55, 24),
    "mx.economics.example.edu": ("exposed", 13, 5),
    "mx.history.example.edu": ("possibly_exposed", 55, 0),
    "mx.law.example.edu": ("not_audited", None, None),
    "mx.library.example.edu": ("exposed", 135, 60),
    "mx.medicine.example.edu": ("not_audited", None, None),
    "mx.physics.example.edu": ("exposed", 55, 27),
}


def test_the_first_releases_records_give_its_figures(make_report) -> None:
    records = [record for unused, record in read_records(FIRST)]
    assert all(isinstance(record, dict) for record in records), records
    fleet = json.loads(make_report(records).files["fleet.json"])
    shown = {}
    for host in fleet["hosts"]:
        sessions = host["inbound"]["external"]["sessions"] if host["inbound"] else {"total": None, "tls": None}
        shown[host["host"]] = (host["status"], sessions["total"], sessions["tls"])
    assert shown == REPORTED
    assert fleet["verdict"] == "5 servers pass about 81 external messages a day that no local antivirus inspects."
