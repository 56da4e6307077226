# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time the audit beside the by-hand method, pflogsumm, logwatch and mtail, on the same logs, in one run.

    python tests/benchmarks/compare.py --megabytes 200 --styles centos6 postfix3-iso

Prints seconds, MB/s, processor time, how many times as fast as pflogsumm by both, and the peak memory of the largest process. The audit's figures are
checked against what the generator wrote; the run fails by figures alone, never by a time. pflogsumm, logwatch and mtail are Debian's packages,
unpacked into a folder of their own (--tools), never installed. Without Debian's package tools they are left out, and it is said.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT)]

from ansible_collections.mailfleet.tls_audit.tests.generators.postfix_log import STYLES, write  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.tools.pythons import pythons  # noqa: E402
from ansible_collections.mailfleet.tls_audit.tests.unit.truth.compare import differences  # noqa: E402

PACKAGES = ("pflogsumm", "logwatch", "mtail", "libdate-calc-perl", "libdate-calc-xs-perl", "libbit-vector-perl", "libcarp-clan-perl")
OURS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
state = sys.argv[4] if len(sys.argv) > 4 else None
facts = audit_logs([sys.argv[2] + '/maillog*'], internal_networks=['10.0.0.0/8'], timezone='UTC', workers=int(sys.argv[3]), state_dir=state)
sys.stdout.write(json.dumps({'inbound': facts['inbound'], 'performance': facts['performance']}))
"""
SIMPLEST = pathlib.Path(__file__).with_name("simplest_count.py")


@dataclass
class Timing:
    """One run: seconds of the wall and of all processors, and MB of the largest process."""

    name: str
    wall: float
    cpu: float
    peak: float
    output: bytes


def run(name: str, command: list[str], **environment: str) -> Timing:
    """Run a command in a process of its own and time it with all that it starts."""
    reader, writer = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if not child:
        with tempfile.TemporaryFile() as output:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, env={**os.environ, **environment}, check=False).returncode
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            output.seek(0)
            head = json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]).encode()
            os.close(reader)
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(head + b"\n" + output.read(1 << 20))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        head, _newline, output_bytes = pipe.read().partition(b"\n")
    wall = time.perf_counter() - begun
    os.waitpid(child, 0)
    code, cpu, peak = json.loads(head)
    if code:
        sys.exit(f"{name} ended with code {code}: {' '.join(command)[:200]}")
    return Timing(name, wall, cpu, peak, output_bytes)


def unpack_tools(folder: pathlib.Path) -> pathlib.Path | None:
    """Unpack the other tools' packages into a folder. Return it, or None where there is no apt-get."""
    if (folder / "usr/sbin/pflogsumm").exists():
        return folder
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as packages:
        if subprocess.run(["apt-get", "download", *PACKAGES], cwd=packages, capture_output=True, check=False).returncode:
            return None
        for package in sorted(pathlib.Path(packages).glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", str(package), str(folder)], check=True)
    return folder


def by_hand(folder: pathlib.Path, packed: bool) -> list[str]:
    """The two passes of the original method; of compressed logs with zcat."""
    read = f"zcat -f {folder}/maillog* | fgrep 'postfix/smtpd['" if packed else f"fgrep -h 'postfix/smtpd[' {folder}/maillog*"
    return ["sh", "-c", " && ".join(f"LC_ALL=C {read} | LC_ALL=C grep '{message}' | wc" for message in (": disconnect from", ": setting up TLS"))]


def others(folder: pathlib.Path, tools: pathlib.Path) -> list[Timing]:
    libraries = [tools / "usr/share/perl5", tools / "usr/share/logwatch/lib", *tools.glob("usr/lib/*/perl5/*")]
    perl = {"PERL5LIB": ":".join(str(path) for path in libraries)}
    logs = f"{folder}/maillog-* {folder}/maillog"
    names = ",".join(str(path) for path in sorted(folder.iterdir()))
    return [
        run("pflogsumm", ["sh", "-c", f"cat {logs} | perl {tools}/usr/sbin/pflogsumm"], **perl),
        run("logwatch, postfix script", ["sh", "-c", f"cat {logs} | perl {tools}/usr/share/logwatch/scripts/services/postfix"],
            LOGWATCH_DETAIL_LEVEL="5", **perl),
        run("mtail -one_shot", [f"{tools}/usr/bin/mtail", "-one_shot", "-progs", f"{tools}/usr/share/doc/mtail/examples/postfix.mtail", "-logs", names]),
    ]


def library(folder: pathlib.Path) -> pathlib.Path:
    """The module_utils in packages that Python 2.7 can import."""
    target = folder / "ansible_collections/mailfleet/tls_audit/plugins/module_utils"
    shutil.copytree(ROOT / "plugins/module_utils", target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [target, *target.parents]:
        if path == folder:
            break
        (path / "__init__.py").touch()
    return folder


def ours(code: pathlib.Path, logs: pathlib.Path, truth: dict[str, Any], packed: bool, scratch: pathlib.Path) -> tuple[list[Timing], list[str]]:
    timings, wrong = [], []
    by_version = pythons()
    interpreters = {f"Python {of[0]}.{of[1]}": str(by_version[of]) for of in ((3, 11), (2, 7)) if of in by_version} or {"this Python": sys.executable}
    if not packed:
        # Of no style but the oldest are its figures right.
        timings.append(run("the simplest count, unchecked", [next(iter(interpreters.values())), str(SIMPLEST), str(logs)]))
    for version, python in interpreters.items():
        for workers in (1, 2):
            name = f"audit, {version}, {workers} worker{'s' * (workers > 1)}"
            timings.append(run(name, [python, "-c", OURS, str(code), str(logs), str(workers)]))
            facts = json.loads(timings[-1].output)
            wrong += [f"{name}: {line}" for line in differences(truth, facts["inbound"])]
    if not packed:
        state = scratch / "state"
        for name in ("audit, state_dir, first run", "audit, state_dir, nothing new"):
            timings.append(run(name, [next(iter(interpreters.values())), "-c", OURS, str(code), str(logs), "1", str(state)]))
            facts = json.loads(timings[-1].output)
            wrong += [f"{name}: {line}" for line in differences(truth, facts["inbound"])]
        print(f"  within the module, nothing new: {facts['performance']['seconds']} s, {facts['performance']['bytes']} bytes read")
        shutil.rmtree(state)
    return timings, wrong


def show(timings: list[Timing], megabytes: float) -> None:
    """Print the table. Processor time is what a busy machine falsifies least."""
    peer = next((timing for timing in timings if timing.name == "pflogsumm"), None)
    print("  | | wall s | MB/s | cpu s | times pflogsumm, wall | cpu | peak MB |\n  |--|--|--|--|--|--|--|")
    for timing in timings:
        ratios = (f"{peer.wall / timing.wall:.1f}", f"{peer.cpu / timing.cpu:.1f}") if peer else ("-", "-")
        print(f"  | {timing.name} | {timing.wall:.2f} | {megabytes / timing.wall:.0f} | {timing.cpu:.2f} | {ratios[0]} | {ratios[1]} | {timing.peak:.0f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000, help="size of each log (default 1000)")
    parser.add_argument("--styles", nargs="+", choices=sorted(STYLES), default=list(STYLES), help="default: all")
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / ".cache/benchmark-tools", help="where the other tools are unpacked")
    parser.add_argument("--gzip", choices=("all", "first", "none"), default="first", help="of which styles also the compressed logs are timed")
    options = parser.parse_args()
    tools = unpack_tools(options.tools)
    if tools is None:
        print("pflogsumm, logwatch and mtail are left out: apt-get could not download them (run apt-get update, or unpack them into --tools)")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="mailfleet-benchmark-") as text:
        code = library(pathlib.Path(text) / "library")
        for style in options.styles:
            logs = pathlib.Path(text) / style
            truth = write(style, logs, options.megabytes)
            megabytes = sum(path.stat().st_size for path in logs.iterdir()) / 1e6
            print(f"{style}: {megabytes:.0f} MB plain, {sum(truth['total']['sessions'].values())} sessions")
            timings = [run("by hand, both passes", by_hand(logs, False)), *(others(logs, tools) if tools else [])]
            more, differ = ours(code, logs, truth, False, pathlib.Path(text))
            show(timings + more, megabytes)
            wrong += differ
            if options.gzip == "all" or (options.gzip == "first" and style == options.styles[0]):
                for path in logs.glob("maillog-*"):
                    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", 6) as packed:
                        shutil.copyfileobj(plain, packed, 1 << 20)
                    shutil.copystat(path, f"{path}.gz")
                    path.unlink()
                print(f"{style}: the same, three of four files compressed with gzip")
                timings = [run("by hand, zcat, both passes", by_hand(logs, True))]
                more, differ = ours(code, logs, truth, True, pathlib.Path(text))
                show(timings + more, megabytes)
                wrong += differ
            shutil.rmtree(logs)
            sys.stdout.flush()
    for line in wrong:
        print("WRONG", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
