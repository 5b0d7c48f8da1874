"""Starts real MCP servers of others and uses them by the public API: `./run servers mcp [NAME...]`.

The servers need neither credentials nor a network once they are installed. npm and PyPI are
asked for the newest releases.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from chatmodels.core import ChatModelError, Tool
from chatmodels.mcp import McpServer


class Server(NamedTuple):
    """A server of MCP.

    Attributes:
        command: The command; "{folder}" is an empty folder with a Git repository and a file.
        calls: Names of tools and their arguments.
        env: Environment variables.
    """

    command: Sequence[str]
    calls: Mapping[str, Mapping[str, Any]]
    env: Mapping[str, str] = {}


def npm(package: str, *args: str) -> list[str]:
    return ["npx", "-y", package, *args]


def pypi(package: str, *args: str) -> list[str]:
    return ["uv", "tool", "run", package, *args]


MCP_SERVERS = {
    "everything": Server(
        npm("@modelcontextprotocol/server-everything"),
        {"echo": {"message": "hi"}, "get-sum": {"a": 2, "b": 3}, "get-tiny-image": {}},
    ),
    "filesystem": Server(
        npm("@modelcontextprotocol/server-filesystem", "{folder}"),
        {
            "list_directory": {"path": "{folder}"},
            "read_text_file": {"path": "{folder}/a.txt"},
            "read_media_file": {"path": "{folder}/a.png"},
        },
    ),
    "memory": Server(
        npm("@modelcontextprotocol/server-memory"),
        {"read_graph": {}, "search_nodes": {"query": "moon"}},
        {"MEMORY_FILE_PATH": "{folder}/memory.json"},
    ),
    "sequential-thinking": Server(
        npm("@modelcontextprotocol/server-sequential-thinking"),
        {
            "sequentialthinking": {
                "thought": "One and one is two.",
                "nextThoughtNeeded": False,
                "thoughtNumber": 1,
                "totalThoughts": 1,
            }
        },
    ),
    "playwright": Server(npm("@playwright/mcp", "--headless"), {}),
    "chrome-devtools": Server(npm("chrome-devtools-mcp", "--headless"), {}),
    "context7": Server(npm("@upstash/context7-mcp"), {}),
    "desktop-commander": Server(
        npm("@wonderwhy-er/desktop-commander"), {"list_processes": {}, "get_config": {}}
    ),
    "hello-world": Server(npm("mcp-hello-world"), {"echo": {"message": "hi"}}),
    "time": Server(
        pypi("mcp-server-time"),
        {
            "get_current_time": {"timezone": "Europe/Oslo"},
            "convert_time": {
                "source_timezone": "Europe/Oslo",
                "time": "12:00",
                "target_timezone": "Asia/Tokyo",
            },
        },
    ),
    "git": Server(
        pypi("mcp-server-git", "--repository", "{folder}"),
        {
            "git_status": {"repo_path": "{folder}"},
            "git_branch": {"repo_path": "{folder}", "branch_type": "local"},
        },
    ),
    "fetch": Server(pypi("mcp-server-fetch"), {}),
    "sqlite": Server(
        pypi("--with", "mcp<2", "mcp-server-sqlite", "--db-path", "{folder}/a.db"),
        {"list_tables": {}, "read_query": {"query": "SELECT 1 AS one"}},
    ),
    "calculator": Server(pypi("mcp-server-calculator"), {"calculate": {"expression": "6 * 7"}}),
    "excel": Server(
        pypi("excel-mcp-server", "stdio"), {"create_workbook": {"path": "{folder}/a.xlsx"}}
    ),
    "markitdown": Server(
        pypi("markitdown-mcp"), {"convert_to_markdown": {"uri": "file://{folder}/a.txt"}}
    ),
    "arxiv": Server(pypi("arxiv-mcp-server"), {}),
}
COLUMNS = "{:20} {:14} {:12} {:>5} {:>6} {:>8}  {}"


def main(*names: str) -> None:
    unknown = [name for name in names if name not in MCP_SERVERS]
    if unknown:
        sys.exit(f"no servers {unknown}; choose from {list(MCP_SERVERS)}")
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs lines that are not JSON
    print(COLUMNS.format("server", "version", "protocol", "tools", "calls", "seconds", "result"))
    failed = [name for name in names or MCP_SERVERS if not works(name, MCP_SERVERS[name])]
    if failed:
        sys.exit(f"\nfailed: {', '.join(failed)}")


def works(name: str, server: Server) -> bool:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        program, *args = [part.replace("{folder}", folder) for part in server.command]
        env = {key: value.replace("{folder}", folder) for key, value in server.env.items()}
        # All of the environment, since npx and uv need proxies, certificates and caches from it.
        env = {**os.environ, **env}
        try:
            with McpServer.stdio(program, args, env=env, name=name, connect_timeout=600) as used:
                tools = {tool.name: tool for tool in used.tools}
                results = [
                    called(tools, tool, arguments, folder)
                    for tool, arguments in server.calls.items()
                ]
                info = used.info
        except ChatModelError as error:
            print(COLUMNS.format(name, "", "", "", "", "", f"FAILED: {error}"))
            return False
    problems = [text for text in results if text]
    seconds = f"{time.monotonic() - started:.1f}"
    print(
        COLUMNS.format(
            name,
            (info.version or "")[:14],
            info.protocol_version,
            len(tools),
            len(results),
            seconds,
            "; ".join(problems) or "ok",
        ),
        flush=True,
    )
    return not problems and bool(tools)


def called(
    tools: Mapping[str, Tool[..., Any]], name: str, arguments: Mapping[str, Any], folder: str
) -> str:
    """Call a tool, and return what was wrong."""
    if name not in tools:
        return f"no tool {name!r} (tools: {', '.join(tools)})"
    filled = {
        key: value.replace("{folder}", folder) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    result = tools[name](**filled)
    return f"{name}: {result.text[:200]!r}" if result.is_error or not result.content else ""


def prepare(folder: Path) -> None:
    import subprocess

    (folder / "a.txt").write_text("A text.")
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    subprocess.run(["git", "init", "--quiet", folder], check=True)
