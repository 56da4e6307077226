# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One option of one service changes where it stands."""

from __future__ import annotations

import pytest

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._mailserver.postfix_config import parse_services
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._postfix import master_file

MASTER = """# service type
smtp      inet  n       -       y       -       -       smtpd
submission inet n       -       y       -       -       smtpd
  -o syslog_name=postfix/submission
  # -o smtpd_milters=inet:commented:1
{option}
#  -o smtpd_milters=inet:commented:2
  -o milter_macro_daemon_name=ORIGINATING
smtp      unix  -       -       y       -       -       smtp
"""


@pytest.mark.parametrize(("option", "value", "after"), [
    ("  -o smtpd_milters=", "inet:a:1", "  -o smtpd_milters=inet:a:1"),
    ("  -o smtpd_milters=inet:b:2", "inet:b:2, inet:a:1", "  -o smtpd_milters=inet:b:2,inet:a:1"),
    ("\t-o  smtpd_milters=inet:b:2", "inet:b:2, { inet:a:1, default_action=accept }",
     "\t-o  { smtpd_milters = inet:b:2, { inet:a:1, default_action=accept } }"),
    ("  -o { smtpd_milters = { inet:a:1, default_action=accept } }", "", "  -o smtpd_milters="),
    ("  -osmtpd_milters=x -o smtpd_tls_loglevel=1", "y", "  -osmtpd_milters=y -o smtpd_tls_loglevel=1"),
    ("  -o\n  smtpd_milters=x", "y", "  -o\n  smtpd_milters=y"),
])
def test_one_option(option: str, value: str, after: str) -> None:
    text = master_file.set_override(MASTER.format(option=option), "submission/inet", "smtpd_milters", value)
    assert text == MASTER.replace("{option}", after)
    entry = next(entry for entry in parse_services(text) if entry.name == "submission")
    assert entry.overrides["smtpd_milters"].replace(", ", ",") == value.replace(", ", ",")


def test_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        master_file.set_override(MASTER, "smtp/inet", "smtpd_milters", "x")
    with pytest.raises(KeyError):
        master_file.set_override(MASTER, "smtps/inet", "smtpd_milters", "x")
