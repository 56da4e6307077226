# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ansible-core, or which mode, a host's Pythons call for."""

from __future__ import annotations

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.reasons import by_pythons_found, lacks_python

CENTOS7 = "sh: python3: command not found\nsh: /usr/libexec/platform-python: No such file or directory\nPython 2.7.5\nPython 2.7.5\n"
RED_HAT_8 = "sh: python3: command not found\nPython 3.6.8\nsh: python: command not found\n"
CENTOS6 = "sh: python3: command not found\nPython 2.6.6\n"
NONE = "sh: 1: python3: not found\nsh: 1: python: not found\n"


@pytest.mark.parametrize(("said", "version", "advice"), [
    (CENTOS7, "Python 2.7", "make audit CORE=2.16"), (RED_HAT_8, "Python 3.6", "make audit CORE=2.16"), (CENTOS7 + RED_HAT_8, "Python 3.6", "CORE=2.16"),
    (CENTOS6, "Python 2.6", "audit_mode=fetch"), ("Python 3.7.3\n", "Python 3.7", "ansible-core 2.17"),
    ("Python 2.6.6\r\nPython 2.7.18\r\n", "Python 2.7", "2.16"),
])
def test_the_host_s_python_is_named(said: str, version: str, advice: str) -> None:
    reason = by_pythons_found(said, "2.21.5")
    assert reason is not None and reason.kind == "python_too_old"
    assert version in reason.detail and advice in (reason.hint or "")


@pytest.mark.parametrize("said", [NONE, "", CENTOS7 + "Python 3.9.2\n", "Welcome to Python 2.7\n", "Python 9.99999\n"])
def test_pythons_that_explain_nothing(said: str) -> None:
    assert by_pythons_found(said, "2.21.5") is None


@pytest.mark.parametrize(("result", "lacks"), [
    ({"failed": True, "msg": "The module interpreter '/usr/bin/python3' was not found."}, True),
    ({"failed": True, "rc": 127, "msg": "MODULE FAILURE", "module_stderr": "/bin/sh: 1: /usr/bin/python: not found\n"}, True),
    ({"failed": True, "msg": "ansible-core requires a minimum of Python version 3.9. Current version: 3.6.8"}, True),
    ({"failed": True, "msg": "Missing sudo password"}, False),
    ({"failed": True, "unreachable": True, "msg": "python3: not found"}, False),
    ({"failed": True, "msg": "no mail log was found in python3: not found", "reason_kind": "no_log"}, False),
    ({"msg": "python3: not found"}, False),
])
def test_what_fetching_would_help(result: dict[str, object], lacks: bool) -> None:
    assert lacks_python(result, None, "2.21.5") is lacks
