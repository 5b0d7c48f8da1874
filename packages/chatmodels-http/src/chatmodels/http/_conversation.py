"""The rules of a conversation that APIs share, applied once before a request is encoded.

The encoders receive conversations in which ids are unique and acceptable, results of tools are in
messages of their own, blank texts are gone if the API refuses them, and opaque state is only what
this endpoint understands.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from operator import is_

import msgspec
from msgspec.structs import replace

from chatmodels.core import (
    Message,
    Part,
    ProviderPart,
    RefusalPart,
    Signature,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.http._call_ids import ANY_ID, CallIds, IdForm

_EMPTY = TextPart("(empty)")
_AUTHORITY_END = re.compile("[/?#]")


def endpoint_of(base_url: str, /) -> str | None:
    """Return the host of a base URL: by default opaque state is valid there and nowhere else.

    Accounts are not told apart: keys of one account are replaced, and say nothing about it.
    """
    authority = _AUTHORITY_END.split(base_url.rpartition("://")[2], 1)[0]
    return authority.rpartition("@")[2].lower() or None


def everywhere(base_url: str, /) -> None:
    """Return no scope: opaque state is valid wherever its wire format is understood."""


class ConversationRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one API for conversations.

    Attributes:
        ids: The form of the ids of tool calls. In every API they are unique in a conversation.
        blank_texts: Whether texts without a visible character are accepted.
        state_scope: Returns where the opaque state that a base URL sends is valid: `endpoint_of`,
            `everywhere`, or a function of the vendor.
    """

    ids: IdForm = ANY_ID
    blank_texts: bool = True
    state_scope: Callable[[str], str | None] = endpoint_of


def fitted(
    messages: Sequence[Message], rules: ConversationRules, scope: str | None, /
) -> tuple[Message, ...]:
    """Apply the rules to a conversation; messages that fit stay the same objects.

    Args:
        messages: The conversation.
        rules: The rules of the API.
        scope: Where opaque state of this endpoint is valid; None if it is valid everywhere.
    """
    ids = CallIds(rules.ids)
    found: list[Message] = []
    for message in messages:
        ids.begin()
        parts = [
            fitting
            for part in message.parts
            if (fitting := _fitted(part, ids, rules, scope)) is not None
        ]
        if not rules.blank_texts:
            parts = _without_blanks(message, parts)
        fits = len(parts) == len(message.parts) and all(map(is_, parts, message.parts))
        if not (parts or fits):
            continue
        fitting_message = message if fits else replace(message, parts=tuple(parts))
        found += _parted(fitting_message) if message.role == "user" else (fitting_message,)
    return tuple(found)


def _fitted(part: Part, ids: CallIds, rules: ConversationRules, scope: str | None) -> Part | None:
    if isinstance(part, ToolResult):
        part = ids.of_result(part)
        return part if rules.blank_texts else _result_without_blanks(part)
    signature: Signature | None = getattr(part, "signature", None)
    if signature is not None and signature.scope not in (None, scope):
        if isinstance(part, ProviderPart):
            return None
        part = _unsigned(part)
    return ids.of_call(part) if isinstance(part, ToolCall) else part


def _unsigned(part: Part) -> Part:
    return replace(part, signature=None)


def _without_blanks(message: Message, parts: list[Part]) -> list[Part]:
    """Leave blank texts out; a user's message of nothing else stays, for the API to refuse."""
    said = [part for part in parts if not _is_blank(part)]
    return parts if message.role == "user" and not said else said


def _result_without_blanks(result: ToolResult) -> ToolResult:
    content = tuple(part for part in result.content if not _is_blank(part))
    if not content and result.is_error:  # an error has to say something
        content = (_EMPTY,)
    return result if content == result.content else replace(result, content=content)


def _is_blank(part: Part) -> bool:
    return isinstance(part, TextPart | RefusalPart) and not part.text.strip()


def _parted(message: Message) -> Iterable[Message]:
    """Move the results of tools in a user's message into a message before it.

    The options of a part (a `ProviderPart` behind it) stay with the part.
    """
    if not any(isinstance(part, ToolResult) for part in message.parts):
        return (message,)
    results: list[Part] = []
    others: list[Part] = []
    group = others
    for part in message.parts:
        if not isinstance(part, ProviderPart):
            group = results if isinstance(part, ToolResult) else others
        group.append(part)
    parted = [Message("tool", tuple(results))]
    return [*parted, replace(message, parts=tuple(others))] if others else parted
