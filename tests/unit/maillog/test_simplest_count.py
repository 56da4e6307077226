# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simplest count, which the audit is timed against, gives the right figures where nothing goes wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ansible_collections.mailfleet.tls_audit.tests.generators import postfix_log

PROGRAM = Path(__file__).parents[2] / "benchmarks/simplest_count.py"


def test_the_simplest_count_is_right_where_nothing_goes_wrong(tmp_path: Path) -> None:
    truth = postfix_log.write("centos6", tmp_path, 1)
    counted = json.loads(subprocess.run([sys.executable, PROGRAM, tmp_path], capture_output=True, check=True).stdout)
    assert counted == truth["total"]["sessions"]
