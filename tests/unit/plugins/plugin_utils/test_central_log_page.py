# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a central log in the report's server details."""

from __future__ import annotations

import re

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet import schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import RUN, answer, maillog, messages, scope, sessions


def brief(total: int, tls: int) -> dict:
    return {"sessions": sessions(total, tls, total - tls), "messages": messages(total, tls, total - tls)}


def facts(**hosts: dict) -> dict:
    return maillog(scope(sessions(12345, 5, 12340), messages(12345, 5, 12340)), 3, hosts=hosts)


def test_each_host_has_its_rows(make_report):
    hosts = {"mx1": {"total": brief(12340, 4), "external": brief(12340, 4), "tls_visibility": "complete", "days": 3},
             "mx2": {"total": brief(5, 1), "external": brief(5, 1), "tls_visibility": "none", "days": 1}}
    page = make_report([build_record("loghost", answer(facts(**hosts)), RUN)]).files["index.html"].decode("utf-8")
    table = re.search(r"<caption>Hosts of this central log</caption>(.*?)</table>", page, re.DOTALL).group(1)
    rows = [re.sub(r"<[^>]*>", "|", row).strip("|") for row in re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", table)]
    # What the log could not have shown is no zero.
    assert [row.split("||") for row in rows] == [["mx1", "12,340", "4", "12,340", "4", "complete"], ["mx2", "5", "—", "5", "—", "off"]]


def test_no_table_without_hosts(make_report):
    page = make_report([build_record("loghost", answer(facts()), RUN)]).files["index.html"].decode("utf-8")
    assert "Hosts of this central log" not in page


def test_a_record_of_before_has_no_hosts():
    old = facts()
    del old["hosts"]
    assert schema.check_maillog(old)["hosts"] == {}


@pytest.mark.parametrize("name", ["<script>", "../x", "{{1}}", "=x", ""])
def test_names_are_names(name):
    with pytest.raises(Violation):
        schema.check_maillog(facts(**{name: {"total": brief(1, 1), "external": brief(1, 1), "tls_visibility": "complete", "days": 1}}))
