# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says in words, once for every output format: one file per group of sections."""

from __future__ import annotations

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.details import Details
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.footer import DEFINITIONS, Footer
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.headline import Headline
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.key_figures import KeyFigure, KeyFigures
from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._report.sentences.next_steps import NextSteps

__all__ = ["DEFINITIONS", "KeyFigure", "Sentences"]


class Sentences(Headline, KeyFigures, NextSteps, Details, Footer):
    """The sentences about one fleet in one language."""
