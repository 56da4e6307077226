# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module postfix_milter on a real Postfix, over SSH."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from . import debian_host, debian_root
from .enclosure import Enclosure
from .playbooks import ansible_playbooks

OURS = "inet:127.0.0.1:7357"
MAIN = """# Ours since 2009, do not touch
compatibility_level = 3.6
myhostname = mx.example.org

# DKIM first
smtpd_milters = { inet:localhost:8891, default_action=reject },
    # the old one was 8892
    inet:localhost:8893
non_smtpd_milters = $smtpd_milters
"""
MASTER = """
# comment stays
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  -o smtpd_milters=inet:localhost:8891
# the last line
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[debian_host.Server]:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: postfix_milter was NOT run on a real Postfix: {reason}")
    enclosure = Enclosure()
    enclosure.setting_up("ip netns add mx; ip -n mx link set lo up")
    started = debian_host.Server(debian_host.make("bookworm"), tmp_path_factory.mktemp("server"), enclosure, "mx")
    try:
        yield started.boot().ready()
    finally:
        started.stop()
        enclosure.close()


@pytest.fixture(params=ansible_playbooks()[-1:])
def core(request: pytest.FixtureRequest, server: debian_host.Server) -> str:
    """The newest ansible-core, and Postfix as it was."""
    server.run("cat > /etc/postfix/main.cf", stdin=MAIN)
    server.run("test -f /root/master.cf || cp /etc/postfix/master.cf /root/; cat /root/master.cf - > /etc/postfix/master.cf", stdin=MASTER)
    server.run("rm -f /etc/postfix/*~")
    return str(pathlib.Path(request.param).parent / "ansible")


def ask(server: debian_host.Server, core: str, *more: str, **options: Any) -> dict[str, Any]:
    hosts = server.folder / "hosts"
    hosts.write_text(server.line("mx"))
    settings = {**os.environ, "ANSIBLE_CONFIG": str(debian_root.ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    words = ["mx", "-m", "mailfleet.tls_audit.postfix_milter", "-a", json.dumps({"endpoint": OURS, **options}), *more]
    done = subprocess.run([*server.inside(), core, "-i", str(hosts), *words], cwd=debian_root.ROOT, env=settings, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    result = json.loads(done.stdout[done.stdout.index("=> ") + 3:])
    result["shown"] = done.stdout
    return result


def files(server: debian_host.Server) -> tuple[str, str]:
    return server.run("cat /etc/postfix/main.cf").stdout, server.run("cat /etc/postfix/master.cf").stdout


def test_in_and_out(server: debian_host.Server, core: str) -> None:
    before = files(server)
    foreseen = ask(server, core, "--check", "--diff", settings={"default_action": "accept"}, services=["submission/inet"])
    assert foreseen["changed"] and files(server) == before, foreseen["shown"]
    line = next(line for line in foreseen["shown"].splitlines() if line.startswith("+smtpd_milters"))
    assert line.endswith("inet:localhost:8893, { inet:127.0.0.1:7357, default_action=accept }")
    assert "+  -o { smtpd_milters = inet:localhost:8891, { inet:127.0.0.1:7357, default_action=accept } }" in foreseen["shown"]

    done = ask(server, core, settings={"default_action": "accept"}, services=["submission/inet"], backup=True)
    assert done["changed"] and done["after"] == foreseen["after"]
    assert done["after"] == ["{ inet:localhost:8891, default_action=reject }", "inet:localhost:8893", "{ inet:127.0.0.1:7357, default_action=accept }"]
    assert done["own_lists"] == [
        {"service": "submission/inet", "milters": ["inet:localhost:8891", "{ inet:127.0.0.1:7357, default_action=accept }"], "has_it": True}]
    assert len(done["backup_files"]) == 2
    assert (server.run(f"cat {done['backup_files'][0]}").stdout, server.run(f"cat {done['backup_files'][1]}").stdout) == before
    assert "7357" in server.run("postconf -P submission/inet/smtpd_milters").stdout
    main, master = files(server)
    assert main.startswith("# Ours since 2009, do not touch\ncompatibility_level = 3.6\n") and "# DKIM first\n" in main and "the old one was 8892" in main
    assert master == before[1].replace("-o smtpd_milters=inet:localhost:8891",
                                       "-o { smtpd_milters = inet:localhost:8891, { inet:127.0.0.1:7357, default_action=accept } }")
    assert not server.run("postconf -n 2>&1 >/dev/null; postfix check 2>&1").stdout

    changed = files(server)
    again = ask(server, core, settings={"default_action": "accept"}, services=["submission/inet"], backup=True)
    assert not again["changed"] and "backup_files" not in again and files(server) == changed

    tightened = ask(server, core, settings={"default_action": "tempfail"})
    assert tightened["after"][2] == "{ inet:127.0.0.1:7357, default_action=tempfail }"
    assert not ask(server, core)["changed"]

    out = ask(server, core, state="absent", services=["submission/inet"])
    assert out["changed"] and out["after"] == done["before"]
    assert out["own_lists"] == [{"service": "submission/inet", "milters": ["inet:localhost:8891"], "has_it": False}]
    assert files(server)[1] == before[1]


@pytest.mark.parametrize("core", ansible_playbooks(), indirect=True)
def test_with_each_core(server: debian_host.Server, core: str) -> None:
    assert [ask(server, core, state=state)["changed"] for state in ("present", "present", "absent", "absent")] == [True, False, True, False]


def test_other_services_lists_are_told(server: debian_host.Server, core: str) -> None:
    done = ask(server, core, position="first")
    assert done["after"][0] == OURS
    assert done["own_lists"] == [{"service": "submission/inet", "milters": ["inet:localhost:8891"], "has_it": False}]
    assert files(server)[1].endswith(MASTER)


def test_what_is_refused_changes_nothing(server: debian_host.Server, core: str) -> None:
    before = files(server)
    assert "master.cf has no submissions/inet; it has " in ask(server, core, services=["submissions/inet"])["msg"]
    assert "matches 'clam'" in ask(server, core, position="after:clam")["msg"]
    server.run("postconf -e 'ours = inet:localhost:7357' 'smtpd_milters = $ours, unix:/x'")
    assert not ask(server, core)["changed"]
    assert "comes from $ours in smtpd_milters; take it out there" in ask(server, core, state="absent")["msg"]
    server.run("cat > /etc/postfix/main.cf", stdin=before[0].replace("{ inet:localhost:8891", "{ { inet:localhost:8891"))
    assert "do not match" in ask(server, core)["msg"]
    server.run("rm /etc/postfix/main.cf")
    assert "main.cf" in ask(server, core)["msg"]
    server.run("cat > /etc/postfix/main.cf", stdin=before[0])
    assert files(server) == before
