# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One element goes in or out, and every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver import milters
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix import milter_list

OURS = "inet:127.0.0.1:7357"
ACCEPT = {"default_action": "accept"}


@pytest.mark.parametrize(("before", "settings", "position", "after"), [
    ("", None, "last", OURS),
    ("inet:localhost:8891", ACCEPT, "last", "inet:localhost:8891, { inet:127.0.0.1:7357, default_action=accept }"),
    ("inet:a:1   unix:/b", None, "first", OURS + ", inet:a:1   unix:/b"),
    ("{ inet:a:1, connect_timeout=3s },unix:/b ", None, "after:a:1", "{ inet:a:1, connect_timeout=3s }, inet:127.0.0.1:7357,unix:/b "),
    ("inet:a:1, unix:/b", None, "before:/b", "inet:a:1, inet:127.0.0.1:7357, unix:/b"),
    # There already: as it is without settings, changed in place with others, the same in another spelling left alone.
    ("{inet:localhost:7357,default_action = tempfail}, unix:/b", None, "last", "{inet:localhost:7357,default_action = tempfail}, unix:/b"),
    ("{inet:localhost:7357,default_action = accept}, unix:/b", ACCEPT, "last", "{inet:localhost:7357,default_action = accept}, unix:/b"),
    ("{inet:localhost:7357,default_action = tempfail}, unix:/b", ACCEPT, "last", "{ inet:127.0.0.1:7357, default_action=accept }, unix:/b"),
    ("inet:127.0.0.1:7357", {}, "last", OURS),
    ("$others", None, "last", "$others, inet:127.0.0.1:7357"),
])
def test_added(before: str, settings: dict[str, str] | None, position: str, after: str) -> None:
    assert milter_list.added(before, OURS, settings, position) == after
    assert milter_list.added(after, OURS, settings, position) == after


@pytest.mark.parametrize(("before", "after"), [
    ("", ""), (OURS, ""), ("unix:/b", "unix:/b"),
    ("unix:/b,  { inet:127.0.0.1:7357, default_action=accept }", "unix:/b"),
    ("inet:127.0.0.1:7357, unix:/b unix:/c", "unix:/b unix:/c"),
    ("unix:/b, inet:localhost:7357 ,unix:/c", "unix:/b ,unix:/c"),
    ("unix:/b, inet:127.0.0.1:73570, inet:127.0.0.2:7357", "unix:/b, inet:127.0.0.1:73570, inet:127.0.0.2:7357"),
])
def test_removed(before: str, after: str) -> None:
    assert milter_list.removed(before, OURS) == after


def test_position_that_is_not_there() -> None:
    with pytest.raises(milter_list.BadPosition, match="no element of 'unix:/b' matches 'dkim'"):
        milter_list.added("unix:/b", OURS, None, "after:dkim")
    with pytest.raises(milter_list.BadPosition, match="none of first, last"):
        milter_list.added("unix:/b", OURS, None, "middle")


_one = strategies.sampled_from(["unix:/b", "inet:localhost:8891", "{ inet:a:1, default_action=reject }", "{inet:a:2,connect_timeout = 3s}", "$x", "local:c"])
_gap = strategies.sampled_from([",", ", ", " ", "\t", " , ", "\n    "])


@given(strategies.lists(strategies.tuples(_gap, _one)), strategies.sampled_from(["first", "last"]), strategies.sampled_from([None, ACCEPT]))
def test_in_and_out_again(parts: list[tuple[str, str]], position: str, settings: dict[str, str] | None) -> None:
    text = "".join(gap + one for gap, one in parts).lstrip(" ,\t\n")
    there = milter_list.added(text, OURS, settings, position)
    others = [element for element in milters.split_list(there) if not milter_list.same_endpoint(milters.endpoint(element), OURS)]
    assert others == [one for unused, one in parts]
    assert milter_list.removed(there, OURS) == text


@given(strategies.text("{}, ab:/=$\t", max_size=30))
def test_any_text(text: str) -> None:
    try:
        there = milter_list.added(text, OURS)
    except milter_list.BadList:
        return
    assert milter_list.find(there, OURS)
    assert milter_list.removed(there, OURS).strip(" ,\t") == text.strip(" ,\t") or milter_list.find(text, OURS)


def test_braces_that_do_not_match() -> None:
    for text in ("{ unix:/b", "unix:/b }", "}{"):
        with pytest.raises(milter_list.BadList, match="do not match"):
            milter_list.added(text, OURS)
