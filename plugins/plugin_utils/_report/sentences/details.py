# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit found on one server, fact by fact. Made here and not in the template, which may have thousands of servers to write."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.hosts import Host
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.schema import SCOPES
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.probes import Probes
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.servers import Servers

COLUMNS = ("total", "tls", "plaintext", "tls_failed", "unknown", "unknown_user")
_KINDS = ("sessions", "messages", "rejected")


class Fact(NamedTuple):
    """A label with what is known; ``codes`` are what the server itself said, as it stands."""

    label: str
    lines: list[str]
    codes: list[str]


class Details(Servers, Probes):
    """One server's facts."""

    def facts(self, host: Host) -> Iterator[Fact]:
        """All that is known, in reading order; what is not known is left out."""
        record = host.record
        if record["reason"]:
            yield from self._fact("reason", [], [record["reason"]["detail"]])
            yield from self._fact("advice", [self.advice(record["reason"])])
        yield from self._fact("declared", [host.declared])
        labels = (self._t("details.unseen_item", what=name, why=value or self.format.dash) for name, value in record["labels"].items())
        yield from self._fact("labels", labels)
        if host.mailserver:
            yield from self._set_up(host, host.mailserver)
        if self.probe(host):
            yield Fact(self._t("probe.heading"), [self.probe(host), *self.probe_steps(host)], list(host.probe.evidence))
        if host.maillog:
            yield from self._log(host, host.maillog)
        networks = ", ".join(record["settings"]["internal_networks"])
        yield from self._fact("networks", [networks or self._t("details.networks_default")])
        mode = record["settings"]["audit_mode"]
        yield from self._fact("audit_mode", [mode and self._t(f"details.audit_modes.{mode}")])
        yield from self._fact("record", [self._t(
            "details.record_text", moment=record["audited_at"], run=record["run_id"], core=record["ansible_core"] or self.format.dash,
            collection=record["collection_version"] or self.format.dash,
        )])

    def _t(self, key: str, **parameters: Any) -> str:
        return self.catalogue.text(key, **parameters)

    def _fact(self, label: str, lines: Iterable[str | None], codes: Iterable[str | None] = ()) -> Iterator[Fact]:
        said, seen = [line for line in lines if line], [code for code in codes if code]
        if said or seen:
            yield Fact(self._t(f"details.{label}"), said, seen)

    def _yes_no(self, value: bool | None, yes: str, no: str) -> str:
        return "" if value is None else self._t(f"details.{yes if value else no}")

    def _joined(self, *parts: str | None) -> str:
        return "; ".join(part for part in parts if part)

    def _listed(self, key: str, names: Iterable[str | None] | None, name: str) -> str:
        known = ", ".join(item for item in names or () if item)
        return self._t(f"details.{key}", **{name: known}) if known else ""

    def _set_up(self, host: Host, server: Mapping[str, Any]) -> Iterator[Fact]:
        antivirus, fmt = host.antivirus, self.format
        if server["mta"]:
            running = self._yes_no(server["mta"]["running"], "running", "not_running")
            yield from self._fact("software", [self._joined(host.software, running, self._listed("others", server["mta"]["others"], "names"))])
        age, engine = antivirus["signature_age_days"], antivirus["engine_version"]
        yield from self._fact("antivirus", [self._joined(
            self._t(f"antivirus.{host.antivirus_state}"), antivirus["product"], engine and self._t("details.engine", version=engine),
            None if age is None else self._t("details.signatures", days=fmt.decimal(age)),
            self._listed("wired", antivirus["wired_services"], "services"), self._listed("unwired", antivirus["unwired_services"], "services"),
        )])
        yield from self._fact("failure", [host.fails if host.fails is None else self._failure(host.fails, antivirus["failure"])])
        yield from self._fact("sizes", [self._sizes(host.size_limits)])
        yield from self._fact("evidence", [], antivirus["evidence"])
        if server["starttls"]:
            yield from self._fact("starttls", [self._yes_no(server["starttls"]["offered"], "offered", "not_offered")])
        logging = server["tls_logging"]
        if logging and logging["enabled"] is not None:
            level = fmt.dash if logging["level"] is None else str(logging["level"])
            key = "details.logging_on" if logging["enabled"] else "details.logging_off"
            yield from self._fact("tls_logging", [self._t(key, level=level, source=logging["source"] or fmt.dash)])
        certificate = server["certificate"]
        if certificate:
            until = certificate["not_after"] and self._t(
                "details.certificate_until", moment=fmt.moment_date(certificate["not_after"]), days=self.in_days(certificate["days_left"]),
            )
            own = self._t("details.certificate_self") if certificate["self_signed"] else ""
            yield from self._fact("certificate", [self._joined(certificate["path"], until, own, certificate["error"])])
        yield from self._fact("python", [server["python"]])
        unseen = (self._t("details.unseen_item", what=item["what"] or fmt.dash, why=item["why"] or fmt.dash) for item in server["unseen"])
        yield from self._fact("unseen", unseen)

    def _failure(self, effect: str, failure: Mapping[str, Any]) -> str:
        key = f"details.failures.{effect}"
        actions = (("milter_default_action", failure["on_milter_failure"]), ("OnFail", failure["on_clamd_failure"]))
        settings = "; ".join(f"{name} = {action}" for name, action in actions if action)
        return self._joined(self._t(key) if key in self.catalogue else effect, settings)

    def _sizes(self, limits: Mapping[str, Any]) -> str:
        message, scanned = limits.get("message"), limits.get("scanned")
        if message is None or scanned is None:
            return ""
        accepted = self.format.mebibytes(message) if message else self._t("details.any_size")
        key = "details.size_gap" if limits.get("gap") else "details.size_whole"
        return self._t(key, accepted=accepted, scanned=self.format.mebibytes(scanned))

    def _log(self, host: Host, log: Mapping[str, Any]) -> Iterator[Fact]:
        count, coverage = self.format.count, log["coverage"]
        yield from self._fact("coverage", [self._t(
            "details.coverage_days", word=self._t(f"visibility.{host.visibility}"), visible=count(host.tls_visible_days), days=self.in_days(host.days),
        )])
        yield from self._fact("notices", [
            ": ".join(part for part in (
                self._t("details.notice", kind=self.notice(item["kind"]), count=count(item["count"])), item["detail"]) if part)
            for item in coverage["notices"]
        ])
        names = [*log["tls"]["protocols"].items(), *log["tls"]["ciphers"].items()]
        yield from self._fact("ciphers", ["; ".join(f"{name}\u00a0{count(number)}" for name, number in names)])
        yield from self._fact("logins", [
            self._t("details.login_counts", protocol=name, **{part: count(counts.get(part)) for part in ("tls", "plaintext", "local", "unknown")})
            for name, counts in host.logins.items()
        ])

    @cached_property
    def count_rows(self) -> list[tuple[str, str, list[str]]]:
        """The rows of the table of counts: scope, kind, and the name of each column's text in ``count_texts``."""
        return [
            (self._t(f"details.scopes.{scope}"), self._t(f"details.kinds.{kind}"), [f"{scope}_{kind}_{column}" for column in COLUMNS])
            for scope in SCOPES for kind in _KINDS
        ]

    def count_texts(self, host: Host) -> dict[str, str]:
        """The counts of every scope, kind and column by the names of ``count_rows``; empty where the kind has no such class."""
        count = self.format.count
        texts = dict.fromkeys(self._count_names, "")
        for scope in SCOPES:
            for kind in _KINDS:
                for column, value in host.known_counts(scope, kind).items():
                    texts[f"{scope}_{kind}_{column}"] = count(value)
        return texts

    @cached_property
    def _count_names(self) -> list[str]:
        return [name for _scope, _kind, names in self.count_rows for name in names]
