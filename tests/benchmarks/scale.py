# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the audit playbook over many inventory hosts, beside a bare `ping` over the same inventory.

    python tests/benchmarks/scale.py [--answers 50 200 1000 5000] [--local 50] [--ssh 50] [--runs 3]
                                     [--forks 5 10 20 50] [--strategy linear free] [--delay 0.5]

Three kinds of hosts: `answers` stand in for hosts that cost this machine nothing (their interpreter takes the module and gives an answer made before), so
that what is measured is the control node; `local` do the module's work here, on a log of 480 lines; `ssh` are 50 addresses of one real sshd in a network
of its own. The playbooks take turns, and the least processor time of the runs counts. `audit` is the playbook up to the last record, `report` what it
takes beyond that. With --forks all of it is done with each number of forks, in turns; so with --strategy, with the hosts' task alone, for what the playbook
does once for all hosts needs its own strategy. With --delay the `answers` come late, as from servers with something to read. Prints ratios, and never
passes or fails by the time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT)]

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.facts import collect  # noqa: E402
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.host import Host  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.integration import playbooks, ssh_host  # noqa: E402

AUDIT = ROOT / "playbooks/audit.yml"
LOG = ROOT / "tests/fixtures/real-logs/postfix-3.7.11-debian12/A-loglevel1/maillog.iso"
# What makes every Python of the run slower, those of the hosts among them: a script from a pipe is read byte by byte with the first of these.
SLOW = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE", "PYTHONPROFILEIMPORTTIME")
PING = "- hosts: all\n  gather_facts: false\n  strategy: {}\n  tasks:\n    - ansible.builtin.ping:\n"
LINEAR = "linear"
ANSWER = "#!/bin/sh\n# Takes the module, runs nothing and gives the answer that was made before.\ncat >/dev/null\n{}cat {}\n"
SAMPLE_EVERY = 0.5


@dataclass
class Cost:
    """Of one run of a playbook: seconds, seconds of processor time with all children, MiB of all its processes together at their most."""

    wall: float
    cpu: float
    memory: float


def _tree(process: int) -> Iterator[int]:
    yield process
    for task in pathlib.Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _tree(int(child))


def _memory(process: int) -> float:
    """MiB of a process and its children; what they share counts once."""
    total = 0
    for number in list(_tree(process)):
        with contextlib.suppress(OSError, ValueError):
            total += int(next(line for line in pathlib.Path(f"/proc/{number}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")).split()[1])
    return total / 1024


def run(playbook: str, inventory: pathlib.Path, *arguments: str, inside: Sequence[str] = (), **environment: str) -> Cost:
    """Run a playbook of the checkout and measure it."""
    command = [*inside, playbooks.ansible_playbooks()[-1], playbook, "-i", str(inventory), *arguments]
    kept = {name: value for name, value in os.environ.items() if name not in SLOW}
    settings = {**kept, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", **environment}
    start, most, ended = time.perf_counter(), [0.0], threading.Event()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)

        def watch() -> None:
            while not ended.wait(SAMPLE_EVERY):
                with contextlib.suppress(OSError):
                    most[0] = max(most[0], _memory(process.pid))
        watcher = threading.Thread(target=watch)
        watcher.start()
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        ended.set()
        watcher.join()
        output.seek(0)
        assert process.returncode == 0, output.read().decode()[-3000:]
    return Cost(wall, used.ru_utime + used.ru_stime, most[0])


def inventory(folder: pathlib.Path, hosts: int, variables: Sequence[str], line: str = "") -> pathlib.Path:
    path = folder / "hosts"
    rows = [f"mx{number:04d} " + line.format(number=number + 1) for number in range(hosts)]
    path.write_text("\n".join(["[mailservers]", *rows, "[mailservers:vars]", *variables, f"audit_log_paths={json.dumps([str(LOG)])}", ""]))
    return path


def without_report(folder: pathlib.Path, strategy: str | None = None) -> str:
    """The audit's playbook up to the last record; with a strategy that is asked for, the hosts' task alone."""
    plays = yaml.safe_load(AUDIT.read_text())
    for task in plays[-1]["tasks"]:
        if "ansible.builtin.import_tasks" in task:
            task["ansible.builtin.import_tasks"] = str((AUDIT.parent / task["ansible.builtin.import_tasks"]).resolve())
    names = [task["name"] for task in plays[-1]["tasks"]]
    plays[-1]["tasks"] = plays[-1]["tasks"][:1 if strategy else names.index("Make the report")]
    plays[-1]["strategy"] = strategy or LINEAR
    path = folder / f"records-{strategy}.yml"
    path.write_text(yaml.safe_dump(plays, sort_keys=False))
    return str(path)


@dataclass(frozen=True)
class Way:
    """How Ansible is to go through the hosts; None: as the checkout's ansible.cfg and the playbook say."""

    forks: int | None = None
    strategy: str | None = None

    def __str__(self) -> str:
        return " ".join([*([f"forks={self.forks}"] if self.forks else []), *([self.strategy] if self.strategy else [])])

    def books(self, folder: pathlib.Path) -> dict[str, str]:
        """The playbooks to compare, by name."""
        ping = folder / f"ping-{self.strategy}.yml"
        ping.write_text(PING.format(self.strategy or LINEAR))
        return {"ping": str(ping), "audit": without_report(folder, self.strategy), **({} if self.strategy else {"report": str(AUDIT)})}


def compare(
    kind: str, hosts: int, options: argparse.Namespace, paths: Mapping[str, pathlib.Path], folder: pathlib.Path, inside: Sequence[str] = (), **environment: str,
) -> None:
    """Run the playbooks in turn and print what they took. paths: of the inventory for `ping` and for `audit`."""
    ways = [Way(forks, strategy) for strategy in options.strategy or [None] for forks in options.forks or [None]]
    costs: dict[tuple[Way, str], list[Cost]] = {}
    report = folder / f"report-{kind}-{hosts}"
    for _turn in range(options.runs):
        for way in ways:
            for name, book in way.books(folder).items():
                shutil.rmtree(report, ignore_errors=True)
                arguments = ["-e", f"report_dir={report}", *(["--forks", str(way.forks)] if way.forks else [])]
                costs.setdefault((way, name), []).append(run(book, paths["ping" if name == "ping" else "audit"], *arguments, inside=inside, **environment))
                if name != "ping":
                    sizes = [file.stat().st_size for file in (report / "records").iterdir()]
                    audited = sum(json.loads(file.read_text())["status"] == "audited" for file in (report / "records").iterdir())
                    assert (len(sizes), audited) == (hosts, hosts), f"{audited} of {len(sizes)} records"
    for way in ways:
        names = way.books(folder)
        wall, cpu = ({name: min(getattr(cost, what) for cost in costs[way, name]) for name in names} for what in ("wall", "cpu"))
        memory = [max(cost.memory for cost in costs[way, name]) for name in names]
        times = (f" | {1000 * least['ping'] / hosts:>6.0f} {1000 * least['audit'] / hosts:>6.0f} {least['audit'] / least['ping']:>5.2f} "
                 + (f"{1000 * (least['report'] - least['audit']) / hosts:>6.0f}" if "report" in least else " " * 6) for least in (wall, cpu))
        print(f"{kind:<8} {hosts:>6}{''.join(times)} | {memory[0]:>6.0f} {max(memory[1:]):>6.0f} | {statistics.mean(sizes):>7.0f} {way}", flush=True)


def answers(folder: pathlib.Path, hosts: int, options: argparse.Namespace) -> None:
    facts = {"maillog": audit_logs([str(LOG)]), "mailserver": collect(Host())}
    paths = {}
    for name, answer in (("ping", {"changed": False, "ping": "pong"}), ("audit", {"changed": False, "ansible_facts": facts})):
        own = folder / name
        own.mkdir()
        (own / "answer.json").write_text(json.dumps(answer))
        (own / "python").write_text(ANSWER.format(f"sleep {options.delay}\n" if options.delay else "", own / "answer.json"))
        (own / "python").chmod(0o755)
        paths[name] = inventory(own, hosts, ["ansible_connection=local", f"ansible_python_interpreter={own}/python"])
    compare("answers", hosts, options, paths, folder)


def local(folder: pathlib.Path, hosts: int, options: argparse.Namespace) -> None:
    path = inventory(folder, hosts, ["ansible_connection=local", "ansible_python_interpreter={{ ansible_playbook_python }}"])
    compare("local", hosts, options, {"ping": path, "audit": path}, folder)


def ssh(folder: pathlib.Path, hosts: int, options: argparse.Namespace) -> None:
    """As many addresses of one server, so that each has a connection of its own. The server's work is not in the figures."""
    seed = folder / "seed"
    seed.mkdir()
    shutil.copy(LOG, seed / "maillog")
    (seed / "prepare").write_text(f"mkdir -p {LOG.parent}\ncp /test/maillog {LOG}\n")
    with ssh_host.running(ssh_host.SERVER, seed) as host, tempfile.TemporaryDirectory(prefix="mf-") as sockets:
        variables = ["ansible_user=root", f"ansible_ssh_private_key_file={host.folder}/key", "ansible_python_interpreter=/usr/bin/python3",
                     "ansible_ssh_common_args='-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'"]
        path = inventory(folder, hosts, variables, "ansible_host=127.0.0.{number}")
        compare("ssh", hosts, options, {"ping": path, "audit": path}, folder, inside=host.inside, ANSIBLE_SSH_CONTROL_PATH_DIR=sockets)


def main() -> int:
    parser = argparse.ArgumentParser(description="Time the audit playbook beside a bare ping.")
    for name, default in (("answers", [50, 200, 1000, 5000]), ("local", [50]), ("ssh", [50])):
        parser.add_argument(f"--{name}", type=int, nargs="*", default=default, metavar="HOSTS")
    parser.add_argument("--runs", type=int, default=3, help="turns of each playbook")
    parser.add_argument("--forks", type=int, nargs="*", metavar="N", help="numbers of forks to compare; without it, that of ansible.cfg")
    parser.add_argument("--strategy", nargs="*", metavar="NAME", help="strategies to compare, with the hosts' task alone")
    parser.add_argument("--delay", type=float, default=0, metavar="SECONDS", help="how long each of the answers takes to come")
    arguments = parser.parse_args()
    print("per host: ms of wall time, ms of processor time; MiB of all processes of the run together; bytes of a record. x: audit / ping")
    print("hosts           |   ping  audit     x report |   ping  audit     x report |   ping  audit |  record")
    for kind, counts in ((answers, arguments.answers), (local, arguments.local), (ssh, arguments.ssh)):
        for hosts in counts:
            with tempfile.TemporaryDirectory(prefix="mailfleet-scale-") as folder:
                kind(pathlib.Path(folder), hosts, arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
