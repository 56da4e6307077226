# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the report on the controller; the module of the same name holds the documentation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.access import access_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import Call, call_of
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.files import FileProblem, make_private_directory
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.guard import refuse_forged_settings
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.history import DAMAGED_FOLDER, HISTORY_FOLDER
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.thresholds import Thresholds
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.version import collection_version
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.catalogue import UnknownLanguage
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.report import RECORDS_FOLDER, Options, render, write

_ARGUMENTS = {
    "report_dir": {"type": "path", "required": True},
    "records_dir": {"type": "path"},
    "title": {"type": "str"},
    "language": {"type": "str", "default": "en"},
    "languages": {"type": "list", "elements": "str", "default": []},
    "thresholds": {"type": "dict", "default": {}},
}


class ActionModule(ActionBase):
    """Works on the controller alone: no connection is opened, whichever host the task runs for."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The paths of the report, its verdict and its figures."""
        result = super().run(tmp, task_vars)
        del tmp
        _validated, options = self.validate_argument_spec(argument_spec=_ARGUMENTS)
        # A link as the folder itself is the user's choice; one inside it would be somebody else's and is refused.
        report_dir = Path(str(options["report_dir"])).resolve()
        records_dir = Path(str(options["records_dir"])).absolute() if options["records_dir"] else report_dir / RECORDS_FOLDER
        try:
            refuse_forged_settings(task_vars or {})
            thresholds = Thresholds.from_options(options["thresholds"])
            if not self._task.check_mode and not options["records_dir"]:
                make_private_directory(records_dir)
            # In check mode no audit has made the folder.
            given = None if self._task.check_mode and not options["records_dir"] and not records_dir.exists() else records_dir
            languages = tuple(str(language) for language in options["languages"]) or (str(options["language"]),)
            rendered = render(given, Options(
                title=None if options["title"] is None else str(options["title"]), languages=languages,
                thresholds=thresholds, collection_version=collection_version(), call=self._call(report_dir, languages, task_vars or {}),
            ), report_dir / HISTORY_FOLDER)
            changed = [] if self._task.check_mode else write(rendered, report_dir)
        except (FileProblem, UnknownLanguage, ValueError) as error:
            # Without its cause, which newer ansible-cores say once more behind it.
            raise AnsibleActionFail(f"The report was not written: {error}") from None
        if rendered.damaged:
            result["warnings"] = [*result.get("warnings", []), (
                ("1 file of the report's history is damaged: " if len(rendered.damaged) == 1
                 else f"{len(rendered.damaged)} files of the report's history are damaged: ") + ", ".join(rendered.fleet.history.damaged[:5])
                + ("" if self._task.check_mode else f"; they were moved to {report_dir / HISTORY_FOLDER / DAMAGED_FOLDER}")
            )]
        result.update(
            changed=bool(changed),
            report_dir=str(report_dir),
            index=str(report_dir / "index.html"),
            files=[str(report_dir / name) for name in rendered.files],
            verdict=rendered.verdict,
            figures=rendered.figures,
        )
        return result

    def _call(self, report_dir: Path, languages: tuple[str, ...], task_vars: dict[str, Any]) -> Call:
        """How Ansible was called, for the report's own commands."""
        settings = context.CLIARGS
        groups = task_vars.get("groups") or {}
        return call_of(
            program=sys.argv[0], playbook=str((settings.get("args") or [""])[0]),
            inventories=[str(item) for item in settings.get("inventory") or ()], servers=[str(name) for name in groups.get("all") or ()],
            report_dir=report_dir, here=Path.cwd(), languages=languages, access=access_of(settings, Path.cwd()),
            languages_typed=not {"report_language", "report_languages"}.isdisjoint(load_extra_vars(self._loader)),
        )
