# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: folders of records on a real disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from collections.abc import Callable, Iterable

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import usual_call
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.names import record_file_name
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import Options, Rendered, render
from ansible_collections.mailfleet.tls_audit.tests.unit.plugins.plugin_utils.sample_fleet import sample_records


@pytest.fixture
def make_report(tmp_path: Path) -> Callable[..., Rendered]:
    """Writes records into a folder and renders the report on them."""
    def make(records: Iterable[dict[str, Any]] | None = None, **options: Any) -> Rendered:
        folder = tmp_path / "records"
        folder.mkdir(exist_ok=True)
        for record in sample_records() if records is None else records:
            (folder / record_file_name(record["host"])).write_text(json.dumps(record), encoding="utf-8")
        languages = tuple(options.get("languages", (options.get("language", "en"),)))
        wanted = Options(options.get("title"), languages, options.get("thresholds", Thresholds()), "0.1.0", options.get("call", usual_call()))
        return render(folder, wanted, tmp_path / "history")
    make.history = tmp_path / "history"
    return make
