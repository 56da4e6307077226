# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for a ticket or a repository: the page's sections in their order, without pictures and details."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.executive import Executive
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.over_time import OverTime
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.servers import Servers
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.markdown.text import code, escape
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences

__all__ = ["escape", "render_markdown"]


class _Report(Executive, OverTime, Servers):
    def footer(self, digest: str) -> list[str]:
        """Definitions and provenance."""
        lines = self.heading("footer.definitions")
        lines += [f"- {escape(sentence)}" for sentence in self.words.definitions()]
        lines += ["", *self.heading("footer.statuses")]
        lines += [f"1. **{escape(word)}**: {escape(rule)}" for _key, word, rule in self.words.status_rules()]
        lines += ["", escape(self.words.thresholds()), "", *self.heading("footer.provenance")]
        lines += [f"- {escape(sentence)}" for sentence in (*self.words.provenance(), self.t("footer.files"))]
        lines += [f"- {self.e('footer.again')} {code(self.words.report_command())}", f"- {self.e('footer.limits')}"]
        return [*lines, f"- {self.e('footer.verify')}: {code(digest)}", ""]


def render_markdown(words: Sentences, title: str, fleet_digest: str) -> bytes:
    """report.md. ``fleet_digest`` is the SHA-256 of fleet.json, in hexadecimal."""
    report = _Report(words)
    lines = [
        *report.head(title), *report.key_figures(), *report.inspection(), *report.steps(), *report.trend(), *report.versions(),
        *report.matrix(), *report.spam(), *report.changes(), *report.quality(), *report.hosts(), *report.footer(fleet_digest),
    ]
    return "\n".join(lines).encode("utf-8")
