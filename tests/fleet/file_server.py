# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror of packages or signatures: a folder over HTTP, with requests for a part of a file, which freshclam makes.

It can break off in the middle, as a mirror does: `file_server.py FOLDER PORT [LAST]` is gone after it has sent LAST packages. It says `ready` when it
listens. Standard library alone.
"""

from __future__ import annotations

import functools
import http.server
import os
import pathlib
import re
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder."""

    packages_left = -1

    def do_GET(self) -> None:
        if self.path.endswith(".deb"):
            if type(self).packages_left == 0:
                os._exit(0)
            type(self).packages_left -= 1
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        path = pathlib.Path(self.translate_path(self.path))
        if not wanted or not path.is_file():
            super().do_GET()
            return
        data = path.read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
        if first > last:
            self.send_error(416)
            return
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(data[first:last + 1])


def main() -> None:
    folder, port, *last = sys.argv[1:]
    Handler.packages_left = int(last[0]) if last else -1
    with http.server.ThreadingHTTPServer(("", int(port)), functools.partial(Handler, directory=folder)) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
