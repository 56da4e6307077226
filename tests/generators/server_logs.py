# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the real logs of Exim and Dovecot in tests/fixtures/real-logs anew: Debian's packages, each in a root and a network of its own.

    python tests/generators/server_logs.py exim|dovecot bookworm|trixie [FOLDER]

Needs root, mmdebstrap and the distribution's packages. The output differs in times, ids and ports from run to run, and is kept in the repository.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "collections"))
from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root  # noqa: E402  # pylint: disable=wrong-import-position

REAL_LOGS = ROOT / "tests" / "fixtures" / "real-logs"
SCENARIOS = pathlib.Path(__file__).parent / "scenarios"
PACKAGES = {
    "exim": "exim4-daemon-light,python3,openssl,iproute2",
    "dovecot": "dovecot-imapd,dovecot-pop3d,dovecot-managesieved,dovecot-submissiond,python3,openssl,iproute2",
}
RELEASES = {"bookworm": "debian12", "trixie": "debian13"}


def root_with(server: str, suite: str) -> pathlib.Path:
    """Return a root with the server's packages, made if it is not there yet."""
    target = debian_root.CACHE / f"{suite}-{server}"
    if not (target / "usr").is_dir():
        debian_root.CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES[server]}", suite, str(target)],
                       stdin=subprocess.DEVNULL, check=True)
    return target


def main() -> None:
    server, suite = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        for path in SCENARIOS.glob("*.py"):
            shutil.copy(path, folder)
        shutil.copy(SCENARIOS / f"{server}.py", f"{folder}/scenario.py")
        made: dict[str, Any] = json.loads(debian_root.run(root_with(server, suite), pathlib.Path(folder), timeout=900))
    version = re.search(r"\d+\.\d+(?:\.\d+)*", made["version"])
    assert version, made["version"]
    target = pathlib.Path(sys.argv[3]) if sys.argv[3:] else REAL_LOGS
    target = target / f"{server}-{version[0]}-{RELEASES[suite]}"
    for name, found in made["set_ups"].items():
        into = target / name
        into.mkdir(parents=True, exist_ok=True)
        log = found.pop("log").encode("latin-1")
        own = server == "exim" and log[:1].isdigit()
        (into / ("mainlog" if own else "maillog")).write_bytes(log)
        for key, path in (("reject", "rejectlog"), ("conf", "exim4.conf" if server == "exim" else "dovecot.conf")):
            text = found.pop(key, None)
            if text:
                (into / path).write_bytes(text.encode("latin-1"))
        (into / "truth.json").write_text(json.dumps({"driver_errors": [], "mta": server, "phase": name, "local": [], **found}, indent=1) + "\n")
    (target / "version.txt").write_text(made["version"].splitlines()[0] + "\n")


if __name__ == "__main__":
    main()
