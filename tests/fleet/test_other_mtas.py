# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS logging of Sendmail and of Exim, on real ones in Postfix's place, and that ClamAV is not put into them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_host

from .fleet import Fleet
from .recap import failures, recap

ON = {"remediate_tls_logging": "true"}
# None is started before it is set up.
REPLACE = """
set -e
dpkg --purge --force-all postfix > /dev/null
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
"""
# The packages' own set-up, for mail of this server, to be reached from outside.
SENDMAIL = f"""{REPLACE}
printf '127.0.0.1 localhost\\n10.77.0.12 bookworm.example.org bookworm\\n' > /etc/hosts
DEBIAN_FRONTEND=noninteractive dpkg -i --force-all {debian_host.SENDMAIL}/*.deb > /dev/null 2>&1
echo bookworm.example.org >> /etc/mail/local-host-names
cd /etc/mail
sed -i 's/, Addr=127.0.0.1//; /^MAILER_DEFINITIONS/,$d' sendmail.mc
cat >> sendmail.mc <<'END'
FEATURE(`accept_unresolvable_domains')dnl
define(`confLOG_LEVEL', `8')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
define(`confCACERT', `/etc/ssl/certs/mail.pem')dnl
define(`confSERVER_CERT', `/etc/ssl/certs/mail.pem')dnl
define(`confSERVER_KEY', `/etc/ssl/private/mail.pem')dnl
MAILER_DEFINITIONS
MAILER(`local')dnl
MAILER(`smtp')dnl
END
make sendmail.cf > /dev/null
# Somebody's own change, which building sendmail.cf anew would undo.
echo '# Emmy was here' >> sendmail.cf
systemctl restart sendmail
"""
EXIM = f"""{REPLACE}
printf '127.0.0.1 localhost\\n10.77.0.13 trixie.example.org trixie\\n' > /etc/hosts
mkdir -p /etc/exim4
cat > /etc/exim4/exim4.conf.localmacros <<'END'
MAIN_LOG_SELECTOR = -tls_cipher
MAIN_TLS_ENABLE = yes
MAIN_TLS_CERTIFICATE = /etc/exim4/mail.pem
MAIN_TLS_PRIVATEKEY = /etc/exim4/mail.pem
END
cat /etc/ssl/private/mail.pem /etc/ssl/certs/mail.pem > /etc/exim4/mail.pem
DEBIAN_FRONTEND=noninteractive dpkg -i --force-all {debian_host.EXIM}/*.deb > /dev/null 2>&1
sed -i "s/^dc_eximconfig_configtype=.*/dc_eximconfig_configtype='internet'/; s/^dc_local_interfaces=.*/dc_local_interfaces=''/;
  s/^dc_other_hostnames=.*/dc_other_hostnames='trixie.example.org'/" /etc/exim4/update-exim4.conf.conf
chown Debian-exim /etc/exim4/mail.pem
update-exim4.conf
systemctl restart exim4
"""
HOSTS = {"bookworm": SENDMAIL, "trixie": EXIM}
FILES = "cd /etc; stat -c '%a %U %G %n' mail/sendmail.mc mail/sendmail.cf; cat mail/sendmail.mc mail/sendmail.cf"


@pytest.fixture(scope="module")
def others(fleet: Fleet) -> Iterator[Fleet]:
    # Sendmail's init script tells by /proc/PID/exe which process to stop.
    fleet.renew(*HOSTS, rights="AUDIT_WRITE,SYS_PTRACE")
    for host, script in HOSTS.items():
        fleet.hosts[host].run(script)
    run = fleet.play("audit", limit=",".join(HOSTS))
    assert run.code == 0, run.output
    assert {host: run.record(host)["mailserver"]["mta"]["name"] for host in HOSTS} == {"bookworm": "sendmail", "trixie": "exim"}
    assert {host: run.record(host)["mailserver"]["tls_logging"]["enabled"] for host in HOSTS} == dict.fromkeys(HOSTS, False)
    yield fleet
    fleet.renew(*HOSTS)


def test_sendmail(others: Fleet) -> None:
    fleet, host, server = others, "bookworm", others.hosts["bookworm"]
    before = server.run(FILES).stdout
    run = fleet.play("remediate", "--check", "--diff", limit=host, **ON)
    assert run.code == 0 and "+define(`confLOG_LEVEL', `9')dnl" in run.output and "+O LogLevel=9" in run.output, run.output
    assert server.run(FILES).stdout == before
    assert fleet.send("outside", host, "clean", "starttls") == "accepted 250"
    assert "STARTTLS=server" not in server.run("cat /var/log/mail.log").stdout
    run = fleet.play("remediate", limit=host, **ON)
    assert run.code == 0 and recap(run)[host]["changed"] > 0, run.output
    raised = {"define(`confLOG_LEVEL', `8')dnl": "define(`confLOG_LEVEL', `9')dnl", "O LogLevel=8": "O LogLevel=9"}
    assert server.run(FILES).stdout.splitlines() == [raised.get(line, line) for line in before.splitlines()]
    assert fleet.send("outside", host, "clean", "starttls") == "accepted 250"
    assert "STARTTLS=server, relay=" in server.run("cat /var/log/mail.log").stdout
    run = fleet.play("remediate", limit=host, **ON)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output
    run = fleet.play("rollback", limit=host)
    assert run.code == 0 and server.run(FILES).stdout == before, run.output
    assert fleet.send("outside", host, "clean", "starttls") == "accepted 250"


def test_exim(others: Fleet) -> None:
    fleet, host, server = others, "trixie", others.hosts["trixie"]
    run = fleet.play("remediate", limit=host, **ON)
    assert "Exim's log_selector takes tls_cipher out; take `-tls_cipher` (or `-all`) out of it by hand" in failures(run)[host], run.output
    server.run("sed -i /tls_cipher/d /etc/exim4/exim4.conf.localmacros; update-exim4.conf; systemctl restart exim4")
    run = fleet.play("remediate", limit=host, **ON)
    assert run.code == 0 and recap(run)[host]["changed"] == 0, run.output
    assert fleet.send("outside", host, "clean", "starttls") == "accepted 250"
    assert " X=TLS1" in server.run("cat /var/log/exim4/mainlog").stdout


@pytest.mark.parametrize(("host", "mta"), [("bookworm", "sendmail"), ("trixie", "exim")])
def test_clamav_is_put_into_postfix_only(others: Fleet, host: str, mta: str) -> None:
    run = others.play("remediate", limit=host, remediate_clamav="true")
    assert f"G4: ClamAV is put into Postfix only; this is {mta}" in failures(run)[host], run.output
