"""The options of a connection to an MCP server, and their validation."""

from collections.abc import Collection
from typing import Any, TypedDict, TypeGuard

import msgspec

from chatmodels.core import ConfigurationError


class McpOptions(TypedDict, total=False):
    """Options of an MCP server, whatever its transport.

    Attributes:
        name: The server's name in messages and logs; by default its own.
        prefix: A prefix of all names of tools, with `_` after it; none by default. Servers whose
            tools have equal names need it.
        allow: The names of the tools to use, as the server lists them; all by default.
        deny: The names of tools that are not used.
        strict: The names of tools whose schema the vendor enforces during generation, or True for
            all; none by default. A schema that a vendor cannot enforce is sent without, and
            `response.warnings` names it.
        connect_timeout: Limit of the time to connect and to list the tools, in seconds; 60 by
            default, None for no limit. A program such as npx can download the server first.
            The error waits for a process that the system is starting, at most 15 seconds.
        call_timeout: Limit of the time of each call of a tool, in seconds; 300 by default, None
            for no limit. The server receives a cancellation.
        max_reconnects: Limit of connections that replace a lost one without a successful call in
            between; 3 by default.
    """

    name: str | None
    """The server's name in messages and logs; by default its own."""

    prefix: str | None
    """A prefix of all names of tools, with `_` after it; none by default."""

    allow: Collection[str] | None
    """The names of the tools to use, as the server lists them; all by default."""

    deny: Collection[str] | None
    """The names of tools that are not used."""

    strict: bool | Collection[str] | None
    """The names of tools whose schema the vendor enforces, or True for all; none by default."""

    connect_timeout: float | None
    """Limit of the time to connect and to list the tools, in seconds; 60 by default."""

    call_timeout: float | None
    """Limit of the time of each call of a tool, in seconds; 300 by default."""

    max_reconnects: int
    """Limit of reconnections without a successful call in between; 3 by default."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options with their defaults; see `McpOptions`."""

    name: str | None = None
    prefix: str | None = None
    allow: frozenset[str] | None = None
    deny: frozenset[str] = frozenset()
    strict: bool | frozenset[str] = False
    connect_timeout: float | None = 60
    call_timeout: float | None = 300
    max_reconnects: int = 3


def options_of(given: McpOptions, /) -> Options:
    """Validate options and add the defaults.

    Raises:
        ConfigurationError: Options are unknown or invalid; the message lists every problem.
    """
    problems: list[str] = []
    values: dict[str, Any] = {
        option: value
        for option, value in given.items()
        if value is not None or option not in {"deny", "strict"}
    }
    unknown = sorted(values.keys() - set(Options.__struct_fields__))
    if unknown:
        known = ", ".join(Options.__struct_fields__)
        problems.append(f"no option {', '.join(map(repr, unknown))} (options: {known})")
    for option in ("name", "prefix"):
        value = values.get(option)
        if value is not None and not (isinstance(value, str) and value):
            problems.append(f"{option} cannot be {value!r}; pass a text or None")
    for option in ("allow", "deny", "strict"):
        value = values.get(option)
        if value is None or (isinstance(value, bool) and option == "strict"):
            continue
        if isinstance(value, str) or not _are_names(value):
            problems.append(f"{option} cannot be {value!r}; pass a list of names of tools")
        else:
            values[option] = frozenset(value)
    for option in ("connect_timeout", "call_timeout"):
        value = values.get(option)
        if value is not None and not (_is_number(value) and value > 0):
            problems.append(f"{option} cannot be {value!r}; pass positive seconds or None")
    reconnects = values.get("max_reconnects", 0)
    if type(reconnects) is not int or reconnects < 0:
        problems.append(f"max_reconnects cannot be {reconnects!r}; pass a number of connections")
    if not problems:
        both = sorted((values.get("allow") or frozenset()) & values.get("deny", frozenset()))
        problems += [f"allow and deny both list {', '.join(map(repr, both))}"] if both else []
    if problems:
        raise ConfigurationError(
            f"invalid options of an MCP server: {'; '.join(problems)}",
            op="mcp",
            details={"problems": problems},
        )
    return Options(**values)


def _are_names(value: object) -> "TypeGuard[Collection[str]]":
    return isinstance(value, Collection) and all(isinstance(name, str) for name in value)  # pyright: ignore[reportUnknownVariableType] - of any values


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
