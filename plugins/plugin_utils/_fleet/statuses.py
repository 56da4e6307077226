# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statuses a host can have, in the orders that matter."""

from __future__ import annotations

NO_DATA = "no_data"

# In the order in which a host's rules are tried.
STATUS_RULES = ("not_audited", "protected", "degraded", "declared", "possibly_exposed", "exposed", "low")
# In the order of the report: what needs work first.
STATUS_ORDER = ("exposed", "possibly_exposed", "degraded", "declared", "low", "protected", "not_audited")
# More is worse; not_audited has no place in it.
SEVERITY = {status: rank for rank, status in enumerate(reversed(STATUS_ORDER[:-1]))}
