# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks of our own that lead nowhere, and a place for processes that end with them.

An enclosure is one set of mount and process namespaces; it holds any number of named networks. When it is closed, or when the tests that made it die in
whatever way, the kernel ends every process in it and takes the networks away. Nothing in it can leave this machine: no network gets a default route, and
`Enclosure.check` refuses when one has.
"""

from __future__ import annotations

import subprocess

# Names of networks are below /run/netns, on a file system of the enclosure's own. `read` ends with the pipe, thus with whoever holds its other end. It is
# bash, which takes leave of every process that ends here; dash would not.
HOLD = """
set -e
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
echo ready
while read -r line; do :; done
"""


class Enclosure:
    """Open from its making to `close`."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "--mount-proc", "bash", "-c", HOLD],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n", "no namespaces can be made here"
        children = f"/proc/{self._holder.pid}/task/{self._holder.pid}/children"
        with open(children, encoding="ascii") as handle:
            self._first = handle.read().split()[0]

    def setting_up(self, script: str) -> None:
        """Run a shell script among the networks, where `ip netns` knows their names."""
        done = subprocess.run(["nsenter", f"--target={self._first}", "--mount", "--net", "--pid", "sh", "-e", "-c", script],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"

    def network(self, name: str) -> list[str]:
        """The words that run a command of this machine in a network. It is a child of ours and nothing else changes for it."""
        return ["nsenter", f"--net=/proc/{self._first}/root/run/netns/{name}"]

    def within(self, name: str) -> list[str]:
        """The words that run a command in a network and among the enclosure's mounts and processes, so that what it leaves behind ends, too."""
        return [*self.network(name), f"--target={self._first}", "--mount", "--pid"]

    def check(self, *names: str) -> None:
        """Refuse networks that anything could leave by: with a default route, or with a route to this machine's own."""
        for name in names:
            for family in ("-4", "-6"):
                shown = subprocess.run([*self.network(name), "ip", family, "route", "show", "default"], capture_output=True, text=True, check=True).stdout
                assert not shown.strip(), f"the network {name} has a default route, so mail could leave this machine: {shown}"

    def close(self) -> None:
        """End everything in it."""
        self._holder.kill()
        self._holder.wait()
        for pipe in (self._holder.stdin, self._holder.stdout):
            if pipe:
                pipe.close()
