# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server's evidence. Values come from the server and are shown as they are; labels come from the catalogue.

Built here and not in a template, which would have thousands of them to write.
"""

from __future__ import annotations

from typing import Any
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.pieces import Piece, joined, repeated
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences import Sentences
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.details import COLUMNS, Fact

_DETAILS = Piece("""\
<details id="h{number}">
<summary><span class="name">{name}</span>{mark}</summary>
<p class="lead">{lead}</p>
<dl>
{facts}</dl>
{tables}</details>
""")
_FACT = Piece("<dt>{label}</dt><dd>{said}</dd>\n")
_LIST = Piece("<ul>{lines}{codes}</ul>")
_TABLE = Piece("""\
<div class="scroll" role="group" tabindex="0" aria-label="{name}">
<table class="{kind}">
<caption>{name}</caption>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
""")
_HEAD, _NUMERIC_HEAD = '<th scope="col">{}</th>', '<th scope="col" class="num">{}</th>'
_NUMERIC_CELL = '<td class="num">{}</td>'
_LOG_HOST = Piece('<tr><th scope="row">{host}</th>{counts}<td>{log}</td></tr>\n')
_SOURCE = Piece(
    '<tr><th scope="row"><code>{path}</code></th><td>{status}</td><td class="num">{lines}</td><td class="nowrap">{period}</td></tr>\n'
)
_SERVICE = Piece(
    '<tr><th scope="row">{name}</th><td>{endpoint}</td><td>{tls}</td><td><code>{milters}</code></td><td><code>{filters}</code></td></tr>\n'
)


class HostDetails:
    """Writes servers' details in one language. ``marks`` is how a status is shown."""

    def __init__(self, words: Sentences, marks: Mapping[str, Markup]) -> None:
        self._words, self._marks = words, marks
        self._t, self._f = words.catalogue.text, words.format
        columns = [self._t(f"details.columns.{column}") for column in COLUMNS]
        self._counts = self._table("counts", "counts", ["scope", "kind"], columns)
        self._count_rows = Piece("".join(
            str(Piece('<tr><th scope="row">{scope}</th><td>{kind}</td>')(scope=scope, kind=kind))
            + "".join(f'<td class="num">{{{place}}}</td>' for place in places) + "</tr>\n"
            for scope, kind, places in words.count_rows
        ))
        both = [f"{self._t('details.scopes.external')}: {self._t('details.kinds.' + kind)}, {self._t('details.columns.' + column)}"
                for kind in ("sessions", "messages") for column in ("total", "tls")]
        self._log_hosts = self._table("counts", "log_hosts", ["log_host"], both, ["coverage"])
        self._sources = self._table("sources", "sources", ["source_file", "source_status"], [self._t("details.source_lines")], ["source_period"])
        self._services = self._table("services", "services", ["service", "endpoint", "service_tls", "milters", "filters"])

    def _table(self, kind: str, name: str, heads: Sequence[str], numeric: Sequence[str] = (), last: Sequence[str] = ()) -> Piece:
        """A table whose rows are still to come: its headers are made once for all servers."""
        texts = ([self._t(f"details.{head}") for head in part] for part in (heads, last))
        first, end = (repeated(_HEAD, part) for part in texts)
        filled = _TABLE(
            name=self._t(f"details.{name}"), kind=kind, heads=first + repeated(_NUMERIC_HEAD, numeric) + end, rows=Markup("{rows}"),
        )
        return Piece(str(filled))

    def __call__(self, number: int, host: Host) -> Markup:
        """The details of one server, which is number ``number`` of the report."""
        return _DETAILS(
            number=str(number), name=host.name, mark=self._marks[host.status], lead=self._words.status(host),
            facts=joined(map(self._fact, self._words.facts(host))), tables=joined(self._tables(host)),
        )

    def _fact(self, fact: Fact) -> Markup:
        if len(fact.lines) == 1 and not fact.codes:
            return _FACT(label=fact.label, said=fact.lines[0])
        items = _LIST(lines=repeated("<li>{}</li>", fact.lines), codes=repeated("<li><code>{}</code></li>", fact.codes))
        return _FACT(label=fact.label, said=items)

    def _tables(self, host: Host) -> Iterable[Markup]:
        if host.maillog:
            yield self._counts(rows=self._count_rows(**self._words.count_texts(host)))
            if host.log_hosts:
                yield self._log_hosts(rows=joined(map(self._log_host, host.log_hosts)))
            if host.maillog["sources"]:
                yield self._sources(rows=joined(map(self._source, host.maillog["sources"])))
        if host.mailserver and host.mailserver["services"]:
            yield self._services(rows=joined(map(self._service, host.mailserver["services"])))

    def _log_host(self, entry: Mapping[str, Any]) -> Markup:
        hidden = entry["tls_visibility"] == "none"
        counts = [
            self._f.dash if hidden and column == "tls" else self._f.count(entry["external"][kind][column])
            for kind in ("sessions", "messages") for column in ("total", "tls")
        ]
        return _LOG_HOST(host=entry["host"], counts=repeated(_NUMERIC_CELL, counts), log=self._t("visibility." + entry["tls_visibility"]))

    def _source(self, source: Mapping[str, Any]) -> Markup:
        period = self._t("language.span", first=self._f.moment_date(source["first"]), last=self._f.moment_date(source["last"]))
        return _SOURCE(
            path=source["path"] or self._f.dash, status=self._words.source_status(source), lines=self._f.count(source["lines"]), period=period,
        )

    def _service(self, service: Mapping[str, Any]) -> Markup:
        dash = self._f.dash
        return _SERVICE(
            name=service["name"] or dash, endpoint=service["endpoint"] or dash, tls=service["tls_level"] or dash,
            milters=", ".join(filter(None, service["milters"] or [])) or dash,
            filters=", ".join(filter(None, (service["content_filter"], service["proxy_filter"]))) or dash,
        )
