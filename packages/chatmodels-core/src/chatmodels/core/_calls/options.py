"""The keyword arguments of a call, and their list in the docstrings of call methods."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from chatmodels.core._values.settings import Settings, SettingsArguments
from chatmodels.core._values.timeout import Timeout

if TYPE_CHECKING:
    from chatmodels.core._tools.tools import ToolChoiceLike, ToolLike

Method = TypeVar("Method", bound=Callable[..., Any])


class CallOptions(SettingsArguments, total=False):
    """Options of every call besides the prompt: the settings, and these.

    Attributes:
        tools: Functions, `Tool`s or `ToolDefinition`s that the model may call.
        tool_choice: "auto", "none", "required", a tool or its name, or a `ToolChoice`.
        timeout: Time limits of the call: seconds for the whole call, or a `Timeout`.
        provider_options: Fields for the body of the provider's request, sent as they are.
        idempotent: Let policies send the call again: True, the default, or False.
    """

    tools: "Sequence[ToolLike] | None"
    """Functions, `Tool`s or `ToolDefinition`s that the model may call."""

    tool_choice: "ToolChoiceLike | None"
    """"auto", "none", "required", a tool or its name, or a `ToolChoice`."""

    timeout: Timeout | float | None
    """Time limits of the call: seconds for the whole call, or a `Timeout`."""

    provider_options: Mapping[str, Any] | None
    """Fields for the body of the provider's request, sent as they are."""

    idempotent: bool
    """Let policies send the call again: True, the default, or False."""


def list_options(method: Method, /) -> Method:
    """List the options of every call in the docstring of a method that accepts them."""
    if method.__doc__ is not None:  # None with -OO
        method.__doc__ = f"{dedented(method.__doc__)}\n\n{_OPTIONS}"
    return method


def dedented(text: str, /) -> str:
    """Remove the indentation of a docstring, which Python itself does from 3.13 on."""
    margin = text.rpartition("\n")[2]  # in front of the closing quotes
    return (text.replace(f"\n{margin}", "\n") if margin.isspace() else text).rstrip()


def attributes_of(cls: type, /) -> str:
    """Return the list of attributes in the docstring of a class."""
    return dedented(cls.__doc__ or "").partition("Attributes:\n")[2]


_OPTIONS = f"Options:\n{attributes_of(CallOptions)}\n\nSettings:\n{attributes_of(Settings)}"
