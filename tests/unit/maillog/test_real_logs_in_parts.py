# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every real log of every mail server gives the same facts with workers and with a state as in one go, whether its reader reads in parts or not."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import workers
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs

REAL = Path(__file__).parents[2] / "fixtures" / "real-logs"
FOLDERS = sorted({path.parent for path in REAL.rglob("*") if path.is_file() and ("maillog" in path.name or "mainlog" in path.name or "dovecot" in path.name)})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_same_facts(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "MIN_PIECE", 900)
    # One form of each log is enough here.
    for path in sorted(folder.iterdir())[:2]:
        if path.suffix in (".json", ".md", ".yml") or not path.is_file():
            continue
        log = tmp_path / f"{path.name}.d" / "maillog"
        log.parent.mkdir()
        data = path.read_bytes()
        lines = data.splitlines(keepends=True)
        log.with_name("maillog.1").write_bytes(b"".join(lines[:len(lines) // 3]))
        log.write_bytes(b"".join(lines[len(lines) // 3:]))

        def facts(**options: Any) -> dict[str, Any]:
            found: dict[str, Any] = audit_logs([f"{log}*"], timezone="UTC", **options)
            del found["performance"]
            return found

        one = facts()
        assert facts(workers=2) == one
        state = str(tmp_path / "state")
        log.write_bytes(b"".join(lines[len(lines) // 3:len(lines) * 2 // 3]))
        facts(state_dir=state)
        log.write_bytes(b"".join(lines[len(lines) // 3:]))
        assert facts(state_dir=state) == one
        shutil.rmtree(state)
