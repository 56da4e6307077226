# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of variables into the roles' READMEs from their argument_specs.yml, so that the two never differ.

    .venv-test/bin/python tests/tools/role_docs.py            writes them
    .venv-test/bin/python tests/tools/role_docs.py --check    fails when one is not up to date

A table stands between `<!-- variables of main -->` and `<!-- end -->`, with the name of the entry point.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).parents[2]
_TABLE = re.compile(r"(<!-- variables of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
# Semantic markup of Ansible's documentation, as Markdown has it. V and O values may hold an escaped parenthesis.
_MARKUP = re.compile(r"\b[COVREP]\(((?:[^)\\]|\\.)*)\)")
_PLAIN = re.compile(r"\b[BI]\(([^)]*)\)")


def _prose(text: str | list[str]) -> str:
    joined = " ".join(text if isinstance(text, list) else [text])
    joined = _MARKUP.sub(lambda match: f"`{match.group(1)}`", joined)
    return _PLAIN.sub(r"*\1*", joined).replace("\n", " ").replace("|", "\\|").strip()


def _type(option: dict[str, Any]) -> str:
    name = option.get("type", "str")
    return f"{name} of {option['elements']}" if "elements" in option else name


def _default(option: dict[str, Any]) -> str:
    if option.get("required"):
        return "required"
    value = option.get("default")
    if value is None:
        return ""
    shown = json.dumps(value) if not isinstance(value, str) or not value else value
    return "`" + shown.replace("|", "\\|") + "`"


def table(options: dict[str, dict[str, Any]]) -> str:
    """The table of an entry point's variables."""
    rows = ["| Variable | Type | Default | What it does |", "|--|--|--|--|"]
    for name, option in options.items():
        words = _prose(option["description"])
        if "choices" in option:
            words += " One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + "."
        rows.append(f"| `{name}` | {_type(option)} | {_default(option)} | {words} |")
    return "\n".join(rows) + "\n"


def readme(role: pathlib.Path) -> str:
    """The role's README as it should be. Raise ValueError when a variable is in none of its tables."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    text = (role / "README.md").read_text()
    shown = {name for match in _TABLE.finditer(text) for name in specs[match.group(2)]["options"]}
    missing = sorted({name for spec in specs.values() for name in spec.get("options", {})} - shown)
    if missing:
        raise ValueError(f"{role.name}/README.md: no table has {', '.join(missing)}")
    return _TABLE.sub(lambda match: match.group(1) + table(specs[match.group(2)]["options"]) + match.group(3), text)


def roles() -> list[pathlib.Path]:
    """The folders of all roles."""
    return sorted(path.parents[1] for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))


def main() -> int:
    stale = []
    for role in roles():
        new, path = readme(role), role / "README.md"
        if new != path.read_text():
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv[1:]:
                path.write_text(new)
    if stale and "--check" in sys.argv[1:]:
        print(f"not up to date, run make docs: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
