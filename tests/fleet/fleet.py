# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A campus on one machine: three mail servers, a client inside, a client outside, a perimeter between them, and a control node.

    outside 203.0.113.5 ── 203.0.113.1 perimeter 10.77.0.1 ──┬── bridge of 10.77.0.0/24 (network `campus`)
                                                             ├── control  10.77.0.2   where Ansible runs
                                                             ├── inside   10.77.0.5   a client of the campus, and the mirrors
                                                             ├── bullseye 10.77.0.11  Debian 11, Postfix 3.5
                                                             ├── bookworm 10.77.0.12  Debian 12, Postfix 3.7
                                                             └── trixie   10.77.0.13  Debian 13, Postfix 3.10

Each is a network namespace of its own in one enclosure, without a default route. Each server is a whole root with systemd, sshd, rsyslog and Postfix. All
that goes between `outside` and the servers passes `perimeter`, which only routes: it comes in by the interface `out0`. A stand-in for a firewall takes it there
(`iptables -t nat -A PREROUTING -i out0 -p tcp --dport 25 -j REDIRECT`, or TPROXY to keep the client's address) and is started by `Fleet.at("perimeter")`.

Use it by the fixture `fleet` (conftest.py): one fleet serves all tests of a session, so a test leaves the servers as it found them.

    fleet.hosts["bookworm"].run("postconf -n")          a shell script on a server, not over SSH
    fleet.at("outside")                                 the words that run any command of this machine in a network
    fleet.send("outside", "bookworm", "eicar", "starttls")      -> "refused 550"; "clean" or "eicar", "plaintext" or "starttls"
    fleet.play("audit", limit="bookworm", internal=1)   a playbook from `control`, over SSH; further words are variables. Run.code, Run.output, Run.hosts()
    fleet.boot("outside", "bookworm")                   one more server, in the network of that name: here a host outside of the campus
"""

from __future__ import annotations

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp.test_mail import eicar

from ansible_collections.mailfleet.tls_audit.tests.integration import debian_host, debian_root
from ansible_collections.mailfleet.tls_audit.tests.integration.enclosure import Enclosure
from ansible_collections.mailfleet.tls_audit.tests.integration.playbooks import Run, ansible_playbooks, run_playbook, start_playbook

OLD, NEW = ansible_playbooks()[0], ansible_playbooks()[-1]
# Name of the host and of its Debian release alike.
HOSTS = {"bullseye": "10.77.0.11", "bookworm": "10.77.0.12", "trixie": "10.77.0.13"}
ADDRESSES = {"perimeter": "10.77.0.1", "control": "10.77.0.2", "inside": "10.77.0.5", **HOSTS}
OUTSIDE = "203.0.113.5"
USER = "avtest"
CABLES = f"""
add() {{ ip netns add $1; ip -n $1 link set lo up; }}
join() {{
  add $1
  ip -n campus link add $1 type veth peer name eth0 netns $1
  ip -n campus link set $1 master br0 up
  ip -n $1 address add $2/24 dev eth0
  ip -n $1 link set eth0 up
}}
add campus
ip -n campus link add br0 type bridge
ip -n campus link set br0 up
{"".join(f"join {name} {address};" for name, address in ADDRESSES.items())}
add outside
ip -n perimeter link add out0 type veth peer name eth0 netns outside
ip -n perimeter address add 203.0.113.1/24 dev out0
ip -n perimeter link set out0 up
ip -n outside address add {OUTSIDE}/24 dev eth0
ip -n outside link set eth0 up
ip -n outside route add 10.77.0.0/24 via 203.0.113.1
for name in control inside {" ".join(HOSTS)}; do ip -n $name route add 203.0.113.0/24 via 10.77.0.1; done
nsenter --net=/run/netns/perimeter sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
"""
# What is no matter of the host, but of the lab: ClamAV with one signature needs little, and the log need not be watched for long.
SETTINGS = {"remediate_clamav_signatures": "local", "remediate_clamav_watch": 2, "remediate_clamav_min_disk": 100, "remediate_clamav_min_memory": 512,
            "remediate_clamav_min_available": 128, "remediate_clamav_start_timeout": 60}
# And where the mirror may have no other, an engine may be old.
OWN_SETTINGS = {"remediate_clamav_min_engine": {"bullseye": "0.103"}}
PACKAGES_PORT = 8000
WATCHED = ("/etc/postfix/main.cf", "/etc/postfix/master.cf")
SET_UP = """
set -e
echo 'deb [trusted=yes] http://{mirror}:{port}/{root}{folder} ./' > /etc/apt/sources.list.d/mailfleet-test.list
mkdir -p /var/lib/clamav
cat > /var/lib/clamav/test.ndb
useradd -m {user}
postconf -e myhostname={name}.example.org 'mydestination={name}.example.org, localhost'
# Debian 13 offers no STARTTLS of its own accord.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj /CN={name}.example.org \
  -keyout /etc/ssl/private/mail.pem -out /etc/ssl/certs/mail.pem 2> /dev/null
postconf -e smtpd_tls_security_level=may smtpd_tls_cert_file=/etc/ssl/certs/mail.pem smtpd_tls_key_file=/etc/ssl/private/mail.pem
systemctl restart postfix
"""
SENDER = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._smtp import client, test_mail
address, to, mail, over = sys.argv[2:]
server = client.Server(address, 25, 'client.example.net')
found = client.deliver_to(server, 'someone@example.net', to, test_mail.message(mail, 'm1', to, to), over == 'starttls')
sys.stdout.write('%s %s' % (found.verdict, found.code))
"""


class Fleet:
    """The campus. hosts: the running servers by name; figures: what became of the mail that was sent all the while, a line for each server and occasion."""

    def __init__(self) -> None:
        # The path of a socket of SSH is short.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-"))
        self.hosts: dict[str, debian_host.Server] = {}
        self.enclosure = Enclosure()
        self.figures: list[str] = []

    def start(self) -> Fleet:
        """Bring everything up, all servers at once."""
        debian_host.install_needed()
        with ThreadPoolExecutor() as pool:
            list(pool.map(debian_host.make, HOSTS))
        self.enclosure.setting_up(CABLES)
        self.enclosure.check("campus", "outside", *ADDRESSES)
        self.serve(debian_root.CACHE, PACKAGES_PORT)
        with ThreadPoolExecutor() as pool:
            self.hosts = dict(zip(HOSTS, pool.map(self.boot, HOSTS, HOSTS)))
        return self

    def boot(self, name: str, suite: str, rights: str = debian_host.Server.rights) -> debian_host.Server:
        """Boot a Debian of a release in the network of this name, with a Postfix that takes mail for one user. rights: capabilities that it has, too."""
        folder = self.folder / name
        folder.mkdir()
        server = debian_host.Server(debian_host.make(suite), folder, self.enclosure, name, f"{name}.example.org", rights).boot()
        self.hosts[name] = server
        script = SET_UP.format(user=USER, name=name, root=server.root.name, mirror=ADDRESSES["inside"], port=PACKAGES_PORT, folder=debian_host.MIRROR)
        server.ready().run(script, stdin=f"Eicar-Test:0:*:{eicar().hex()}\n")
        return server

    def serve(self, folder: pathlib.Path, port: int, *more: object) -> None:
        """Serve a folder over HTTP from `inside` until the fleet ends, or as long as file_server.py is told."""
        program = str(pathlib.Path(__file__).with_name("file_server.py"))
        server = subprocess.Popen([*self.enclosure.within("inside"), sys.executable, program, str(folder), str(port), *map(str, more)],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert server.stdout
        assert server.stdout.readline() == b"ready\n", f"{folder} cannot be served on port {port}"

    def renew(self, *hosts: str, rights: str = debian_host.Server.rights) -> Fleet:
        """Boot servers anew, all by default, as from their first day. No report is kept."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: self._renew(name, rights), hosts or HOSTS))
        shutil.rmtree(self.folder / "report", ignore_errors=True)
        return self

    def _renew(self, name: str, rights: str) -> None:
        self.hosts[name].stop()
        shutil.rmtree(self.folder / name)
        self.boot(name, name, rights)

    def at(self, network: str) -> list[str]:
        """The words that run a command of this machine in a network."""
        return self.enclosure.network(network)

    def send(self, where: str, host: str, mail: str, over: str, python: str = sys.executable, library: str = "collections") -> str:
        """Hand over a mail on port 25 of a server and return what became of it: the verdict and the last code. library: where that Python finds us."""
        words = (python, "-c", SENDER, library, ADDRESSES[host], f"{USER}@{host}.example.org", mail, over)
        done = subprocess.run([*self.at(where), *words], cwd=debian_root.ROOT, capture_output=True, text=True, timeout=90, check=False)
        return done.stdout.strip() or done.stderr

    def files(self, *hosts: str) -> dict[str, str]:
        """Postfix's configuration of servers, byte by byte, with its owner and mode. Of all by default."""
        return {f"{host}:{path}": self.hosts[host].run(f"stat -c '%a %U %G' {path}; base64 {path}").stdout for host in hosts or HOSTS for path in WATCHED}

    @contextlib.contextmanager
    def sending(self, occasion: str) -> Iterator[dict[str, Any]]:
        """Send mail from outside to all servers all the while. At the end the mapping holds what became of it (continuous_sender.Tally) and, as `lost` and
        `twice`, the accepted mails that are not in the mailbox or are in it twice. The figures are printed at the end of the tests."""
        program = [sys.executable, str(pathlib.Path(__file__).with_name("continuous_sender.py"))]
        tallies: dict[str, Any] = {}
        with subprocess.Popen([*self.at("outside"), *program, *(f"{name}={address}" for name, address in HOSTS.items())], cwd=debian_root.ROOT,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sender:
            try:
                yield tallies
            finally:
                output, _none = sender.communicate(timeout=180)
        tallies.update(json.loads(output))
        for host, tally in tallies.items():
            tally.update(self._delivered(host, tally["accepted"]))
            self.figures.append(
                f"{occasion}, {host}: sent {tally['sent']}, accepted {len(tally['accepted'])}, deferred {len(tally['deferred'])} times, "
                f"refused {len(tally['refused'])}, lost {len(tally['lost'])}, twice {len(tally['twice'])}, longest gap {tally['longest_gap']:.1f} s")

    def _delivered(self, host: str, markers: list[str]) -> dict[str, list[str]]:
        """Wait until the queue is empty, and compare with the mailbox."""
        script = f"""
            for unused in $(seq 100); do test -z "$(cd /var/spool/postfix && find incoming active deferred -type f)" && break; sleep 0.2; done
            grep -h '^Message-ID:' /var/mail/{USER}"""
        found = self.hosts[host].run(script).stdout
        times = {marker: found.count(f"<{marker}@") for marker in markers}
        return {"lost": [marker for marker, count in times.items() if count == 0], "twice": [marker for marker, count in times.items() if count > 1]}

    def inventory(self, name: str, **variables: object) -> pathlib.Path:
        """Write an inventory of all servers in the group `remediate`. variables: of all of them; a mapping gives some servers their own."""
        lines = ["[remediate]\n"]
        several = {key: value for key, value in {**OWN_SETTINGS, **variables}.items() if isinstance(value, dict)}
        for host, server in self.hosts.items():
            own = {key: value[host] for key, value in several.items() if host in value}
            lines.append(server.line(host, ADDRESSES.get(host, OUTSIDE), **{"remediate_recipient": f"{USER}@{host}.example.org", **own}))
        lines.append("[all:vars]\n")
        shared = {**SETTINGS, **{key: value for key, value in variables.items() if key not in several}}
        lines.extend(f"{key}={value}\n" for key, value in shared.items())
        path = self.folder / f"hosts-{name}"
        path.write_text("".join(lines))
        return path

    def play(self, playbook: str | pathlib.Path, *arguments: str, core: str = OLD, limit: str = "all", **variables: object) -> Run:
        """Run one of our playbooks, or a file, from the control node, on all servers at once. The report is kept from run to run. core: the oldest is the
        quickest."""
        return run_playbook(*self._words(core, limit, *arguments), **self._options(playbook, limit, variables))

    def start_play(self, playbook: str | pathlib.Path, *arguments: str, limit: str, **variables: object) -> subprocess.Popen[str]:
        """Start a playbook and do not wait for it."""
        return start_playbook(*self._words(OLD, limit, *arguments), **self._options(playbook, limit, variables))

    def _words(self, core: str, limit: str, *arguments: str) -> tuple[Any, ...]:
        return core, self.folder / "report", "--limit", limit, "-e", "remediate_serial=100%", *arguments

    def _options(self, playbook: str | pathlib.Path, limit: str, variables: dict[str, object]) -> dict[str, Any]:
        # Several runs may be at work at the same time, each on servers of its own.
        inventory = self.inventory(limit.replace(",", "-"), **variables)
        path = f"playbooks/{playbook}.yml" if isinstance(playbook, str) else str(playbook)
        return {"playbook": path, "inventory": inventory, "inside": tuple(self.at("control"))}

    def stop(self) -> None:
        """Take everything down."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(debian_host.Server.stop, self.hosts.values()))
        self.enclosure.close()
        shutil.rmtree(self.folder, ignore_errors=True)
