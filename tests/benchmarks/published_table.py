# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the audit and the by-hand method side by side on the published table's servers, and check both against the table.

    make benchmark

Prints seconds, MB/s and the ratio; passes or fails by the figures alone, never by the time.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT)]

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.generators.centos6_log import SERVERS, generate  # noqa: E402


def by_hand(folder: pathlib.Path) -> tuple[int, int]:
    counts = []
    for message in (": disconnect from", ": setting up TLS"):
        command = f"fgrep -h 'postfix/smtpd[' {folder}/maillog* | grep '{message}' | wc -l"
        counts.append(int(subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout))
    return counts[0], counts[1]


def main() -> int:
    wrong = 0
    for name, server in SERVERS.items():
        with tempfile.TemporaryDirectory(prefix="mailfleet-benchmark-") as text:
            folder = pathlib.Path(text)
            generate(name, folder, compress=0)
            size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
            begun = time.perf_counter()
            hand = by_hand(folder)
            middle = time.perf_counter()
            facts = audit_logs([str(folder / "maillog*")], internal_networks=["10.0.0.0/8"], timezone="UTC")
            end = time.perf_counter()
        total, external = (facts["inbound"][scope]["sessions"] for scope in ("total", "external"))
        figures = (total["total"], total["tls"], external["total"], external["tls"])
        right = figures == (server.total, server.tls, server.external, server.external_tls) and hand == (server.total, server.tls)
        wrong += not right
        ours, theirs = end - middle, middle - begun
        print(f"{name}: {size:.0f} MB, by hand {theirs:.2f} s, audit {ours:.2f} s ({size / ours:.0f} MB/s), ratio {ours / theirs:.2f}; "
              f"sessions {figures}, {'equal to the table' if right else 'NOT the table'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
