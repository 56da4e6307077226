# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole Debian mail server: systemd, sshd, rsyslog and Postfix, in namespaces of its own, with no way out of them.

The packages that the role installs lie in a folder of it, as a mirror would have them. Everything ends with `Server.stop`; the root stays as it was.
"""

from __future__ import annotations

import os
import pathlib
import resource
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from . import debian, debian_root

INCLUDED = "systemd-sysv,dbus,openssh-server,postfix,rsyslog,python3,openssl,iproute2,libmilter1.0.1,sudo,python3-apt"
TO_INSTALL = ("clamav-daemon", "clamav-milter", "clamav-freshclam", "clamdscan", "ca-certificates")
MIRROR = "/srv/packages"
# Exim cannot be installed beside Postfix; a test that wants it unpacks these.
EXIM = "/srv/exim"
NEEDED = {"mmdebstrap": "mmdebstrap", "podman": "podman", "runc": "runc", "iptables": "iptables", "ssh": "openssh-client", "dpkg-scanpackages": "dpkg-dev"}
DOWNLOAD = f"""
mkdir -p "$1{MIRROR}/partial"
chroot "$1" apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives={MIRROR}/ {" ".join(TO_INSTALL)}
mkdir -p "$1{EXIM}/partial"
chroot "$1" apt-get install -y --download-only --no-install-recommends -o Dir::Cache::archives={EXIM}/ exim4-daemon-heavy
cd "$1{MIRROR}" && dpkg-scanpackages -m . > Packages 2>/dev/null
echo "deb [trusted=yes] file:{MIRROR} ./" > "$1/etc/apt/mailfleet-test.list"
"""


def make(suite: str) -> pathlib.Path:
    """Return the root of such a server, made if it is not there yet."""
    for program, package in NEEDED.items():
        if not shutil.which(program):
            debian.install(package)
    target = debian_root.CACHE / f"{suite}-server"
    debian_root.make_once(target, lambda half: [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", f"--customize-hook={DOWNLOAD}", suite, str(half)])
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
# Refuses to start where anything could leave: no route but the loopback's own.
ENTER = """
set -e
ip link set lo up
test -z "$(ip route show default)"
exec podman "$@"
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
    """A running server. `folder` holds its key and what else it needs outside of itself."""

    root: pathlib.Path
    folder: pathlib.Path
    name: str = ""

    def start(self) -> Server:
        """Boot, and wait until it answers on SSH and SMTP."""
        self.name = f"mailfleet-test-{os.getpid()}"
        config = self.folder / "containers.conf"
        config.write_text(CONTAINERS.format(limits=", ".join(f'"{name}={_hard_limit(name)}"' for name in ("nofile", "nproc"))))
        self._settings = {**os.environ, "CONTAINERS_CONF": str(config)}
        self._podman = ["podman", "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run"), "--storage-driver", "vfs"]
        command = ["unshare", "--net", "--mount", "--fork", "--kill-child", "sh", "-c", ENTER, *self._podman, "run", "--rm", "--systemd=always",
                   "--hostname=mx.example.org", f"--name={self.name}", "--cap-add=AUDIT_WRITE", "--rootfs", f"{self.root}:O", "/sbin/init"]
        with (self.folder / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(command, env=self._settings, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        _wait(lambda: self._pid() is not None, 60, (self.folder / "boot.log").read_text)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "key")], check=True)
        key = (self.folder / "key.pub").read_text()
        _wait(lambda: self.run("systemctl is-active dbus", check=False).stdout.strip() == "active", 60, lambda: "systemd does not come up")
        self.run(FIRST_BOOT, stdin=key)
        self.run("systemctl restart ssh rsyslog postfix")
        return self

    def _pid(self) -> int | None:
        done = subprocess.run([*self._podman, "inspect", "--format", "{{.State.Pid}}", self.name], env=self._settings, capture_output=True, text=True,
                              check=False)
        text = done.stdout.strip()
        return int(text) if text.isdigit() and int(text) > 0 else None

    def inside(self) -> list[str]:
        """The words that run a command of this machine in the server's network."""
        return ["nsenter", f"--net=/proc/{self._pid()}/ns/net"]

    def run(self, script: str, stdin: str | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a shell script on the server, not over SSH."""
        # Podman thinks that the server shares this machine's network, so the command has to be brought into the server's.
        command = [*self.inside(), *self._podman, "exec", "-i", self.name, "sh", "-c", script]
        done = subprocess.run(command, env=self._settings, input=stdin or "", capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done

    def ansible(self, program: str, *arguments: str, variables: str = "", timeout: int = 300) -> subprocess.CompletedProcess[str]:
        """Run ansible or ansible-playbook of this machine against the server. variables: lines of [all:vars]."""
        hosts = self.folder / "hosts"
        hosts.write_text(self.inventory() + "[all:vars]\n" + variables)
        settings = {**os.environ, "ANSIBLE_CONFIG": str(debian_root.ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
        return subprocess.run([*self.inside(), program, "-i", str(hosts), *arguments], cwd=debian_root.ROOT, env=settings, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)

    def inventory(self, group: str = "remediate") -> str:
        """An inventory with this server in a group, reached over SSH. One connection serves all tasks for a while."""
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ControlMaster=auto", "ControlPersist=60", f"ControlPath={self.folder}/ssh")
        variables = {"ansible_host": "127.0.0.1", "ansible_user": "root", "ansible_ssh_private_key_file": self.folder / "key",
                     "ansible_python_interpreter": "/usr/bin/python3", "ansible_ssh_common_args": "'" + " ".join(f"-o {option}" for option in options) + "'"}
        return f"[{group}]\nmx " + " ".join(f"{name}={value}" for name, value in variables.items()) + "\n"

    def stop(self) -> None:
        """End it with all that runs in it."""
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
