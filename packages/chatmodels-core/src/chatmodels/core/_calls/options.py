"""The keyword arguments of a call."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chatmodels.core._values.settings import SettingsArguments
from chatmodels.core._values.timeout import Timeout

if TYPE_CHECKING:
    from chatmodels.core._tools.tools import ToolChoiceLike, ToolLike


class CallOptions(SettingsArguments, total=False):
    """Options of every call besides the prompt: the settings, and these.

    Attributes:
        tools: Functions, `Tool`s or `ToolDefinition`s that the model may call.
        tool_choice: "auto", "none", "required", a tool or its name, or a `ToolChoice`.
        timeout: Seconds for the whole call, or a `Timeout`.
        provider_options: Fields for the vendor's request body, put there as they are.
        idempotent: Whether policies may send the call again; True by default.
    """

    tools: "Sequence[ToolLike] | None"
    tool_choice: "ToolChoiceLike | None"
    timeout: Timeout | float | None
    provider_options: Mapping[str, Any] | None
    idempotent: bool
