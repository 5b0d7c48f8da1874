"""A chat: its messages, its model, and the turns of both sides."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chatmodels.cli._ask import Call
from chatmodels.core import (
    ChatModelError,
    ChatResponse,
    Cost,
    Message,
    Part,
    ToolRun,
    Usage,
    assistant,
    system,
    user,
)

if TYPE_CHECKING:
    from chatmodels.cli._event_writer import EventWriter
    from chatmodels.cli._history import History
    from chatmodels.core import ChatModel, Tool


class Turn:
    """A response of the model in a chat.

    Attributes:
        result: The response, or the run with tools; what arrived of it after a failure.
        error: The failure, if there was one.
        interrupted: Whether Ctrl-C ended it.
    """

    def __init__(
        self,
        result: "ChatResponse[Any] | ToolRun[Any] | None",
        error: ChatModelError | None = None,
        *,
        interrupted: bool = False,
    ) -> None:
        self.result = result
        self.error = error
        self.interrupted = interrupted


class ChatSession:
    """A conversation with models that can change in the middle, stored after each turn.

    Args:
        model: The model.
        spec: The name that the model was created by.
        history: The history.
        chat: The id of the stored chat; None for a new one.
        messages: The messages so far.
        tools: The tools that the model may call.
        approve: Whether a person approves tool calls.

    Attributes:
        usage: The tokens of all turns of this session.
        cost: Their cost.
        attachments: The parts that the next prompt is sent with.
    """

    def __init__(
        self,
        model: "ChatModel",
        spec: str,
        history: "History",
        *,
        chat: str | None = None,
        messages: Sequence[Message] = (),
        tools: "Sequence[Tool[..., Any]]" = (),
        approve: bool = False,
    ) -> None:
        self.model = model
        self.spec = spec
        self.history = history
        self.chat = chat
        self.messages = list(messages)
        self.usage = Usage()
        self.cost = Cost()
        self.attachments: list[Part] = []
        self._unanswered: Message | None = None
        self._stored = len(self.messages)
        self._tools = tools
        self._approve = approve

    def instruct(self, text: str, /) -> None:
        """Set the system prompt; an empty text removes it."""
        rest = [message for message in self.messages if message.role != "system"]
        self.messages = [system(text), *rest] if text else rest
        self._stored = 0
        self._save()

    def switch(self, model: "ChatModel", spec: str, /) -> None:
        """Continue with another model, of any vendor."""
        self.model, self.spec = model, spec
        self._save()

    def undo(self) -> Message | None:
        """Remove the last prompt and what followed; return the prompt.

        A prompt that failed without a response is the last one, and removes nothing else.
        """
        if self._unanswered is not None:
            prompt, self._unanswered = self._unanswered, None
            return prompt
        for position in reversed(range(len(self.messages))):
            if self.messages[position].role == "user":
                prompt = self.messages[position]
                del self.messages[position:]
                self._stored = position
                self._save()
                return prompt
        return None

    def begin_again(self) -> None:
        """Begin a new chat with the same model and system prompt."""
        self.messages = [message for message in self.messages if message.role == "system"]
        self.chat, self._stored, self._unanswered = None, 0, None

    def send(self, text: str, writer: "EventWriter", /) -> Turn:
        """Send a prompt with the attachments, and write the response."""
        prompt = user(text, *self.attachments)
        self.attachments = []
        return self._send(prompt, writer)

    def send_again(self, writer: "EventWriter", /) -> Turn | None:
        """Send the last prompt again, without its response; None if there is no prompt."""
        prompt = self._unanswered or self.undo()
        return None if prompt is None else self._send(prompt, writer)

    def _send(self, prompt: Message, writer: "EventWriter") -> Turn:
        call = Call(self.model, [*self.messages, prompt], tools=self._tools, approve=self._approve)
        try:
            turn = Turn(call.streamed(writer))
        except KeyboardInterrupt:
            turn = Turn(call.partial, interrupted=True)
        except ChatModelError as error:
            turn = Turn(error.run or error.partial or call.partial, error)
        finally:
            writer.end_line()
        self._unanswered = prompt if self._add(prompt, turn) else None
        return turn

    def _add(self, prompt: Message, turn: Turn) -> bool:
        """Add a turn to the chat and store it; return whether the prompt is not part of it."""
        result = turn.result
        if isinstance(result, ToolRun):
            added = list(result.messages[len(self.messages) :]) if result.responses else []
        elif result is None:
            added = []
        elif turn.error is None and not turn.interrupted:
            added = [prompt, result.message]
        else:  # the text alone: other parts can be incomplete
            added = [prompt, assistant(result.text)] if result.text else []
        if result is not None:
            self.usage += result.usage
            self.cost += result.cost
        self.messages += added
        self._save()
        return not added

    def _save(self) -> None:
        if self.chat is not None or self.messages:
            self.chat = self.history.save(self.chat, self.spec, self._stored, self.messages)
            self._stored = len(self.messages)
