# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role remediate on a real Debian mail server, over SSH: look, change, change again, fail and undo, roll back.

clamd has a signature for the EICAR test file alone. The tests run in their order, on one server.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.test_mail import eicar

from ansible_collections.mailfleet.tls_audit.tests.tools.pythons import pythons

from . import debian_host, debian_root
from .enclosure import Enclosure
from .playbooks import ansible_playbooks, run_playbook

OLD, NEW = ansible_playbooks()[0], ansible_playbooks()[-1]
MAIN = """
# Physics department, ask Emmy before you change this
smtpd_milters = { inet:127.0.0.1:8891, default_action=accept, connect_timeout=1s }
  # the old signer was on 8892
"""
WATCHED = ("/etc/postfix/main.cf", "/etc/postfix/master.cf")


class Lab:
    """The server, and what a test asks of it."""

    def __init__(self, server: debian_host.Server) -> None:
        self.server = server
        self.before = self.files()

    def files(self) -> dict[str, str]:
        return {path: self.server.run(f"stat -c '%a %U' {path}; base64 {path}").stdout for path in WATCHED}

    def play(self, playbook: str, *arguments: str, core: str = NEW, **variables: object) -> tuple[int, str]:
        settings = {"remediate_recipient": "avtest@mx.example.org", "remediate_tls_logging": "true",
                    "remediate_clamav": "true", "remediate_clamav_signatures": "local", "remediate_clamav_watch": 2, "remediate_clamav_min_disk": 100,
                    "remediate_clamav_min_memory": 512, "remediate_clamav_min_available": 128, **variables}
        hosts = self.server.folder / "hosts"
        hosts.write_text("[remediate]\n" + self.server.line("mx") + "[all:vars]\n" + "".join(f"{name}={value}\n" for name, value in settings.items()))
        run = run_playbook(core, self.server.folder / "report", *arguments, playbook=f"playbooks/{playbook}.yml", inventory=hosts,
                           inside=tuple(self.server.inside()))
        return run.code, run.output

    def send(self, mail: str, over: str, python: str = sys.executable, library: str = "collections") -> str:
        """Hand over a mail on port 25 and return what became of it."""
        done = subprocess.run([*self.server.inside(), python, "-c", SENDER, library, mail, over], cwd=debian_root.ROOT, capture_output=True, text=True,
                              timeout=60, check=False)
        return done.stdout.strip() or done.stderr


SENDER = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, test_mail
mail, over = sys.argv[2:]
to = 'avtest@mx.example.org'
found = client.deliver('127.0.0.1', 25, 'test.example.org', to, to, test_mail.message(mail, 'm1', to, to), over == 'starttls')
sys.stdout.write('%s %s' % (found.verdict, found.code))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    reason = debian_root.why_not()
    if reason:
        pytest.skip(f"LOUD: the role remediate was NOT run on a real mail server: {reason}")
    enclosure = Enclosure()
    enclosure.setting_up("ip netns add mx; ip -n mx link set lo up")
    server = debian_host.Server(debian_host.make("bookworm"), tmp_path_factory.mktemp("server"), enclosure, "mx")
    try:
        server.boot().ready()
        server.run("useradd -m avtest; postconf -e myhostname=mx.example.org 'mydestination=mx.example.org, localhost'")
        server.run("cat >> /etc/postfix/main.cf", stdin=MAIN)
        server.run("postfix reload; mkdir -p /var/lib/clamav; cat > /var/lib/clamav/test.ndb", stdin=f"Eicar-Test:0:*:{eicar().hex()}\n")
        yield Lab(server)
    finally:
        server.stop()
        enclosure.close()


def recap(output: str) -> dict[str, int]:
    line = re.search(r"^mx +: (.*)$", output, re.MULTILINE)
    assert line, output
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line.group(1))}


def states(lab: Lab, *units: str) -> list[str]:
    return lab.server.run(f"systemctl is-active {' '.join(units)}", check=False).stdout.split()


def test_without_an_audit_nothing_is_done(lab: Lab) -> None:
    code, output = lab.play("remediate")
    assert code != 0 and "G2: no audit of this host within 7 days" in output
    assert lab.files() == lab.before


def test_the_audit_comes_first(lab: Lab) -> None:
    code, output = lab.play("audit")
    assert code == 0, output


def test_it_shows_what_it_would_change(lab: Lab) -> None:
    code, output = lab.play("remediate", "--check", "--diff")
    assert code == 0, output
    assert "+smtpd_tls_loglevel = 1" in output
    assert re.search(r"^\+smtpd_milters = \{ inet:127.0.0.1:8891, .* \{ unix:/clamav/clamav-milter.ctl, default_action=accept \}$", output, re.MULTILINE)
    assert "+OnFail Accept" in output and "+MilterSocket /var/spool/postfix/clamav/clamav-milter.ctl" in output
    assert lab.files() == lab.before
    assert lab.server.run("dpkg -l clamav-daemon 2>/dev/null | grep ^ii; ls /var/backups/mailfleet.tls_audit 2>/dev/null", check=False).stdout == ""


def test_a_listener_that_goes_round_the_scanner_fails_and_is_undone(lab: Lab) -> None:
    """The staging listener passes; port 25 has a list of its own, so EICAR gets in, and all of ClamAV is undone."""
    lab.server.run("postconf -P smtp/inet/smtpd_milters=; postfix reload")
    before = lab.files()
    code, output = lab.play("remediate", remediate_tls_logging="false")
    assert code != 0
    assert "The configuration was put back and the mail server accepts mail as before. Failed: Verdicts | The EICAR test file is refused" in output, output
    assert "was not refused by the mail server: plaintext accepted 250" in output
    assert lab.files() == before
    assert states(lab, "clamav-milter", "clamav-daemon", "mailfleet-undo.timer") == ["inactive"] * 3
    assert lab.send("clean", "starttls") == "accepted 250"
    lab.server.run("cat > /etc/postfix/master.cf; postfix reload", stdin=lab.server.run("cat /usr/share/postfix/master.cf.dist").stdout)
    lab.before = lab.files()


def test_viruses_are_refused_and_other_mail_is_not(lab: Lab) -> None:
    code, output = lab.play("remediate")
    assert code == 0, output
    assert recap(output)["changed"] > 0
    assert [lab.send(mail, over) for mail in ("clean", "eicar") for over in ("plaintext", "starttls")] == [
        "accepted 250", "accepted 250", "refused 550", "refused 550"]
    assert lab.server.run("postconf -h smtpd_milters").stdout.strip() == (
        "{ inet:127.0.0.1:8891, default_action=accept, connect_timeout=1s }, { unix:/clamav/clamav-milter.ctl, default_action=accept }")
    assert "Physics department" in lab.server.run("cat /etc/postfix/main.cf").stdout
    log = lab.server.run("cat /var/log/mail.log").stdout
    assert "Anonymous TLS connection established from localhost" in log and "milter-reject: END-OF-MESSAGE" in log
    assert "staging" not in lab.server.run("cat /etc/postfix/master.cf").stdout


@pytest.mark.parametrize("version", [(2, 7), (3, 6)])
def test_the_sender_under_old_pythons(lab: Lab, version: tuple[int, int], tmp_path: pathlib.Path) -> None:
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the sender was NOT run under it")
    target = tmp_path / "ansible_collections/mailfleet/tls_audit/plugins/module_utils"
    shutil.copytree(debian_root.ROOT / "plugins" / "module_utils", target)
    for folder in [target, *list(target.parents)[:4]]:
        (folder / "__init__.py").touch()
    assert [lab.send("eicar", over, str(python), str(tmp_path)) for over in ("plaintext", "starttls")] == ["refused 550", "refused 550"]


@pytest.mark.parametrize("core", sorted({OLD, NEW}))
def test_again_changes_nothing(lab: Lab, core: str) -> None:
    before = lab.files()
    code, output = lab.play("remediate", core=core)
    assert code == 0 and recap(output)["changed"] == 0, output
    assert lab.files() == before


def test_clamd_dies_and_mail_passes_as_configured(lab: Lab) -> None:
    lab.server.run("systemctl stop clamav-daemon.socket clamav-daemon")
    assert lab.send("clean", "plaintext") == "accepted 250"
    assert lab.send("eicar", "plaintext") == "accepted 250"
    lab.server.run("systemctl start clamav-daemon.socket clamav-daemon")


def test_a_rollback_refuses_what_somebody_changed_since(lab: Lab) -> None:
    lab.server.run("cp -p /etc/postfix/main.cf /root/main.cf; echo '# Emmy was here' >> /etc/postfix/main.cf")
    before = lab.files()
    code, output = lab.play("rollback")
    assert code != 0 and "not undone, for these were changed since: /etc/postfix/main.cf" in output, output
    assert "-# Emmy was here" in output
    assert lab.files() == before
    lab.server.run("cp -p /root/main.cf /etc/postfix/main.cf")


def test_a_rollback_leaves_every_byte_as_it_was(lab: Lab) -> None:
    code, output = lab.play("rollback", core=OLD)
    assert code == 0, output
    assert lab.files() == lab.before
    assert lab.server.run("find /var/backups/mailfleet.tls_audit /etc/systemd/system -type f -path '*mailfleet*'").stdout == ""
    assert states(lab, "clamav-milter", "clamav-daemon") == ["inactive"] * 2
    assert [lab.send(mail, "starttls") for mail in ("clean", "eicar")] == ["accepted 250", "accepted 250"]
    code, output = lab.play("rollback")
    assert code == 0 and recap(output)["changed"] == 0 and "no remediation to undo" in output
