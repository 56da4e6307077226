# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles' READMEs, defaults and argument specs say the same."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.mailfleet.tls_audit.tests.tools import role_docs

ROLES = role_docs.roles()


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_readme_is_up_to_date(role: pathlib.Path) -> None:
    assert (role / "README.md").read_text() == role_docs.readme(role), "run make docs"


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_are_those_of_the_specs(role: pathlib.Path) -> None:
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text())
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}
    assert set(defaults) <= set(options), "a default that no entry point documents"
    for name, option in options.items():
        if "default" in option:
            assert defaults.get(name) == option["default"], name
        elif not option.get("required"):
            # The only defaults a spec leaves out are those that Ansible works out.
            assert "{{" in str(defaults.get(name, "{{")), name


def test_markup_becomes_markdown() -> None:
    shown = role_docs.table({"audit_x": {
        "description": ["Reads C(/var/log) as O(paths) says.", "Never I(a | b)."], "type": "list", "elements": "str", "default": [], "choices": ["a"],
    }})
    assert shown.splitlines()[2] == "| `audit_x` | list of str | `[]` | Reads `/var/log` as `paths` says. Never *a \\| b*. One of `a`. |"
