# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the published JSON Schemas out of what checks records and writes fleet.json. A test holds the files against it.

    PYTHONPATH=collections python -m ansible_collections.mailfleet.tls_audit.tests.tools.write_schemas
"""

from __future__ import annotations

import pathlib

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.canonical import canonical_json
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.fleet_schema import fleet_schema
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.record_schema import record_schema

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schemas"


def documents() -> dict[str, bytes]:
    """The files by name."""
    return {"record-1.schema.json": canonical_json(record_schema()), "fleet-1.schema.json": canonical_json(fleet_schema())}


if __name__ == "__main__":
    for name, data in documents().items():
        (FOLDER / name).write_bytes(data)
