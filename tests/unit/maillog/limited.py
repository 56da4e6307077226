# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parser in a process of its own, with little memory and little time: what goes beyond either fails the test."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Address space, of which a bare Python takes some 30 MiB and a decoder of xz at its highest level 65 MiB.
MEMORY = 320 << 20
# Of processor time: how busy the machine is has no part in it.
SECONDS = 30

PROGRAM = """
import json, resource, sys
library, memory, calls = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
sys.path.insert(0, library)
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.audit import audit_logs
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.errors import AuditError
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[4]), int(sys.argv[4])))
answers = []
for paths, options in calls:
    try:
        answers.append(audit_logs(paths, **options))
    except AuditError as error:
        answers.append({'error': str(error), 'kind': error.kind})
print(json.dumps(answers))
"""


def audit_all(
    calls: Sequence[tuple[Sequence[pathlib.Path], dict[str, Any]]], python: str = sys.executable, library: pathlib.Path | None = None,
    memory: int = MEMORY, seconds: int = SECONDS, wrapper: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return the facts of each call, or its `error` and `kind`."""
    written = json.dumps([([str(path) for path in paths], {"timezone": "UTC", **options}) for paths, options in calls])
    done = subprocess.run(
        [*wrapper, python, "-c", PROGRAM, str(library or ROOT / "collections"), str(memory), written, str(seconds)],
        capture_output=True, text=True, timeout=10 * seconds, check=False, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def audit(*paths: pathlib.Path, options: dict[str, Any] | None = None, **limits: Any) -> dict[str, Any]:
    """Return the facts of one call."""
    return audit_all([(paths, options or {})], **limits)[0]


def library_for_old_pythons(folder: pathlib.Path) -> pathlib.Path:
    """The module_utils in packages that Python 2.7 can import, as Ansible ships them."""
    target = folder / "ansible_collections" / "mailfleet" / "tls_audit" / "plugins" / "module_utils"
    shutil.copytree(ROOT / "plugins" / "module_utils", target)
    for parent in [target, *target.parents]:
        if parent == folder:
            break
        (parent / "__init__.py").touch()
    return folder
