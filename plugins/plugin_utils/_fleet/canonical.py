# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One spelling of a JSON document, so that the same data are the same bytes."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(document: Any) -> bytes:
    """UTF-8, sorted keys, indented by one space, one newline at the end."""
    text = json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"
