# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two modules as Ansible runs them, on the oldest Pythons that targets have and on this one: send to a real socket, look into a real mailbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mailfleet.tls_audit.tests.tools.pythons import pythons
from ansible_collections.mailfleet.tls_audit.tests.unit.probe.smtp_server import Server, make_certificate

ROOT = Path(__file__).parents[3]
# What of AnsibleModule the modules use: the one of a new ansible-core does not run under old Pythons.
_BASIC = """
import json, os, sys
class AnsibleModule(object):
    def __init__(self, argument_spec, supports_check_mode=False, required_by=None):
        given = json.loads(os.environ['OPTIONS'])
        self.check_mode = given.pop('check', False)
        self.params = dict((name, given.get(name, spec.get('default'))) for name, spec in argument_spec.items())
    def exit_json(self, **result):
        sys.stdout.write(json.dumps(result)); sys.exit(0)
    def fail_json(self, **result):
        sys.stdout.write(json.dumps(dict(result, failed=True))); sys.exit(1)
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("library")
    plugins = root / "ansible_collections" / "mailfleet" / "tls_audit" / "plugins"
    for part in ("module_utils", "modules"):
        shutil.copytree(ROOT / "plugins" / part, plugins / part)
    (root / "ansible" / "module_utils").mkdir(parents=True)
    ansible = root / "ansible"
    for folder in (plugins / "modules", plugins / "module_utils", plugins, *list(plugins.parents)[:3], ansible, ansible / "module_utils"):
        (folder / "__init__.py").touch()
    (root / "ansible" / "module_utils" / "basic.py").write_text(_BASIC)
    return root


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(make_certificate(tmp_path_factory.mktemp("tls") / "mx.pem"))
    yield running
    running.close()


def run(python: str | Path, library: Path, module: str, **options: Any) -> dict[str, Any]:
    settings = {**os.environ, "OPTIONS": json.dumps(options), "PYTHONPATH": str(library)}
    name = f"ansible_collections.mailfleet.tls_audit.plugins.modules.{module}"
    done = subprocess.run([str(python), "-m", name], env=settings, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("version", [(2, 7), (3, 6), sys.version_info[:2]], ids=str)
def test_send_and_find(version: tuple[int, int], library: Path, server: Server, tmp_path: Path) -> None:
    python = sys.executable if version == sys.version_info[:2] else pythons().get(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the probe was NOT run under it")
    server.mails.clear()
    log = tmp_path / "mail.log"
    log.write_text("")
    moment = run(python, library, "mail_trail", log_paths=[str(log)])["moment"]
    sent = run(python, library, "smtp_av_probe", host="127.0.0.1", port=server.port, recipient="av@example.org", sender="probe@example.net", look=True,
               timeout=10)
    assert [delivery["verdict"] for delivery in sent["deliveries"]] == ["accepted"] * 4, sent
    assert sent["view"]["starttls"] is True and len(sent["view"]["certificates"]) == 1 and sent["view"]["tls"]["expired"] is False
    # Delivered as a mail system would: all but the last, whose attachment a gateway took.
    box = tmp_path / "mbox"
    box.write_bytes(b"".join(b"From x\n" + (mail if number < 3 else mail.replace(b"base64", b"8bit")).replace(b"\r\n", b"\n") + b"\n"
                             for number, mail in enumerate(server.mails)))
    log.write_text("".join(f"Nov 29 02:14:09 mx postfix/cleanup[6]: 5A7D93246A{number}: message-id=<{delivery['message_id']}>\n"
                           for number, delivery in enumerate(sent["deliveries"])))
    found = run(python, library, "mail_trail", since=moment, run=sent["run"], log_paths=[str(log)], mailbox=str(box), settle=0, wait=0)
    assert [mail["mailbox"]["intact"] for mail in found["mails"]] == [True, True, True, False], found
    assert all(mail["log"]["seen"] for mail in found["mails"]) and found["mailbox"]["looked"] == [str(box)]


def test_check_mode_connects_to_nothing(library: Path, server: Server) -> None:
    before = len(server.times)
    found = run(sys.executable, library, "smtp_av_probe", host="127.0.0.1", port=server.port, recipient="av@example.org", look=True, check=True)
    assert len(server.times) == before and [delivery["verdict"] for delivery in found["deliveries"]] == ["not_sent"] * 4 and "view" not in found
    assert [(mail["mail"], mail["over"]) for mail in found["plan"]] == [
        ("clean", "plaintext"), ("clean", "starttls"), ("eicar", "plaintext"), ("eicar", "starttls")]
    assert len({mail["sender"] for mail in found["plan"]}) == 4 and found["plan"][0]["recipient"] == "av@example.org"


def test_nobody_there_is_told_at_once(library: Path) -> None:
    found = run(sys.executable, library, "smtp_av_probe", host="127.0.0.1", port=1, recipient="av@example.org", look=True)
    assert found["view"]["cause"] == "refused"
    assert [delivery["verdict"] for delivery in found["deliveries"]] == ["not_sent"] * 4 and "refused" in found["deliveries"][0]["text"]


def test_port_465_takes_no_plaintext(library: Path) -> None:
    found = run(sys.executable, library, "smtp_av_probe", host="127.0.0.1", port=465, recipient="av@example.org")
    assert [(delivery["over"], delivery["verdict"]) for delivery in found["deliveries"] if delivery["over"] == "plaintext"] == [("plaintext", "not_sent")] * 2


@pytest.mark.parametrize("options, said", [
    ({"recipient": ""}, "recipient: "), ({"recipient": "x"}, "recipient: 'x' is no mail address"),
    ({"recipient": "a@b> NOTIFY=NEVER"}, "recipient: "), ({"recipient": "a@b\r\nRSET"}, "recipient: "), ({"sender": "a b@c"}, "sender: "),
    ({"host": "mx\r\nQUIT"}, "host: "), ({"helo": "a b"}, "helo: "), ({"run": "../x"}, "run: "), ({"port": 0}, "port: "), ({"port": 70000}, "port: "),
    ({"timeout": 0}, "timeout: "), ({"max_seconds": 0}, "max_seconds: "), ({"greylist_wait": -1}, "greylist_wait: "),
    ({"host": "192.168.1.1", "interval": 9}, "interval: at least 10 seconds between two mails to 192.168.1.1"),
    ({"host": "mx.example.org", "interval": 0}, "interval: at least 10"), ({"host": "127.0.0.1", "interval": -1}, "interval: "),
    ({"username": "x"}, "username and password: "), ({"password": "x"}, "username and password: "),
])
def test_bad_options_are_named(library: Path, options: dict[str, Any], said: str) -> None:
    found = run(sys.executable, library, "smtp_av_probe", **{"recipient": "av@example.org", "check": True, **options})
    assert found["failed"] and found["msg"].startswith(said), found


@pytest.mark.parametrize("options, said", [({"since": "1|x|", "run": "abcd1"}, "since: "), ({"since": "1||", "run": "../"}, "run: ")])
def test_bad_options_of_the_trail(library: Path, options: dict[str, Any], said: str) -> None:
    found = run(sys.executable, library, "mail_trail", **options)
    assert found["failed"] and found["msg"].startswith(said)
