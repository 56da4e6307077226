# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog import runs, syslog_lines
from ansible_collections.mailfleet.tls_audit.plugins.module_utils._maillog.notices import Notices, printable


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=8))
def test_chunks_are_the_lines_whatever_the_blocks(data: bytes, cuts: list[int]) -> None:
    data = data.replace(b"x", b"\n")
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    blocks = [data[start:end] for start, end in zip(edges, edges[1:])]
    chunks = list(syslog_lines.whole_lines(blocks, Notices()))
    assert all(chunk.startswith(b"\n") and chunk.endswith(b"\n") for chunk in chunks)
    joined = b"".join(chunk[1:] for chunk in chunks)
    if not data.startswith(b"\xef\xbb\xbf"):
        assert joined == (data if data.endswith(b"\n") or not data else data + b"\n")


def test_an_endless_line_is_dropped_and_the_next_is_read() -> None:
    notices = Notices()
    blocks = [b"a\n" + b"x" * 70000, b"y" * 70000, b"z\nb\n"]
    assert b"".join(syslog_lines.whole_lines(blocks, notices)).split() == [b"a", b"b"]
    assert "oversize_line" in notices


def test_byte_order_mark() -> None:
    assert list(syslog_lines.whole_lines([b"\xef\xbb\xbfNov 24"], Notices())) == [b"\nNov 24\n"]


def test_lines_are_counted_and_their_form_is_told() -> None:
    bsd, iso = b"Nov 24 10:00:00 mx1 x: y\n", b"2026-11-24T10:00:00Z mx1 x: y\n"
    assert runs.describe(b"\n" + bsd * 3) == (3, 0, "bsd")
    assert runs.describe(b"\n" + iso * 3) == (3, 0, "iso")
    assert runs.describe(b"\n" + bsd * 3 + b"Nov rubbish\n" + b"rubbish\n") == (5, 2, "any")
    assert runs.describe(b"\n" + bsd + iso + b"<22>" + bsd) == (3, 0, "any")
    assert runs.describe(b"\n<22>1 2026-11-24T10:00:00Z mx1 x 1 - - y\n") == (1, 0, "any")
    assert runs.describe(b"\n" + bsd + b"\n" + bsd)[1] == 0


@given(st.text(max_size=400))
def test_printable_text_is_harmless(text: str) -> None:
    shown = printable(text, 100)
    assert len(shown) <= 100
    assert not [character for character in shown if ord(character) < 32 or character in "\u202e\u2028\u2066\x7f\x9b"]
