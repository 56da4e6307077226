# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the real logs of Sendmail and OpenSMTPD anew, with the truth of what was sent. Needs root on a Debian, and its package mirror.

    python tests/generators/mta_logs.py [SET-UP ...]

Each server runs in a Debian root of its own (made by mmdebstrap), in namespaces without a network but loopback. A client (mta_root/) sends
known mail from internal, external and loopback addresses. What the server handed to /dev/log and what the client saw become
tests/fixtures/real-logs/<mta>-<version>-<release>/<set-up>/. Process ids, queue ids and times differ in every run, the counts do not.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
ROOTS = ROOT / ".cache" / "mta-roots"
REAL_LOGS = ROOT / "tests" / "fixtures" / "real-logs"
RELEASES = {"bullseye": "debian11", "bookworm": "debian12", "trixie": "debian13"}
PACKAGES = {"sendmail": "sendmail-bin", "opensmtpd": "opensmtpd"}
LEVELS = {"K-loglevel9": 9, "L-loglevel8": 8, "M-loglevel14": 14}
# The others are kept in the traditional form alone: what the forms differ in is no matter of the level.
ONE_FORM = ("L-loglevel8", "M-loglevel14")
SET_UPS = [("sendmail", release, name) for release in RELEASES for name in LEVELS] + [
    # OpenSMTPD 6.8 of Debian 12 ends every handshake with an internal error of OpenSSL 3, so it is of no use here.
    ("opensmtpd", release, "A-default") for release in ("bullseye", "trixie")]
ENTER = """
set -e
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/work" "$work/root"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"
mount -t tmpfs tmpfs "$work/root/run"
ip link set lo up
mkdir -p "$work/root/test"
cp -r "$2/." "$work/root/test/"
hostname mx1
exec chroot "$work/root" /usr/bin/python3 /test/scenario.py
"""


def make_root(mta: str, release: str) -> pathlib.Path:
    """Return the Debian root with this server, made if it is not there yet."""
    target = ROOTS / f"{release}-{PACKAGES[mta]}"
    if not (target / "usr").is_dir():
        ROOTS.mkdir(parents=True, exist_ok=True)
        if not shutil.which("mmdebstrap"):
            for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "mmdebstrap"]):
                subprocess.run(["apt-get", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        half = target.with_name(target.name + ".half")
        shutil.rmtree(half, ignore_errors=True)
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES[mta]},python3,openssl,iproute2", release, str(half)]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)
        half.rename(target)
    return target


def version_of(root: pathlib.Path, mta: str) -> str:
    """Return the upstream version of the server, as its package says."""
    command = ["chroot", str(root), "dpkg-query", "-W", "-f", "${source:Upstream-Version}", PACKAGES[mta]]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def make(mta: str, release: str, name: str, into: pathlib.Path = REAL_LOGS) -> pathlib.Path:
    """Run one set-up, store its log and truth, and return their folder."""
    root = make_root(mta, release)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(pathlib.Path(__file__).parent / "mta_root", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        (pathlib.Path(folder) / "order.json").write_text(json.dumps({"mta": mta, "level": LEVELS.get(name)}))
        command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c", ENTER, "enter", str(root), folder]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise RuntimeError(f"{mta} {release} {name}: {done.stderr[-3000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    target = into / f"{mta}-{version_of(root, mta)}-{RELEASES[release]}" / name
    target.mkdir(parents=True, exist_ok=True)
    for file, text in result["files"].items():
        if file.startswith("maillog.") and name in ONE_FORM:
            continue
        (target / file).write_text(text, encoding="utf-8")
    truth = result["truth"]
    rows = ",\n".join(json.dumps(session, ensure_ascii=False) for session in truth.pop("sessions"))
    (target / "truth.json").write_text(json.dumps(truth)[:-1] + f', "sessions": [\n{rows}\n]}}\n', encoding="utf-8")
    return target


def main() -> None:
    wanted = sys.argv[1:]
    for mta, release, name in SET_UPS:
        if not wanted or any(word in f"{mta}-{release}-{name}" for word in wanted):
            print(make(mta, release, name).relative_to(ROOT), flush=True)


if __name__ == "__main__":
    main()
