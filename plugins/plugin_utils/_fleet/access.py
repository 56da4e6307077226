# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options with which Ansible was let onto the servers and into its vaults, for the report's commands to repeat.

Names, paths and the wish to be asked: never a password, and no variable or argument of ssh either, which may hold one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from collections.abc import Iterator, Mapping

from ansible import constants

from ansible_collections.mailfleet.tls_audit.plugins.plugin_utils._fleet.call import speakable, spelled

# Name in Ansible's settings, how it is typed, and the constant with what it is where nobody typed it: ansible.cfg and the environment say that again.
_NAMES = (
    ("remote_user", "-u", "DEFAULT_REMOTE_USER"), ("connection", "-c", "DEFAULT_TRANSPORT"),
    ("become_method", "--become-method", "DEFAULT_BECOME_METHOD"), ("become_user", "--become-user", "DEFAULT_BECOME_USER"),
)
_FLAGS = (
    ("ask_pass", "-k", "DEFAULT_ASK_PASS"), ("become", "-b", "DEFAULT_BECOME"), ("become_ask_pass", "-K", "DEFAULT_BECOME_ASK_PASS"),
    ("ask_vault_pass", "-J", "DEFAULT_ASK_VAULT_PASS"),
)
_FILES = (
    ("private_key_file", "--private-key", "DEFAULT_PRIVATE_KEY_FILE"),
    ("connection_password_file", "--connection-password-file", "CONNECTION_PASSWORD_FILE"),
    ("become_password_file", "--become-password-file", "BECOME_PASSWORD_FILE"),
)


def access_of(settings: Mapping[str, Any], here: Path) -> tuple[str, ...]:
    """The words to type, of Ansible's own settings (``context.CLIARGS``). What cannot be put into a command is left out."""
    return tuple(word for option, value in _options(settings, here) for word in ((option,) if value is None else (option, value)))


def _options(settings: Mapping[str, Any], here: Path) -> Iterator[tuple[str, str | None]]:
    for name, option, constant in _NAMES:
        if _typed(settings, name, constant) and speakable(str(settings[name])):
            yield option, str(settings[name])
    for name, option, constant in _FILES:
        path = spelled(str(settings[name]), here) if _typed(settings, name, constant) else None
        if path is not None:
            yield option, path
    for name, option, constant in _FLAGS:
        if _typed(settings, name, constant):
            yield option, None
    for vault in settings.get("vault_ids") or ():
        if speakable(str(vault)):
            yield "--vault-id", str(vault)
    files = [("--vault-password-file", "", str(path)) for path in settings.get("vault_password_files") or ()]
    # A file of variables may be what opens the vaults, or the servers. Its name says nothing of what is in it.
    files += [("-e", "@", str(given)[1:]) for given in settings.get("extra_vars") or () if str(given).startswith("@")]
    for option, before, given in files:
        path = spelled(given, here)
        if path is not None:
            yield option, before + path


def _typed(settings: Mapping[str, Any], name: str, constant: str) -> bool:
    value = settings.get(name)
    return bool(value) and value != getattr(constants, constant, None)
