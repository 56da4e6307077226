# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz the parser of mail logs with atheris, which looks for input that runs through code that no other did. Optional: `pip install atheris` first.

    PYTHONPATH=collections python -m ansible_collections.mailfleet.tls_audit.tests.fuzz.guided -max_total_time=600 [CORPUS]

Options are those of libFuzzer. CORPUS is a folder that keeps what was found; input that breaks something is kept as crash-* in the working directory.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog"]):
    from ansible_collections.mailfleet.tls_audit.tests.fuzz import checks
    from ansible_collections.mailfleet.tls_audit.tests.fuzz.logs import WORDS
    from ansible_collections.mailfleet.tls_audit.tests.unit.maillog import parts

COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7z", b"\x28\xb5", b"LPK")
FOLDER = tempfile.TemporaryDirectory()
LOG = Path(FOLDER.name) / "maillog"
# The words of all mail servers, so that random bytes get somewhere.
MORE_WORDS = (
    b"exim[1]: ", b"sm-mta[2]: ", b"smtpd[3]: ", b"dovecot: imap-login: Login: ", b" <= a@b.c H=x [192.0.2.1] P=esmtps X=TLS1.3:Y:256 S=1",
    b"SMTP connection from [192.0.2.1] (TCP/IP connection count = 1)", b"SMTP connection from [192.0.2.1] closed by QUIT", b"1w1v8f-0006H5-22",
    b"STARTTLS=server, relay=x [192.0.2.1], version=TLSv1.3, verify=NO, cipher=Y, bits=256",
    b"6ASMIA01000007: from=<a@b.c>, size=9, class=0, nrcpts=1, msgid=<1>, ", b"proto=ESMTPS, daemon=MTA, relay=x [192.0.2.1]",
    b"0123456789abcdef smtp tls ciphers=TLSv1.3:Y:256", b"user=<a>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.9, mpid=1, TLS",
)


def one_input(data: bytes) -> None:
    """Whatever the bytes: no exception, sums that add up, and parts that make up the whole."""
    provider = atheris.FuzzedDataProvider(data)
    log = b""
    while provider.remaining_bytes():
        choice = provider.ConsumeIntInRange(0, len(WORDS) + len(MORE_WORDS) + 10)
        log += (WORDS + MORE_WORDS)[choice] if choice < len(WORDS) + len(MORE_WORDS) else provider.ConsumeBytes(choice - len(WORDS) - len(MORE_WORDS))
    LOG.write_bytes(log)
    checks.check_sums(checks.audit(LOG, journal_mode="never"))
    if not log.startswith(COMPRESSED):
        chance = random.Random(len(log))
        pieces = [piece for piece in parts.cut(log.replace(b"\r", b" "), chance, 3) if piece] or [b""]
        assert parts.count([pieces], chance) == parts.count([[b"".join(pieces)]])


def main() -> None:
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
