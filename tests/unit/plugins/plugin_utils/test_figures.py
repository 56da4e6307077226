# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One fleet, added up by hand, and the same figures in every form of the report.

Measured are alpha, bravo, charlie, echo, foxtrot and golf. External TLS: 400 + 1500 + 100 + 5 + 20 + 30 = 2055 of
1000 + 2000 + (500 - 250) + 40 + 100 + 60 = 3450. Unscanned: alpha 400/10, charlie 100/10, echo 5/10, foxtrot 20/10.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.records import build_record
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.statuses import STATUS_ORDER, STATUS_RULES
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import (
    RUN, answer, maillog, mailserver, messages, rejected, sample_records, scope, sessions,
)

HEADLINE = "4 servers pass about 53 external messages a day that no local antivirus inspects."
STATUSES = {
    "alpha": "exposed", "bravo": "protected", "charlie": "degraded", "delta": "possibly_exposed", "echo": "low",
    "foxtrot": "declared", "golf": "possibly_exposed", "hotel": "not_audited", "india": "not_audited",
}


class _Text(HTMLParser):
    """The text of a page without its style and script, and of each row of the table of servers."""

    def __init__(self):
        super().__init__()
        self.text, self.rows, self._row, self._skip, self._in_servers = [], [], None, 0, False

    def handle_starttag(self, tag, attrs):
        self._skip += tag in ("script", "style")
        if tag == "table":
            self._in_servers = dict(attrs).get("id") == "servers"
        if tag == "tr" and self._in_servers:
            self.rows.append([])
        if tag in ("td", "th") and self._in_servers and self.rows:
            self.rows[-1].append("")
        if tag == "small" and self._in_servers and self.rows and self.rows[-1]:
            self.rows[-1][-1] += " "

    def handle_endtag(self, tag):
        self._skip -= tag in ("script", "style")
        if tag == "table":
            self._in_servers = False

    def handle_data(self, data):
        if self._skip:
            return
        self.text.append(data)
        if self._in_servers and self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def read_page(page: bytes) -> tuple[str, dict[str, list[str]]]:
    parser = _Text()
    parser.feed(page.decode("utf-8"))
    text = " ".join("".join(parser.text).split())
    rows = {row[1].split(".")[0]: [" ".join(cell.split()) for cell in row] for row in parser.rows if len(row) == 16}
    return text, rows


@pytest.fixture
def report(make_report):
    return make_report()


def test_fleet_figures(report):
    figures = report.figures
    assert report.verdict == HEADLINE
    assert (figures["hosts"], figures["measured"], figures["unmeasured"]) == (9, 6, 3)
    assert figures["statuses"] == {
        "exposed": 1, "possibly_exposed": 2, "degraded": 1, "declared": 1, "low": 1, "protected": 1, "not_audited": 2,
    }
    assert figures["external_tls"] == {"part": 2055, "whole": 3450, "unknown": 250, "percent": 59.565217}
    assert figures["unscanned"] == {"hosts": 4, "messages": 525, "per_day": 52.5}
    assert figures["unscanned_declared"] == {"hosts": 1, "per_day": 2.0}
    assert figures["antivirus_unknown"] == {"hosts": 1, "per_day": 3.0}
    assert (figures["antivirus_working"]["part"], figures["antivirus_working"]["whole"]) == (1, 6)
    assert (figures["coverage"]["part"], figures["coverage"]["whole"]) == (5, 9)
    assert figures["inspection"] == {
        "tls_unscanned": 525, "tls_unchecked": 30, "tls_scanned": 1500, "plaintext": 1395, "unknown": 250,
        "rejected_unknown_user": 1030, "rejected_other": 830,
    }
    # Foxtrot's log holds no sessions, so it is in neither count.
    assert figures["plaintext_sessions_without_mail"] == {"part": 2427, "whole": 3742, "unknown": 0, "percent": 64.858365}


def test_statuses(report):
    assert {host.name.split(".")[0]: host.status for host in report.fleet.hosts} == STATUSES


def test_status_lists_name_the_same_statuses():
    assert set(STATUS_ORDER) == set(STATUS_RULES)


def test_page_says_the_same(report):
    text, rows = read_page(report.files["index.html"])
    for sentence in (
        HEADLINE,
        "Of 3,450 external messages accepted by the 6 measured servers, 59.6 % arrived over TLS",
        "A further 3.0 external TLS messages a day reach 1 server whose antivirus could not be checked",
        "2.0 of the 53 a day reach 1 server that the inventory declares to be scanned elsewhere",
        "3 of 9 servers could not be measured, so these figures are a lower bound.",
        "2,055 of 3,450 accepted messages", "250 more could not be told apart", "525 over the whole period",
        "1 of the 6 servers whose set-up was seen", "5 of 9 servers with complete TLS logs", "55.6 %",
        "TLS, not scanned on the server 525 (9.4 %)", "Plaintext, accepted 1,395 (25.1 %)", "Rejected: unknown user 1,030",
        "Plaintext sessions that brought no message at least 64.9 %", "2,427 of 3,742",
    ):
        assert sentence in text, sentence
    assert rows["alpha"] == [
        # In a cell: accepted messages, and sessions below them.
        "Exposed", "alpha.example.org Postfix 3.7.11 · Chemistry", "2026-11-01 to 2026-11-20",
        "1,080 3,100", "450 560", "41.7 % 18.1 %", "1,000 3,000", "400 500", "40.0 % 16.7 %",
        "40", "", "70.0 %", "absent", "complete", "—", "—",
    ]
    assert rows["charlie"][6:10] == ["500 600", "100 120", "40.0 % 40.0 % 250 messages not known", "10"]


def test_logging_off_is_dashes_and_out_of_the_totals(report):
    _text, rows = read_page(report.files["index.html"])
    assert rows["delta"][3:12] == ["300 700", "— —", "— —", "300 700", "— —", "— —", "—", "—", "—"]


def test_exim_has_messages_and_no_sessions(report):
    _text, rows = read_page(report.files["index.html"])
    assert rows["foxtrot"][3:10] == ["100 —", "20 —", "20.0 % —", "100 —", "20 —", "20.0 % —", "2.0"]


def test_logins_are_in_the_details_of_their_host(make_report):
    logins = {"imap": {"tls": 1812, "plaintext": 3, "local": 140, "unknown": 0}, "pop3": {"tls": 7, "plaintext": 0}}
    nothing = scope(dict.fromkeys(sessions(0, 0, 0)), messages(0, 0, 0))
    record = build_record("mail.example.org", answer(maillog(nothing, 10, logins=logins)), RUN)
    assert record["maillog"]["logins"]["pop3"] == {"tls": 7, "plaintext": 0, "local": None, "unknown": None}
    text, _rows = read_page(make_report([record]).files["index.html"])
    assert "Logins to mail boxes" in text
    assert "imap: TLS 1,812, plaintext 3, from the server itself 140, not known 0" in text and "pop3: TLS 7, plaintext 0, from" in text


def test_a_host_not_audited_is_dashes(report):
    _text, rows = read_page(report.files["index.html"])
    assert [cell.replace("— —", "—") for cell in rows["hotel"][2:12]] == ["—"] * 10


def test_markdown_says_the_same(report):
    text = report.files["report.md"].decode("utf-8")
    assert f"**{HEADLINE}**" in text
    assert "| **59.6 %** | 2,055 of 3,450 accepted messages; 250 more could not be told apart |" in text
    assert "| TLS, not scanned on the server | 525 | 9.4 % |" in text
    row = next(line for line in text.splitlines() if line.startswith("| alpha"))
    assert [cell.strip() for cell in row.strip("|").split("|")][3:13] == [
        "3,100", "560", "18.1 %", "3,000", "500", "16.7 %", "1,000", "400", "40.0 %", "40",
    ]


def test_spreadsheet_says_the_same(report):
    data = report.files["hosts.csv"].decode("utf-8")
    assert data.startswith("\ufeff")
    rows = {row["server"].split(".")[0]: row for row in csv.DictReader(io.StringIO(data[1:]))}
    assert len(rows) == 9
    assert {name: row["status"] for name, row in rows.items()} == STATUSES
    assert sum(int(row["unscanned_messages"]) for row in rows.values() if row["unscanned_messages"]) == 525
    alpha = rows["alpha"]
    assert (alpha["external_messages"], alpha["external_messages_tls"], alpha["external_messages_tls_percent"]) == ("1000", "400", "40.00")
    assert (rows["delta"]["external_messages_tls"], rows["hotel"]["sessions"], rows["foxtrot"]["sessions"]) == ("", "", "")
    assert rows["india"]["reason"] == "python_too_old"


def test_document_says_the_same(report):
    document = json.loads(report.files["fleet.json"])
    assert document["verdict"] == HEADLINE
    assert document["figures"] == report.figures
    assert document["generated"] == RUN.audited_at
    assert document["antivirus_by_tls_log"]["absent"] == {"complete": 2, "partial": 0, "none": 1, "no_data": 0}
    assert document["protocols"] == {"TLSv1.3": 300, "TLSv1.2": 199, "TLSv1": 1}


def test_the_footer_has_the_digest_of_the_document(report):
    digest = hashlib.sha256(report.files["fleet.json"]).hexdigest()
    assert digest in report.files["index.html"].decode()
    assert digest in report.files["report.md"].decode()


def test_steps_put_exposed_servers_first(report):
    steps = [(step.key, [host.name.split(".")[0] for host in step.hosts]) for step in report.fleet.steps]
    assert steps[0] == ("install_antivirus", ["alpha", "delta"])
    assert ("verify_declared", ["foxtrot"]) in steps
    # Then by the messages a day: charlie 10, golf 3, foxtrot 2, echo 0.5.
    assert [key for key, _hosts in steps[:5]] == ["install_antivirus", "update_signatures", "check_antivirus", "verify_declared", "wire_antivirus"]
    assert [key for key, _hosts in steps[-2:]] == ["other_python", "restore_access"]


def test_same_records_same_bytes(make_report):
    first = make_report().files
    assert make_report(reversed(sample_records())).files == first


def test_published_table_of_three_servers(make_report):
    """The first measurement of this kind, published by hand counts of sessions, comes out in its order."""
    published = {
        "server-a.example.org": (76032, 18496, 49016, 1491),
        "server-b.example.org": (2210894, 274071, 2114847, 196812),
        "server-c.example.org": (957621, 100754, 840284, 80922),
    }
    records = []
    for name, (total, tls, external, external_tls) in published.items():
        log = maillog(
            scope(sessions(external, external_tls, external - external_tls), dict.fromkeys(messages(0, 0, 0)), None), 43,
            total=scope(sessions(total, tls, total - tls), dict.fromkeys(messages(0, 0, 0)), rejected(0, 0, 0)),
        )
        records.append(build_record(name, answer(log, mailserver("absent")), RUN))
    _text, rows = read_page(make_report(records).files["index.html"])
    assert [cell.split(" ", 1)[1] for cell in rows["server-a"][3:9]] == ["76,032", "18,496", "24.3 %", "49,016", "1,491", "3.0 %"]
    assert [cell.split(" ", 1)[1] for cell in rows["server-b"][3:9]] == ["2,210,894", "274,071", "12.4 %", "2,114,847", "196,812", "9.3 %"]
    assert [cell.split(" ", 1)[1] for cell in rows["server-c"][3:9]] == ["957,621", "100,754", "10.5 %", "840,284", "80,922", "9.6 %"]
    assert rows["server-a"][0] == "Possibly exposed"


HEADLINES = [
    ([], "No server has been audited yet."),
    (["hotel"], "How much mail passes unscanned could not be measured on the only server."),
    (["hotel", "india", "delta"], "How much mail passes unscanned could not be measured on any of the 3 servers."),
    (["golf"], "Whether external TLS mail is scanned could not be checked on any measured server."),
    (["bravo", "hotel"], "No measured server receives unscanned external TLS mail."),
    (["alpha"], "1 server passes about 40 external messages a day that no local antivirus inspects."),
    (["echo"], "1 server passes less than one external message a day that no local antivirus inspects."),
]


@pytest.mark.parametrize("names, headline", HEADLINES)
def test_headlines(make_report, names, headline):
    records = [record for record in sample_records() if record["host"].split(".")[0] in names]
    report = make_report(records)
    assert report.verdict == headline
    text, _rows = read_page(report.files["index.html"])
    assert headline in text
    assert not re.search(r"\b(None|nan|undefined)\b", text)


@pytest.mark.parametrize("names, tone", [(["alpha"], "alarm"), (["bravo"], "good"), (["bravo", "hotel"], "open"), (["golf"], "open"), ([], "open")])
def test_the_verdict_is_green_only_where_it_is_certain(make_report, names, tone):
    report = make_report([record for record in sample_records() if record["host"].split(".")[0] in names])
    assert f'<div class="verdict {tone}">' in report.files["index.html"].decode()
