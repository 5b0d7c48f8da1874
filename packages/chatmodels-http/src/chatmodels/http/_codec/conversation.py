"""The rules of a conversation that APIs share, applied once before a request is encoded.

The encoders receive conversations in which ids are unique and accepted, and tool results are in
messages of their own. Blank texts are left out if the API rejects them, and so is opaque state of
other endpoints.
"""

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


def endpoint_of(base_url: str, /) -> str | None:
    """Return the host of a base URL, the default scope of opaque state.

    The scope does not distinguish the accounts on a host: keys change, and a key does not identify
    its account.
    """
    # The first one: a path or a query can contain a URL.
    before, separator, after = base_url.partition("://")
    authority = after if separator else before
    for end in "/?#":
        authority = authority.partition(end)[0]
    return authority.rpartition("@")[2].lower() or None


def is_at(base_url: str, domains: Collection[str], /) -> bool:
    """Report whether the host of a base URL is one of some domains, or a subdomain of one."""
    host = (endpoint_of(base_url) or "").partition(":")[0]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def everywhere(base_url: str, /) -> None:
    """Return None, the scope of opaque state that is valid at every endpoint with its format."""


class ConversationRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one API for conversations.

    Attributes:
        ids: The ids of tool calls that the API accepts. They are unique in a conversation.
        blank_texts: Whether texts without a visible character are accepted.
        paired_calls: The vendor's own domains, as "api.acme.com", that require one result for each
            call and a call for each result. Other conversations raise an error there. They are
            sent to all other addresses, since servers with this format often accept them.
        results_at_once: Whether a result after another turn raises an error there as well.
        held: The `provider_options` that refer to earlier messages in the vendor's storage. If a
            request contains one of them, pairs are not checked: a call can be in the storage.
        state_scope: Returns the scope of the opaque state that a base URL sends: `endpoint_of`,
            `everywhere`, or a function of the vendor.
    """

    ids: IdForm = ANY_ID
    blank_texts: bool = True
    paired_calls: Collection[str] = ()
    results_at_once: bool = False
    held: frozenset[str] = frozenset()
    state_scope: Callable[[str], str | None] = endpoint_of


def apply_rules(
    messages: Sequence[Message], rules: ConversationRules, scope: str | None, /
) -> tuple[Message, ...]:
    """Apply the rules to a conversation; messages without changes stay the same objects.

    The returned messages know their positions in the caller's conversation, so that error messages
    can contain them.

    Args:
        messages: The conversation.
        rules: The rules of the API.
        scope: The scope of this endpoint's opaque state; None if it is valid everywhere.
    """
    ids: CallIds | None = None
    changed: list[Message] = []
    numbers: list[int] = []
    for number, message in numbered(messages):
        parts = message.parts
        if len(parts) == 1 and _is_plain(parts[0]):
            changed.append(message)  # most messages are plain
            numbers.append(number)
            continue
        if ids is None:
            ids = CallIds(rules.ids)
        ids.begin()
        accepted = [
            new for part in parts if (new := _fit_part(part, ids, rules, scope)) is not None
        ]
        if not rules.blank_texts:
            accepted = _without_blanks(message, accepted)
        if len(accepted) != len(parts) or not all(map(is_, accepted, parts)):
            if not accepted:
                continue
            split = _split_results(replace(message, parts=tuple(accepted)))
        else:
            split = _split_results(message)
        changed += split
        numbers += [number] * len(split)
    if numbers == list(range(len(changed))):
        return tuple(changed)
    return NumberedMessages(changed, numbers)


def are_plain(messages: Sequence[Message], /) -> bool:
    """Report whether each message is one text, to which no rule applies, and none was omitted.

    It is inlined, since long conversations consist of such messages.
    """
    for message in messages:
        parts = message.parts
        if len(parts) != 1 or type(part := parts[0]) is not TextPart:
            return False
        if part.signature is not None or not part.text or part.text.isspace():
            return False
    return not isinstance(messages, NumberedMessages)


def _is_plain(part: Part) -> bool:
    return part.type == "text" and part.signature is None and not _is_blank(part)


def _fit_part(part: Part, ids: CallIds, rules: ConversationRules, scope: str | None) -> Part | None:
    # `type` is compared, since `isinstance` is slow for structs of another class.
    if part.type == "tool_result":
        part = ids.of_result(part)
        return part if rules.blank_texts else _result_without_blanks(part)
    if type(part) in _SIGNED:
        signature: ProviderState | None = getattr(part, "signature", None)
        if signature is not None and not signature.is_valid_in(scope):
            if isinstance(part, ProviderPart):
                return None
            part = _without_signature(part)
    return ids.of_call(part) if part.type == "tool_call" else part


def _without_signature(part: Part) -> Part:
    return replace(part, signature=None)


def _without_blanks(message: Message, parts: list[Part]) -> list[Part]:
    """Remove blank texts, except from a user's message of nothing else, which the API rejects."""
    others = [part for part in parts if not _is_blank(part)]
    return parts if message.role == "user" and not others else others


def _result_without_blanks(result: ToolResult) -> ToolResult:
    if result.content and not any(map(_is_blank, result.content)):
        return result
    content = tuple(part for part in result.content if not _is_blank(part))
    if not content and result.is_error:  # the content of an error must not be empty
        content = (_EMPTY,)
    return result if content == result.content else replace(result, content=content)


def _is_blank(part: Part) -> bool:
    if part.type == "text" or part.type == "refusal":
        return not part.text or part.text.isspace()
    return False


def _split_results(message: Message) -> Sequence[Message]:
    """Move the tool results in a user's message into a message before it.

    The options of a part (a `ProviderPart` after it) stay with the part.
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
    split = [Message("tool", tuple(results))]
    return [*split, replace(message, parts=tuple(others))] if others else split
