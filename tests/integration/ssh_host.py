# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host behind a real sshd, in a Debian root and a network of its own that nothing leaves: with Python 2.7 alone, with none, or a mail server of today."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from . import debian, debian_host, debian_root
from .playbooks import Run, run_playbook

SUITE = "bullseye"
_EVERYWHERE = "openssh-server,sudo,postfix,openssl"
PACKAGES = {"python2": f"{_EVERYWHERE},python2.7,xz-utils", "bare": f"{_EVERYWHERE},busybox"}
# The root of debian_host, without its systemd.
SERVER = "server"
PASSWORD = "not-a-secret"
# What sshd of CentOS 6 (OpenSSH 5.3) has in common with today's clients, but for host keys that sign with SHA-1, which these have to be allowed. The user's
# key signs with SHA-1 there, too; today's sshd offers better whatever it is told, so that is not tried.
CENTOS6_PORT = 2222
CENTOS6_SSHD = (
    "-o HostKeyAlgorithms=ssh-rsa -o KexAlgorithms=diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1"
    " -o Ciphers=aes128-ctr,aes256-ctr -o MACs=hmac-sha1"
)
# `auditor` may become root, `needstty` as CentOS 6 lets it (requiretty), `pass` with a password, `plain` not at all. `box` has a
# busybox for tools and a noisy login; `closed` has no shell.
START = f"""
set -e
mkdir -p /run/sshd /opt/box
echo "127.0.0.1 localhost $(uname -n)" > /etc/hosts
mount -t devpts devpts /dev/pts -o newinstance,ptmxmode=0666
ssh-keygen -A > /dev/null
if [ -x /bin/busybox ]; then busybox --install -s /opt/box; fi
for name in auditor needstty pass plain box closed; do
  useradd --create-home --shell /bin/bash "$name"
  install -d -m 700 -o "$name" "/home/$name/.ssh"
  install -m 600 -o "$name" /test/key.pub "/home/$name/.ssh/authorized_keys"
done
install -d -m 700 /root/.ssh
install -m 600 /test/key.pub /root/.ssh/authorized_keys
echo 'pass:{PASSWORD}' | chpasswd
usermod --shell /usr/sbin/nologin closed
printf 'echo Welcome\nPATH=/opt/box\n' > /home/box/.bashrc
cat > /etc/sudoers.d/test <<'END'
Defaults:needstty requiretty
Defaults !mail_badpass
auditor,needstty ALL=(root) NOPASSWD: ALL
pass ALL=(root) ALL
END
chmod 440 /etc/sudoers.d/test
if [ -e /test/prepare ]; then sh /test/prepare; fi
rm -f /test/key.pub
touch /tmp/started
common="-o ListenAddress=0.0.0.0 -o MaxStartups=100 -o MaxSessions=100"
/usr/sbin/sshd $common -p {CENTOS6_PORT} {CENTOS6_SSHD}
exec /usr/sbin/sshd -D -e $common
"""


@dataclass
class SshHost:
    """A running host. `root` is its file system as seen from here."""

    name: str
    folder: pathlib.Path
    process: subprocess.Popen[bytes]

    @property
    def inside(self) -> tuple[str, ...]:
        """The words before a command that shall run here, in the host's network."""
        return ("nsenter", f"--net=/proc/{self.process.pid}/ns/net")

    @property
    def root(self) -> pathlib.Path:
        """The host's root folder."""
        child = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]
        return pathlib.Path(f"/proc/{child}/root")

    def run(self, *command: str) -> str:
        """Run a command on the host, not over SSH, and return what it prints."""
        return subprocess.run([*self.inside, "chroot", str(self.root), *command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout

    def line(self, name: str, user: str = "auditor", **variables: str) -> str:
        """The host's line of an inventory."""
        more = variables.pop("more_ssh_options", "")
        options = f"{more} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR".strip()
        words = {
            "ansible_host": "127.0.0.1", "ansible_user": user, "ansible_ssh_private_key_file": str(self.folder / "key"),
            "ansible_ssh_common_args": options, **variables,
        }
        return " ".join([name, *(f"{key}='{value}'" for key, value in words.items())]) + "\n"

    def audit(self, ansible_playbook: str, folder: pathlib.Path, lines: str, *arguments: str, **environment: str) -> Run:
        """Audit the hosts of some inventory lines. The report goes to `report` in a folder."""
        hosts = folder / "hosts"
        hosts.write_text(lines)
        # A socket's path is short, and two hosts with one address must not share connections.
        settings = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "cp"), **environment}
        return run_playbook(ansible_playbook, folder / "report", *arguments, inventory=hosts, inside=self.inside, **settings)


@contextlib.contextmanager
def running(kind: str, seed: pathlib.Path) -> Iterator[SshHost]:
    """Start a host of a kind of PACKAGES, or a SERVER. seed: what becomes its /test; a shell script `prepare` in it runs before sshd does."""
    for program, package in {"ssh": "openssh-client", "nsenter": "util-linux"}.items():
        if not shutil.which(program):
            debian.install(package)
    root = debian_host.make("bookworm") if kind == SERVER else debian_root.make(SUITE, PACKAGES[kind], f"{SUITE}-{kind}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-"))
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-f", str(folder / "key")], check=True)
    shutil.copy(folder / "key.pub", seed / "key.pub")
    (seed / "start").write_text(START)
    seed.chmod(0o755)
    with (folder / "sshd.log").open("wb") as log:
        process = subprocess.Popen(debian_root.entering(root, seed, "/bin/sh", "/test/start"), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    host = SshHost(kind, folder, process)
    try:
        deadline = time.monotonic() + 30
        while not _answers(host):
            assert process.poll() is None and time.monotonic() < deadline, (folder / "sshd.log").read_text()
            time.sleep(0.1)
        yield host
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _answers(host: SshHost) -> bool:
    asked = subprocess.run([*host.inside, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/22 && head -c 4 <&3"], capture_output=True, check=False)
    return asked.stdout == b"SSH-"
