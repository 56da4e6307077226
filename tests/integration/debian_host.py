# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole Debian mail server: systemd, sshd, rsyslog and Postfix, in a network of an enclosure, with no way out of it.

The packages that the role installs lie in a folder of it, as a mirror would have them. Everything ends with the enclosure; the root stays as it was.
"""

from __future__ import annotations

import os
import pathlib
import resource
import shutil
import subprocess
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from . import debian, debian_root
from .enclosure import Enclosure

INCLUDED = "systemd-sysv,dbus,openssh-server,postfix,rsyslog,python3,openssl,iproute2,libmilter1.0.1,sudo,python3-apt"
TO_INSTALL = ("clamav-daemon", "clamav-milter", "clamav-freshclam", "clamdscan", "ca-certificates")
MIRROR = "/srv/packages"
# These cannot be installed beside Postfix; a test that wants one puts it into Postfix's place.
EXIM, SENDMAIL = "/srv/exim", "/srv/sendmail"
NEEDED = {"mmdebstrap": "mmdebstrap", "podman": "podman", "runc": "runc", "iptables": "iptables", "ssh": "openssh-client", "dpkg-scanpackages": "dpkg-dev"}
# Of a release that is at its end, the mirror may list security updates that it does not have any more; then it is the release as it came out.
DOWNLOAD = f"""
set -e
root=$1
download() {{ chroot "$root" apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives="$@"; }}
fetch() {{
  folder=$1
  shift
  mkdir -p "$root$folder/partial"
  download "$folder/" "$@" || {{ rm -f "$root$folder"/*.deb; download "$folder/" --target-release=SUITE "$@"; }}
}}
fetch {MIRROR} {" ".join(TO_INSTALL)}
fetch {EXIM} exim4-daemon-heavy
fetch {SENDMAIL} sendmail
cd "$1{MIRROR}" && dpkg-scanpackages -m . > Packages 2>/dev/null
echo "deb [trusted=yes] file:{MIRROR} ./" > "$1/etc/apt/mailfleet-test.list"
"""


def install_needed() -> None:
    """Install what makes and runs such servers."""
    for program, package in NEEDED.items():
        if not shutil.which(program):
            debian.install(package)


def make(suite: str) -> pathlib.Path:
    """Return the root of such a server, made if it is not there yet."""
    install_needed()
    # Another name when it is made otherwise, so that one of before is not taken for it.
    target = debian_root.CACHE / f"{suite}-{zlib.crc32((INCLUDED + DOWNLOAD).encode()):08x}"
    hook = DOWNLOAD.replace("SUITE", suite)
    debian_root.make_once(target, lambda half: [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", f"--customize-hook={hook}", suite, str(half)])
    return target


CONTAINERS = """
[containers]
netns = "host"
default_ulimits = [{limits}]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""
FIRST_BOOT = """
set -e
mkdir -p /root/.ssh /run/sshd
cat > /root/.ssh/authorized_keys
chmod -R go= /root/.ssh
ssh-keygen -A > /dev/null
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
mv /etc/apt/mailfleet-test.list /etc/apt/sources.list.d/
rm -f /usr/sbin/policy-rc.d
# As on a server that nobody looked after since yesterday.
touch -d '2 days ago' /var/lib/apt/lists
"""


@dataclass
class Server:
    """A running server. `folder` holds its key and what else it needs outside of itself; `network` is the one of the enclosure that it is in, alone."""

    root: pathlib.Path
    folder: pathlib.Path
    enclosure: Enclosure
    network: str
    hostname: str = "mx.example.org"
    # sshd needs this one.
    rights: str = "AUDIT_WRITE"

    def boot(self) -> Server:
        """Begin to boot. Several can at once; `ready` waits."""
        self.enclosure.check(self.network)
        self.name = f"mailfleet-test-{os.getpid()}-{self.network}"
        config = self.folder / "containers.conf"
        config.write_text(CONTAINERS.format(limits=", ".join(f'"{name}={_hard_limit(name)}"' for name in ("nofile", "nproc"))))
        self._settings = {**os.environ, "CONTAINERS_CONF": str(config)}
        # Podman thinks that the server shares this machine's network, so every command has to be brought into the server's.
        self._podman = [*self.enclosure.within(self.network), "podman", "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"),
                        "--storage-driver", "vfs"]
        command = [*self._podman, "run", "--rm", "--systemd=always", f"--hostname={self.hostname}", f"--name={self.name}", f"--cap-add={self.rights}",
                   "--rootfs", f"{self.root}:O", "/sbin/init"]
        with (self.folder / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(command, env=self._settings, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        return self

    def ready(self) -> Server:
        """Wait until it has booted, and let us in over SSH."""
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "key")], check=True)
        key = (self.folder / "key.pub").read_text()
        _wait(lambda: self.run("systemctl is-active dbus", check=False).stdout.strip() == "active", 90,
              lambda: "systemd does not come up: " + (self.folder / "boot.log").read_text())
        self.run(FIRST_BOOT, stdin=key)
        self.run("systemctl restart ssh rsyslog postfix")
        return self

    def inside(self) -> list[str]:
        """The words that run a command of this machine in the server's network."""
        return self.enclosure.network(self.network)

    def run(self, script: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell script on the server, not over SSH."""
        command = [*self._podman, "exec", "-i", self.name, "sh", "-c", script]
        done = subprocess.run(command, env=self._settings, input=stdin or "", capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done

    def line(self, name: str, address: str = "127.0.0.1", **variables: object) -> str:
        """The server's line of an inventory, reached over SSH. One connection serves all tasks for a while."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ControlMaster=auto", "ControlPersist=60", f"ControlPath={self.folder}/ssh")
        words = {"ansible_host": address, "ansible_user": "root", "ansible_ssh_private_key_file": self.folder / "key",
                 "ansible_python_interpreter": "/usr/bin/python3", "ansible_ssh_common_args": " ".join(f"-o {option}" for option in options), **variables}
        return " ".join([name, *(f"{key}='{value}'" for key, value in words.items())]) + "\n"

    def drop_connections(self) -> None:
        """End the connection of SSH that is kept for the next task."""
        subprocess.run(["ssh", "-q", "-O", "exit", "-o", f"ControlPath={self.folder}/ssh", "any"], capture_output=True, check=False)

    def stop(self) -> None:
        """End it with all that runs in it, and take its storage away."""
        subprocess.run([*self._podman, "kill", self.name], env=self._settings, capture_output=True, check=False)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _hard_limit(name: str) -> str:
    # Podman lowers its own limit of processes to the kernel's largest process id, and runc may not raise it again.
    largest = 1048576 if name == "nofile" else int(pathlib.Path("/proc/sys/kernel/pid_max").read_text())
    hard = resource.getrlimit({"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}[name])[1]
    limit = largest if hard == resource.RLIM_INFINITY else min(hard, largest)
    return f"{limit}:{limit}"


def _wait(ready: Callable[[], bool], seconds: float, explain: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.2)
