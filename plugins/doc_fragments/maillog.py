# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How mail logs are read: the options that maillog_facts and audit_host share."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    """Read by ansible-doc."""

    DOCUMENTATION = r"""
options:
  paths:
    description:
      - Log files, as paths or globs. A glob that ends in C(*) takes the log of that name and its rotations, and leaves alone what editors and
        packagers put beside them.
      - Journal files of systemd, such as C(/var/log/journal/*/*.journal), are read with the host's journalctl.
      - One list can serve hosts of many kinds. It is an error when none of it exists on the host, a notice when some of it does not.
      - If not set, the usual places of Postfix, Sendmail, Exim and Dovecot on common distributions.
    type: list
    elements: str
  journal:
    description:
      - Whether to read systemd's journal, with the host's journalctl. The same mail is never counted from both the journal and a file.
      - V(auto) reads the host's journal if O(paths) is not set, or the journal files among O(paths), where no text log holds mail.
      - V(always) reads the journal and no text log. V(never) reads no journal.
      - What an ordinary account wrote into the journal is not counted, for journald tells who wrote a line. The audit account needs the group
        systemd-journal.
    type: str
    choices: [auto, always, never]
    default: auto
    version_added: 0.2.0
  internal_networks:
    description:
      - The networks of the campus, as IPv4 and IPv6 CIDRs. Clients in them are C(internal), the loopback is C(local), all others are C(external).
      - If not set, the private, shared, link-local and unique local ranges.
    type: list
    elements: str
  since:
    description: The first date to count, C(YYYY-MM-DD) in O(timezone).
    type: str
  until:
    description: The last date to count, C(YYYY-MM-DD) in O(timezone).
    type: str
  timezone:
    description:
      - The zone of the days, and of log times that have none, such as V(Asia/Tokyo), V(UTC) or V(+09:00).
      - If not set, the host's own.
    type: str
  max_days:
    description: How many days, the newest, are listed one by one.
    type: int
    default: 400
  include_clients:
    description: Also return the addresses of the external clients with the most plaintext sessions, at most 20.
    type: bool
    default: false
  host_field:
    description:
      - Count only the lines of this syslog host, where one log holds many.
      - V(each) counts all, and returns the counts of each host as RV(ignore:hosts) too.
    type: str
  max_seconds:
    description:
      - How many seconds reading may take. What was read until then counts, and the notice C(out_of_time) says that it is a minimum. V(0) is no
        bound.
      - A log of 1 GB takes seconds. The bound is for archives that never end and disks that hang.
    type: int
    default: 1200
    version_added: 0.2.0
  state_dir:
    description:
      - A folder on the host in which the module keeps what it has read, so that the next run reads only what is new. Its figures are those of
        a full read, whatever was rotated, compressed, truncated or removed since.
      - The folder must belong to the account that runs the module, and nobody else may write to it or replace it. It is made when its parent
        exists. One file of at most 32 MiB is written there, readable by that account alone; none in check mode.
      - The journal is read on from where the last run ended, unless entries were dropped since, and whole the first time, whatever O(since) says.
      - What was read with other O(internal_networks), O(timezone), O(host_field) or O(include_clients), or by another version of this
        module, is read again. One folder serves one set of O(paths).
      - If not set, nothing is written on the host and each run reads all.
    type: path
  workers:
    description:
      - How many processes read at the same time, V(1) to V(64). All together they read each byte once, nearly in sequence.
      - The host is a mail server first. More than half of its cores are rarely a good idea.
    type: int
    default: 1
  nice:
    description: By how much to lower the priority of reading, V(0) to V(19). The host is a mail server first.
    type: int
    default: 10
  fetch_max_mib:
    description:
      - How many MiB of logs are fetched of one host at most, as stored there. The newest come first. What is left out is a notice and has its reason
        in C(sources).
    type: int
    default: 20480
    version_added: 0.2.0
"""
