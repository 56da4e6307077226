# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook audits without the role's defaults, so that the actions have what they need of them, too: the copies are one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mailfleet.tls_audit.plugins.action import audit_host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._audit.task_variables import report_folder

ROOT = Path(__file__).parents[4]


def defaults(role: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text(encoding="utf-8"))
    return found


def test_the_action_gives_a_host_as_long_as_the_role() -> None:
    assert audit_host._TIMEOUT == defaults("audit")["audit_timeout"]


def test_the_actions_and_the_report_have_one_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", "/srv/mail-audit")
    written = defaults("report")["report_dir"].replace("{{ lookup('ansible.builtin.env', 'PWD') }}", "/srv/mail-audit")
    assert report_folder({"audit_report_dir": defaults("audit")["audit_report_dir"]}, None) == written == "/srv/mail-audit/report"
