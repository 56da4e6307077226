# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server of somebody else that sends and sends: one message after the other to each server, in plaintext and over STARTTLS by turns, trying again what
was deferred, as RFC 5321 asks of it. It says at its end what became of every message.

`continuous_sender.py NAME=ADDRESS...` sends until its standard input ends, then tries for another minute what is left, and prints JSON.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass, field

sys.path.insert(0, "collections")
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, test_mail  # noqa: E402  # pylint: disable=wrong-import-position

PAUSE = 0.5
PATIENCE = 60


@dataclass
class Tally:
    """What became of the messages for one server. longest_gap: seconds between two that it took."""

    sent: int = 0
    accepted: list[str] = field(default_factory=list)
    # Asked at least once to come back later, or found nobody.
    deferred: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    longest_gap: float = 0.0


def send_all(host: str, address: str, ended: threading.Event, tally: Tally) -> None:
    """Send to one server."""
    to = f"avtest@{host}.example.org"
    server = client.Server(address, 25, "mail.example.net", timeout=20)
    waiting: list[str] = []
    last = time.monotonic()
    give_up = None
    while not ended.is_set() or waiting:
        if ended.is_set():
            give_up = give_up or time.monotonic() + PATIENCE
            if time.monotonic() > give_up:
                break
        else:
            tally.sent += 1
            waiting.append(f"{host}-{time.time_ns()}")
        for marker in list(waiting):
            message = test_mail.message(test_mail.CLEAN, marker, "someone@example.net", to)
            found = client.deliver_to(server, "someone@example.net", to, message, starttls=len(tally.accepted) % 2 == 1)
            if found.verdict == client.ACCEPTED:
                waiting.remove(marker)
                tally.accepted.append(marker)
                tally.longest_gap = max(tally.longest_gap, time.monotonic() - last)
                last = time.monotonic()
            elif found.verdict == client.REFUSED:
                waiting.remove(marker)
                tally.refused.append(f"{marker}: {found.stage} {found.code} {found.text}")
            else:
                tally.deferred.append(f"{marker}: {found.verdict} {found.stage} {found.code} {found.text}")
                break
        time.sleep(PAUSE)
    tally.left = waiting


def main() -> None:
    ended = threading.Event()
    tallies = {}
    threads = []
    for word in sys.argv[1:]:
        host, address = word.split("=")
        tallies[host] = Tally()
        threads.append(threading.Thread(target=send_all, args=(host, address, ended, tallies[host])))
        threads[-1].start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    json.dump({host: asdict(tally) for host, tally in tallies.items()}, sys.stdout)


if __name__ == "__main__":
    main()
