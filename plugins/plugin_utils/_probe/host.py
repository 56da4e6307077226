# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible registered of one host's probe: which tasks ran, which failed and why."""

from __future__ import annotations

from typing import Any
from collections.abc import Iterator, Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import forged_names
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.reasons import message_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.shapes import Violation
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.text import clean_text
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._probe.result import not_tested, port_of, probe_record

# As the role registers them: where the log ended before, how the server looks inside, what was sent, what was found. All but the first by port.
BEFORE, INSIDE, SENT, TRAIL = "probe_before", "probe_inside", "probe_sent", "probe_trail"


def was_tried(variables: Mapping[str, Any]) -> bool:
    """Whether the role came to this host. Every host of the play has variables; only such a one has these."""
    return isinstance(variables.get(BEFORE), Mapping) or isinstance(variables.get(SENT), Mapping)


def what_was_seen(variables: Mapping[str, Any], probed_at: str, run_id: str, origin: str) -> dict[str, Any]:
    """The probe for the host's record, whatever its variables hold."""
    forged = forged_names(variables)
    if forged:
        return not_tested(f"the host returned facts named {', '.join(forged)}, names that this collection reserves; its answers were not used",
                          probed_at, run_id, origin)
    problem = None
    for name, what in ((BEFORE, "the server"), (SENT, f"the sender, {origin},")):
        problem = problem or _problem(variables.get(name), what)
    ports, inside, trails = [], dict(_by_port(variables.get(INSIDE))), dict(_by_port(variables.get(TRAIL)))
    for number, sent in _by_port(variables.get(SENT)):
        try:
            ports.append(port_of(number, sent, trails.get(number), inside.get(number)))
        except (Violation, RecursionError) as error:
            problem = problem or f"the sender's answer was refused: {error}"
    if not ports:
        return not_tested(problem or "nothing was sent", probed_at, run_id, origin)
    return probe_record(ports, probed_at, run_id, origin)


def _by_port(result: Any) -> Iterator[tuple[int, Any]]:
    """Each result of a task that looped over ports."""
    results = result.get("results") if isinstance(result, Mapping) else None
    for one in results if isinstance(results, list) else []:
        number = one.get("item") if isinstance(one, Mapping) else None
        if isinstance(number, (int, str)) and str(number).isdigit() and 0 < int(number) < 65536 and not _failed(one):
            yield int(number), one


def _failed(result: Mapping[str, Any]) -> bool:
    return any(result.get(bad) is True for bad in ("failed", "unreachable", "skipped"))


def _problem(result: Any, what: str) -> str | None:
    """Why a task gave nothing, in one line; None where it did."""
    if not isinstance(result, Mapping):
        return None
    results = result.get("results")
    # Of a loop, its items know more than the task.
    for one in (*(part for part in (results if isinstance(results, list) else []) if isinstance(part, Mapping)), result):
        if one.get("unreachable") is True or one.get("failed") is True:
            verb = "could not be reached" if one.get("unreachable") is True else "failed"
            return clean_text(f"{what} {verb}: {message_of(one)}", 300)
    return None
