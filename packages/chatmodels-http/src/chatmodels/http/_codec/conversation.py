"""The rules of a conversation that APIs share, applied once before a request is encoded.

The encoders receive conversations in which ids are unique and acceptable, results of tools are in
messages of their own, blank texts are gone if the API refuses them, and opaque state is only what
this endpoint understands.
"""

import re
from collections.abc import Callable, Collection, Sequence
from operator import is_

import msgspec
from msgspec.structs import replace

from chatmodels.core import (
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    TextPart,
    ToolCall,
    ToolResult,
)
from chatmodels.core.extending import NumberedMessages, ProviderState, numbered
from chatmodels.http._codec.call_ids import ANY_ID, CallIds, IdForm

_EMPTY = TextPart("(empty)")
_SIGNED = frozenset({TextPart, ReasoningPart, ToolCall, ProviderPart, ImagePart})
_AUTHORITY_END = re.compile("[/?#]")


def endpoint_of(base_url: str, /) -> str | None:
    """Return the host of a base URL: by default opaque state is valid there and nowhere else.

    All accounts on a host count as one: an account replaces its keys, and a key does not identify
    its account.
    """
    authority = _AUTHORITY_END.split(base_url.rpartition("://")[2], 1)[0]
    return authority.rpartition("@")[2].lower() or None


def is_at(base_url: str, domains: Collection[str], /) -> bool:
    """Return whether the host of a base URL is one of some domains, or below one."""
    host = (endpoint_of(base_url) or "").partition(":")[0]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def everywhere(base_url: str, /) -> None:
    """Return no scope: opaque state is valid wherever its wire format is understood."""


class ConversationRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one API for conversations.

    Attributes:
        ids: The form of the ids of tool calls. In every API they are unique in a conversation.
        blank_texts: Whether texts without a visible character are accepted.
        paired_calls: The vendor's own domains, as "api.acme.com", at which each call needs one
            result and each result a call. A conversation in which one is missing is refused there.
            It is sent to all other addresses, since servers in this format often accept it.
        results_at_once: Whether a result behind another turn is refused there as well.
        held: The `provider_options` that refer to earlier messages which the vendor holds. With one
            of them a result can be without its call, and no pairs are checked.
        state_scope: Returns where the opaque state that a base URL sends is valid: `endpoint_of`,
            `everywhere`, or a function of the vendor.
    """

    ids: IdForm = ANY_ID
    blank_texts: bool = True
    paired_calls: Collection[str] = ()
    results_at_once: bool = False
    held: frozenset[str] = frozenset()
    state_scope: Callable[[str], str | None] = endpoint_of


def fitted(
    messages: Sequence[Message], rules: ConversationRules, scope: str | None, /
) -> tuple[Message, ...]:
    """Apply the rules to a conversation; messages that fit stay the same objects.

    Problems of a message are reported with its place in the caller's conversation, which the
    messages returned know.

    Args:
        messages: The conversation.
        rules: The rules of the API.
        scope: Where opaque state of this endpoint is valid; None if it is valid everywhere.
    """
    ids: CallIds | None = None
    found: list[Message] = []
    numbers: list[int] = []
    for number, message in numbered(messages):
        parts = message.parts
        if len(parts) == 1 and _is_plain(parts[0]):
            found.append(message)  # as most are
            numbers.append(number)
            continue
        if ids is None:
            ids = CallIds(rules.ids)
        ids.begin()
        fitting = [fit for part in parts if (fit := _fitted(part, ids, rules, scope)) is not None]
        if not rules.blank_texts:
            fitting = _without_blanks(message, fitting)
        if len(fitting) != len(parts) or not all(map(is_, fitting, parts)):
            if not fitting:
                continue
            parted = _parted(replace(message, parts=tuple(fitting)))
        else:
            parted = _parted(message)
        found += parted
        numbers += [number] * len(parted)
    if numbers == list(range(len(found))):
        return tuple(found)
    return NumberedMessages(found, numbers)


def _is_plain(part: Part) -> bool:
    return part.type == "text" and part.signature is None and not _is_blank(part)


def _fitted(part: Part, ids: CallIds, rules: ConversationRules, scope: str | None) -> Part | None:
    # The word is compared, since `isinstance` takes long for a struct that is another.
    if part.type == "tool_result":
        part = ids.of_result(part)
        return part if rules.blank_texts else _result_without_blanks(part)
    if type(part) in _SIGNED:
        signature: ProviderState | None = getattr(part, "signature", None)
        if signature is not None and not signature.is_valid_in(scope):
            if isinstance(part, ProviderPart):
                return None
            part = _unsigned(part)
    return ids.of_call(part) if part.type == "tool_call" else part


def _unsigned(part: Part) -> Part:
    return replace(part, signature=None)


def _without_blanks(message: Message, parts: list[Part]) -> list[Part]:
    """Leave blank texts out; a user's message of nothing else stays, for the API to refuse."""
    said = [part for part in parts if not _is_blank(part)]
    return parts if message.role == "user" and not said else said


def _result_without_blanks(result: ToolResult) -> ToolResult:
    if result.content and not any(map(_is_blank, result.content)):
        return result
    content = tuple(part for part in result.content if not _is_blank(part))
    if not content and result.is_error:  # an error has to say something
        content = (_EMPTY,)
    return result if content == result.content else replace(result, content=content)


def _is_blank(part: Part) -> bool:
    if part.type == "text" or part.type == "refusal":
        return not part.text or part.text.isspace()
    return False


def _parted(message: Message) -> Sequence[Message]:
    """Move the results of tools in a user's message into a message before it.

    The options of a part (a `ProviderPart` behind it) stay with the part.
    """
    if message.role != "user" or not any(isinstance(part, ToolResult) for part in message.parts):
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
