"""The result of a run of a model with tools."""

from typing import TYPE_CHECKING, Any, Generic

from chatmodels.core._errors.classes import InvalidRequestError
from chatmodels.core._public import published_in
from chatmodels.core._values.cost import Cost
from chatmodels.core._values.messages import Message
from chatmodels.core._values.parts import FrozenValue, ToolCall
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.tool_events import ToolEnd
from chatmodels.core._values.usage import Usage

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


@published_in("chatmodels.core")
class ToolRun(FrozenValue, Generic[T], frozen=True, kw_only=True):
    """The rounds of a model and its tools.

    Attributes:
        messages: The whole conversation, including the prompt. It can be serialized with `to_json`,
            and any model can continue it: calls without a result have an error result, except
            for those in `pending`.
        responses: The response of each round.
        tool_ends: The tool calls of all rounds with their results and exceptions, in the order of
            the calls.
        pending: The calls that wait for the caller, because they are of tools without a function.
            Append a `tool_result` for each, and run again.
        limit: The limit that ended the run, as "max_rounds"; None if the run is complete.
    """

    messages: tuple[Message, ...]
    responses: tuple[ChatResponse[Any], ...] = ()
    tool_ends: tuple[ToolEnd, ...] = ()
    pending: tuple[ToolCall, ...] = ()
    limit: str | None = None

    @property
    def response(self) -> ChatResponse[T]:
        """The last response.

        Raises:
            InvalidRequestError: The run ended before there was one.
        """
        if not self.responses:
            raise InvalidRequestError(
                "the run ended before the first response; see `responses`", op="run_tools"
            )
        return self.responses[-1]

    @property
    def text(self) -> str:
        """The visible text of the last response."""
        return self.response.text

    @property
    def parsed(self) -> T:
        """The last response as an instance of `output_type`."""
        return self.response.parsed

    @property
    def usage(self) -> Usage:
        """The tokens used in all rounds, as far as they were reported."""
        return sum((response.usage for response in self.responses), Usage())

    @property
    def cost(self) -> Cost:
        """The cost of all rounds; a lower bound if that of some is unknown.

        Raises:
            ConfigurationError: Rounds have costs in different currencies.
        """
        return sum((response.cost for response in self.responses), Cost())
