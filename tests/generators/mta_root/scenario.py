# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside a root of its own by tests/generators/mta_logs.py: start the mail server, drive it, print log and truth as JSON."""

from __future__ import annotations

import importlib
import json
import pathlib
import sys

sys.path.insert(0, "/test")


def main() -> None:
    import machine

    order = json.loads(pathlib.Path("/test/order.json").read_text())
    machine.set_up()
    syslog = machine.Syslog()
    server = importlib.import_module(order["mta"])
    try:
        truth, extra = server.run(syslog, order)
    except BaseException:
        print("\n".join(str(row) for row in syslog.rows[-20:]), file=sys.stderr)
        raise
    syslog.settle()
    print(json.dumps({"truth": truth, "files": {**syslog.forms(), **extra}}))


main()
