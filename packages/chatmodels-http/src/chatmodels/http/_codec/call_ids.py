"""The ids of tool calls, unique and accepted by an API in a whole conversation."""

import re
import zlib
from base64 import b32encode
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from chatmodels.core import ToolCall, ToolResult

_OTHERS = r"[^a-zA-Z0-9_-]"
_ANYTHING = r"[\s\S]*"
_CHECK = 9  # characters: "_" and a checksum


class IdForm(msgspec.Struct, frozen=True):
    """The ids of tool calls that an API accepts.

    Attributes:
        pattern: A regular expression for the whole id.
        length: The largest number of characters of an id.
    """

    pattern: str = _ANYTHING
    length: int = 64

    def accepts(self, given: str) -> bool:
        """Report whether an API accepts an id unchanged."""
        return self.pattern == _ANYTHING or _compiled(self.pattern).fullmatch(given) is not None

    def made(self, given: str, times: int) -> str:
        """Derive an accepted id from another; the result depends only on the arguments.

        Args:
            given: The id.
            times: The number of earlier calls with this id; the derived ids differ.
        """
        if times:
            given = f"{given}\n{times}"
        whole = given.encode(errors="surrogatepass")
        if self.length <= _CHECK:
            from hashlib import sha256

            return b32encode(sha256(whole).digest())[: self.length].decode()
        return f"{re.sub(_OTHERS, '_', given)[: self.length - _CHECK]}_{zlib.crc32(whole):08x}"


ANY_ID = IdForm()
"""The form of an API that accepts every id."""


class CallIds:
    """The ids of the calls in one conversation, oldest first.

    Models send "call_0" in each of their responses, and APIs reject an id that occurs twice. A
    later call then gets another id, and so does its result. A new id depends only on earlier
    messages, so that prompt caches stay valid.

    Args:
        form: The ids that the API accepts.
    """

    __slots__ = ("_form", "_now", "_open", "_used")

    def __init__(self, form: IdForm) -> None:
        self._form = form
        self._used: set[str] = set()
        self._open: dict[str, list[str]] = {}  # new ids of the calls without results, by old ids
        self._now: set[str] = set()  # the old ids in this message

    def begin(self) -> None:
        """Begin the next message."""
        if self._now:
            self._now = set()

    def of_call(self, call: ToolCall) -> ToolCall:
        """Return a call with an id that is accepted and unique."""
        given, form = call.id, self._form
        chosen, times = given, 0
        if not form.accepts(given):
            chosen = form.made(given, 0)
        while chosen in self._used:
            times += 1
            chosen = form.made(given, times)
        if chosen:
            self._used.add(chosen)
        if given in self._now:
            self._open[given].append(chosen)
        else:
            self._open[given] = [chosen]
            self._now.add(given)
        return call if chosen == given else replace(call, id=chosen)

    def of_result(self, result: ToolResult) -> ToolResult:
        """Return a result with the id of its call: the first one if several calls have the same."""
        given = result.id
        waiting = self._open.get(given)
        if waiting is None:  # the call is not in the conversation
            chosen = given if self._form.accepts(given) else self._form.made(given, 0)
        else:
            chosen = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return result if chosen == given else replace(result, id=chosen)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
