# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible registered of a host, made into its record: whole, in parts, failed, and from a host that lies."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.probe import PROBE
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.host import was_tried, what_was_seen

CERTIFICATE = "ab" * 32
WAYS = [(mail, over) for mail in ("clean", "eicar") for over in ("plaintext", "starttls")]
VIEW = {"verdict": "accepted", "cause": None, "stage": "ehlo", "code": 250, "text": "mx", "banner": "mx", "ehlo": ["STARTTLS"], "masked": False,
        "starttls": True, "tls": {"version": "TLSv1.3", "cipher": "x", "certificate_sha256": CERTIFICATE, "not_after": None, "expired": False},
        "certificates": [CERTIFICATE]}
LOG = {"seen": True, "refused": False, "infected": False, "delivered": True, "size": 900, "client": "192.0.2.1", "queue_ids": ["A1"], "lines": ["sent"]}


def answers(port: int = 25) -> dict[str, Any]:
    """A host that delivers everything."""
    deliveries = [{"mail": mail, "over": over, "verdict": "accepted", "cause": None, "stage": "data", "code": 250, "text": "Ok", "tls": None, "masked": False,
                   "attempts": 1, "at": "2026-11-29T02:00:00+00:00", "sender": "x", "message_id": "y", "subject": "z"} for mail, over in WAYS]
    mails = [{"mail": mail, "over": over, "log": dict(LOG), "mailbox": {"intact": True, "sha256": "x", "size": 1000}} for mail, over in WAYS]
    return {
        "probe_before": {"changed": False, "moment": "1||"},
        "probe_inside": {"results": [{"item": port, "view": copy.deepcopy(VIEW), "deliveries": []}]},
        "probe_sent": {"results": [{"item": port, "view": copy.deepcopy(VIEW), "deliveries": deliveries, "plan": []}]},
        "probe_trail": {"results": [{"item": port, "log": {"readable": True, "unread": [], "lost_connections": 0}, "mailbox": {"looked": ["x"], "unread": []},
                                     "mails": mails}]},
    }


def seen(variables: dict[str, Any]) -> dict[str, Any]:
    found = what_was_seen(variables, "2026-11-29T02:00:00+00:00", "run-1", "probe.example.net")
    # Whatever it is, a record takes it, and it is data alone.
    assert PROBE(json.loads(json.dumps(found)), "probe")["state"] == found["state"]
    return found


def test_whole() -> None:
    found = seen(answers())
    assert (found["state"], found["messages_sent"], found["starttls"]) == ("confirmed_blind", 4, {"outside": True, "inside": True})
    assert found["certificate"] == {"outside": CERTIFICATE, "inside": CERTIFICATE}
    assert found["evidence"][0] == "port 25: the EICAR test file over plaintext and starttls was delivered as it was sent"
    assert [step["name"] for step in found["steps"]] == ["clean_plaintext", "clean_starttls", "eicar_plaintext", "eicar_starttls"]
    assert found["steps"][3]["evidence"] == ["client: accepted data 250 Ok; log: seen, delivered; mailbox: attachment as sent", "sent"]


def test_two_ports() -> None:
    one, two = answers(), answers(587)
    for name, results in one.items():
        if "results" in results:
            results["results"] += two[name]["results"]
    found = seen(one)
    assert len(found["steps"]) == 8 and {step["port"] for step in found["steps"]} == {25, 587}


def test_a_host_that_the_role_did_not_come_to() -> None:
    assert not was_tried({"ansible_facts": {}, "probe_recipient": "x"})
    assert was_tried(answers())


@pytest.mark.parametrize("name, result, why", [
    ("probe_before", {"unreachable": True, "msg": "Failed to connect to the host via ssh: timed out"}, "the server could not be reached"),
    ("probe_before", {"failed": True, "msg": "sudo: a password is required"}, "the server failed: sudo: a password is required"),
    ("probe_sent", {"results": [{"item": 25, "unreachable": True, "msg": "no route"}]}, "the sender, probe.example.net, could not be reached: no route"),
    ("probe_sent", {"results": [{"item": 25, "failed": True, "msg": "interval: at least 10"}], "failed": True, "msg": "One or more items failed"},
     "the sender, probe.example.net, failed: interval: at least 10"),
    ("probe_sent", {"skipped": True}, "nothing was sent"),
])
def test_not_tested_says_why(name: str, result: dict[str, Any], why: str) -> None:
    variables = answers()
    variables[name] = result
    if name == "probe_before":
        variables["probe_sent"] = {"results": [{"item": 25, "skipped": True}]}
    found = seen(variables)
    assert found["state"] == "not_tested" and found["steps"] == [] and found["evidence"][0].startswith(why), found["evidence"]


@pytest.mark.parametrize("missing", ["probe_trail", "probe_inside"])
@pytest.mark.parametrize("result", [None, {"failed": True, "msg": "x"}, {"results": [{"item": 25, "failed": True, "msg": "x"}]}, {"results": "x"}])
def test_without_the_servers_side(missing: str, result: Any) -> None:
    variables = answers()
    variables[missing] = result
    found = seen(variables)
    # One source is not enough; how it looks inside is not needed to see what was delivered.
    assert found["state"] == ("inconclusive" if missing == "probe_trail" else "confirmed_blind")


def test_forged_facts() -> None:
    found = seen({**answers(), "ansible_facts": {"probe_sent": "x"}})
    assert found["state"] == "not_tested" and "reserves" in found["evidence"][0]


NASTY: list[Any] = [None, True, -1, 10**30, 1.5, float("nan"), "", "{{ 7*7 }}", "x" * 100_000, "\x1b]0;x\x07\u202e", [], [[]] * 100, {}, {"results": 1}, b"x"]


def test_whatever_a_host_answers() -> None:
    """Every value of every answer replaced with something nasty: a record comes out, and no state that was not there before is better than before."""
    random.seed(5)
    for name in ("probe_before", "probe_inside", "probe_sent", "probe_trail"):
        for path in _paths(answers()[name]):
            for nasty in random.sample(NASTY, 5):
                variables = answers()
                _put(variables[name], path, nasty)
                assert seen(variables)["state"] in ("confirmed_blind", "inconclusive", "not_tested", "stripped", "intercepted")


def test_hostile_text_is_cut_and_cleaned() -> None:
    variables = answers()
    for mail in variables["probe_trail"]["results"][0]["mails"]:
        mail["log"]["lines"] = ["<script>\x1b[31m\u202e\n" + "x" * 9000]
    found = PROBE(seen(variables), "probe")
    for step in found["steps"]:
        assert all(len(line) <= 300 and "\x1b" not in line and "\n" not in line and "\u202e" not in line for line in step["evidence"])


def _paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path for key in keys for path in [(*before, key), *_paths(value[key], (*before, key))]]


def _put(value: Any, path: tuple[Any, ...], new: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new
