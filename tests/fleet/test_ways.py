# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other ways through the role: signatures from a mirror, a milter on another host, STARTTLS offered only after mail is scanned, a listener that goes
round the scanner, trouble in the log.

Two servers at the same time, then the third, which has its mail scanned by one of them.
"""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_root
from ansible_collections.mailfleet.tls_audit.tests.tools.pythons import pythons

from . import signatures
from .clamav_units import OFF, units, until
from .fleet import ADDRESSES, NEW, Fleet
from .recap import failures, recap

CLAMAV = {"remediate_clamav": "true"}
MIRROR_PORT, MILTER_PORT = 8010, 7357
# What an administrator sets up who lets other hosts have their mail scanned by this one.
MILTER_FOR_OTHERS = f"""
set -e
sed 's,^MilterSocket .*,MilterSocket inet:{MILTER_PORT}@0.0.0.0,; s,^PidFile .*,PidFile /run/clamav/others.pid,; /^MilterSocketGroup/d; /^MilterSocketMode/d' \
  /etc/clamav/clamav-milter.conf > /etc/clamav/others.conf
systemd-run --unit=milter-for-others --property=Type=forking clamav-milter --config-file=/etc/clamav/others.conf
"""


@pytest.fixture(scope="module")
def audited(fleet: Fleet) -> Fleet:
    run = fleet.play("audit")
    assert run.code == 0, run.output
    return fleet


@pytest.fixture(scope="module")
def stories(audited: Fleet) -> Iterator[dict[str, Future[None]]]:
    with ThreadPoolExecutor() as pool:
        begun = {story.__name__: pool.submit(story, audited) for story in (signatures_from_a_mirror, starttls_comes_last)}
        begun["trouble_in_the_log"] = pool.submit(trouble_in_the_log, audited, begun["starttls_comes_last"])
        yield begun


def test_signatures_come_from_a_mirror(stories: dict[str, Future[None]]) -> None:
    stories["signatures_from_a_mirror"].result()


def test_starttls_is_offered_only_where_mail_is_scanned(stories: dict[str, Future[None]]) -> None:
    stories["starttls_comes_last"].result()


def test_trouble_in_the_log_undoes_the_change(stories: dict[str, Future[None]]) -> None:
    stories["trouble_in_the_log"].result()


def verdicts(fleet: Fleet, host: str) -> list[str]:
    return [fleet.send("outside", host, mail, over) for mail in ("clean", "eicar") for over in ("plaintext", "starttls")]


def signatures_from_a_mirror(fleet: Fleet) -> None:
    """A mirror that freshclam feeds, so without incremental updates. Its signatures are real, signed and years old."""
    host, server = "bookworm", fleet.hosts["bookworm"]
    before = fleet.files(host)
    fleet.serve(signatures.mirror(), MIRROR_PORT)
    mirror = f"http://{ADDRESSES['inside']}:{MIRROR_PORT}"
    settings = {**CLAMAV, "remediate_clamav_signatures": "mirror", "remediate_clamav_mirror": mirror, "remediate_clamav_mirror_incremental": "false",
                "remediate_clamav_max_signature_age_days": 10000}
    run = fleet.play("remediate", limit=host, **{**settings, "remediate_clamav_mirror": f"{mirror}/nothing"})
    assert f"G8: {mirror}/nothing/daily.cvd answers 404" in failures(run)[host], run.output
    assert fleet.files(host) == before
    run = fleet.play("remediate", limit=host, **settings)
    assert run.code == 0, run.output
    # The mirror's signatures, and the one for EICAR that was there.
    assert verdicts(fleet, host) == ["accepted 250", "accepted 250", "refused 550", "refused 550"]
    listed = server.run("ls /var/lib/clamav; grep -h '^PrivateMirror\\|^ScriptedUpdates' /etc/clamav/freshclam.conf").stdout
    assert {"daily.cvd", "main.cvd", "bytecode.cvd", f"PrivateMirror {mirror}", "ScriptedUpdates no"} <= set(listed.splitlines())
    assert server.run("systemctl is-active clamav-freshclam clamav-daemon clamav-milter").stdout.split() == ["active"] * 3
    run = fleet.play("remediate", limit=host, **settings)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output


def starttls_comes_last(fleet: Fleet) -> None:
    """Refused without antivirus, undone without a certificate, and then offered in the same run that puts ClamAV into the mail path."""
    host, server = "trixie", fleet.hosts["trixie"]
    server.run("postconf -X smtpd_tls_security_level smtpd_tls_cert_file smtpd_tls_key_file; postfix reload")
    before = fleet.files(host)
    assert fleet.send("outside", host, "clean", "starttls") == "no_starttls 250"
    on = {"remediate_starttls": "true"}
    run = fleet.play("remediate", limit=host, **on)
    assert "refused: the antivirus of this host is" in failures(run)[host] and "remediate_clamav first" in failures(run)[host], run.output
    run = fleet.play("remediate", limit=host, **on, remediate_starttls_accept_blind_spot="true")
    assert "no certificate that is good for a handshake (none is set" in run.output and "was put back" in failures(run)[host], run.output
    assert fleet.files(host) == before
    certificate = {"remediate_starttls_certificate": "/etc/ssl/certs/mail.pem", "remediate_starttls_key": "/etc/ssl/private/mail.pem"}
    settings = {**CLAMAV, **on, **certificate, "remediate_tls_logging": "true"}
    run = fleet.play("remediate", limit=host, core=NEW, **settings)
    assert run.code == 0, run.output
    assert verdicts(fleet, host) == ["accepted 250", "accepted 250", "refused 550", "refused 550"]
    run = fleet.play("remediate", limit=host, **settings)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output
    audit = fleet.play("audit", limit=host)
    assert audit.record(host)["mailserver"]["starttls"]["offered"] is True
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and fleet.files(host) == before, run.output
    assert fleet.send("outside", host, "clean", "starttls") == "no_starttls 250"


def trouble_in_the_log(fleet: Fleet, earlier: Future[None]) -> None:
    """All test mails pass, and then Postfix complains of the milter while its log is watched."""
    earlier.exception()
    host, server = "trixie", fleet.hosts["trixie"]
    before = fleet.files(host)
    process = fleet.start_play("remediate", limit=host, **CLAMAV, remediate_clamav_watch=15)
    until(fleet, host, True, 600)
    server.run("logger -p mail.warning -t 'postfix/smtpd[99]' \"warning: milter $(postconf -h smtpd_milters): can't read SMFIC_BODYEOB reply packet header\"")
    output = process.communicate(timeout=600)[0]
    assert process.returncode != 0 and "the mail log has, since the change: " in output and "SMFIC_BODYEOB" in output, output
    assert "The configuration was put back and the mail server accepts mail as before. Failed: Proof | The log holds no sign of trouble" in output, output
    assert (fleet.files(host), units(server)) == (before, OFF)


def test_another_hosts_milter_scans_for_a_host_without_memory(stories: dict[str, Future[None]], audited: Fleet) -> None:
    fleet, host, server = audited, "bullseye", audited.hosts["bullseye"]
    stories["signatures_from_a_mirror"].result()
    fleet.hosts["bookworm"].run(MILTER_FOR_OTHERS)
    before = fleet.files(host)
    settings = {**CLAMAV, "remediate_clamav_mode": "remote_milter", "remediate_clamav_remote_milter": f"{ADDRESSES['bookworm']}:{MILTER_PORT}",
                "remediate_clamav_min_memory": 4_000_000, "remediate_clamav_on_failure": "tempfail"}
    run = fleet.play("remediate", limit=host, **settings)
    assert "The milter protocol is not encrypted" in failures(run)[host] and fleet.files(host) == before, run.output
    settings["remediate_clamav_remote_cleartext"] = "true"
    run = fleet.play("remediate", limit=host, **settings)
    assert run.code == 0, run.output
    assert verdicts(fleet, host) == ["accepted 250", "accepted 250", "refused 550", "refused 550"]
    run = fleet.play("remediate", limit=host, **settings)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output
    # That other host goes away.
    fleet.hosts["bookworm"].run("systemctl stop milter-for-others")
    assert fleet.send("outside", host, "clean", "plaintext").startswith("deferred 4")
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and fleet.files(host) == before, run.output
    assert server.run("find /var/backups/mailfleet.tls_audit -type f", check=False).stdout == ""


@pytest.mark.parametrize("version", [(2, 7), (3, 6)])
def test_the_sender_under_old_pythons(stories: dict[str, Future[None]], audited: Fleet, version: tuple[int, int], tmp_path: pathlib.Path) -> None:
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"LOUD: no Python {version} on this machine, the sender was NOT run under it")
    stories["signatures_from_a_mirror"].result()
    target = tmp_path / "ansible_collections/mailfleet/tls_audit/plugins/module_utils"
    shutil.copytree(debian_root.ROOT / "plugins" / "module_utils", target)
    for folder in [target, *list(target.parents)[:4]]:
        (folder / "__init__.py").touch()
    assert [audited.send("outside", "bookworm", "eicar", over, str(python), str(tmp_path)) for over in ("plaintext", "starttls")] == ["refused 550"] * 2


def test_a_listener_that_goes_round_the_scanner_fails_and_is_undone(stories: dict[str, Future[None]], audited: Fleet) -> None:
    """The staging listener passes; port 25 has a list of its own, so EICAR gets in, and all of ClamAV is undone. clamd ran before, so it does again."""
    fleet, host, server = audited, "bookworm", audited.hosts["bookworm"]
    stories["signatures_from_a_mirror"].result()
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and units(server) == OFF, run.output
    kept = server.run("cat /etc/postfix/master.cf").stdout
    server.run("systemctl --quiet enable --now clamav-daemon; postconf -P smtp/inet/smtpd_milters=; postfix reload")
    before, running = fleet.files(host), units(server)
    assert running == ["clamav-daemon runs", "clamav-daemon boots", "clamav-daemon.socket runs", "clamav-daemon.socket boots"]
    run = fleet.play("remediate", limit=host, **CLAMAV)
    left, sent = fleet.files(host), fleet.send("outside", host, "clean", "starttls")
    server.run("cat > /etc/postfix/master.cf; postfix reload", stdin=kept)
    assert run.code != 0
    put_back = "The configuration was put back and the mail server accepts mail as before. Failed: Verdicts | The EICAR test file is refused"
    assert put_back in run.output, run.output
    assert "was not refused by the mail server: plaintext accepted 250" in run.output
    assert (left, sent, units(server)) == (before, "accepted 250", running)
