# Copyright: (c) 2026, the mailfleet.tls_audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Become another user for one host, as the keyword `become` of its task would. PRIVATE to the collection.

The keyword takes a host's variable by a template alone, and Ansible compiles that twice in the process of each host, mostly to learn that it is false: 5 % of
what a ping takes (docs/scaling.md). So the task has no such keyword, and what the keyword does is done here where it is wanted. It is what
TaskExecutor of ansible-core 2.16 to 2.21 does in _set_become_plugin and _set_connection_options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.loader import become_loader

# What old connection plugins ask the play for, and not the become plugin.
_OF_THE_PLAY = ("become_user", "become_flags", "become_exe", "become_pass")


def become(connection: Any, task: Any, play_context: Any, templar: Any, variables: Mapping[str, Any]) -> None:
    """Let the connection become the user that `ansible_become_*` and the task's other keywords say, by the method that they say."""
    method = templar.template(variables["ansible_become_method"]) if variables.get("ansible_become_method") else task.become_method
    plugin = become_loader.get(method)
    if plugin is None:
        raise AnsibleActionFail(f"Invalid become method specified, could not find matching plugin: '{method}'.")
    if plugin.require_tty and not getattr(connection, "has_tty", False):
        raise AnsibleActionFail(f"The '{connection.transport}' connection does not provide a TTY which is required for the selected become plugin: {method}.")
    # ansible_become_user, ansible_sudo_exe and the others that the plugin names.
    named = {name: templar.template(variables[name]) for name in constants.config.get_plugin_vars("become", plugin._load_name) if name in variables}
    keywords = task.dump_attrs()
    # Of --ask-become-pass.
    if play_context.become_pass:
        keywords["become_pass"] = play_context.become_pass
    plugin.set_options(task_keys=keywords, var_options=named)
    connection.set_become_plugin(plugin)
    play_context.set_become_plugin(plugin.name)
    for option in _OF_THE_PLAY:
        setattr(play_context, option, plugin.get_option(option, playcontext=play_context))
    play_context.prompt = plugin.prompt
