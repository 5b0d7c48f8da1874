"""A secret that can be used and passed around, but not seen."""

import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NoReturn, Self, TypeGuard

from chatmodels.core._errors.classes import AuthenticationError, ChatModelError, ConfigurationError

SecretSource = str | Callable[[], str | Awaitable[str]]
"""A secret itself, or a plain or async function that gives the one that is valid now."""

MASK = "***"
"""Text that stands in place of a secret."""


class Secret:
    """A credential, as it is or from a function for those that rotate.

    Its value appears in no repr, string, format, pickle or JSON; only `reveal` and `areveal`
    give it. Functions are asked for every request: they keep what is expensive to fetch. What
    they give is refused unless it can be sent in a header, because an HTTP library that refuses
    it would quote it.

    A pickle does not carry the value. What came from an environment variable is read again from
    there; what came from elsewhere is missing after unpickling, which the first use reports.
    Copies, deep ones too, are the same object.

    Args:
        source: The value, or a plain or async function that gives it.
        origin: The environment variable that it came from, if it did.

    Raises:
        ConfigurationError: The source is empty, or neither a `str` nor a function.

    Examples:
        >>> key = Secret("sk-1234")
        >>> print(f"{key} {key!r} {key.reveal()}")
        *** Secret('***') sk-1234
    """

    __slots__ = ("_origin", "_source", "_value")

    def __init__(self, source: SecretSource, /, *, origin: str | None = None) -> None:
        # What a type checker rules out arrives all the same, from callers without one.
        given: object = source
        self._origin = origin
        self._value: str | None = None
        self._source: Callable[[], str | Awaitable[str]] | None = None
        if isinstance(given, str):
            if not given:
                raise ConfigurationError("a secret must not be empty")
            self._value = given
        elif callable(source):
            self._source = source
        else:
            raise ConfigurationError(
                "a secret must be a str or a function that gives one, not an object of type "
                f"{type(given).__name__}"
            )

    @property
    def origin(self) -> str | None:
        """The environment variable that it came from; None if it came from elsewhere."""
        return self._origin

    @property
    def static(self) -> bool:
        """Whether asking again gives the same: with False, a rejected call may be worth a retry."""
        return self._source is None

    @property
    def sendable(self) -> bool:
        """Whether it is printable ASCII without spaces, as far as the value is at hand."""
        return self._value is None or _is_sendable(self._value)

    def reveal(self) -> str:
        """Give the value.

        Raises:
            AuthenticationError: The function failed, gave no text, or is async; or the value
                stayed behind when the secret was pickled.
        """
        return self._ask() if self._value is None else self._value

    async def areveal(self) -> str:
        """Give the value, awaiting an async function.

        A plain function is called in a worker thread, since it may fetch the value over a network.

        Raises:
            AuthenticationError: The function failed or gave no text, or the value stayed behind
                when the secret was pickled.
        """
        if self._value is not None:
            return self._value
        if self._source is None:
            return self._found_again()
        try:
            given = await _called(self._source)
            if not isinstance(given, str):
                given = await given
        except Exception as error:
            _fail(error)
        if not _is_usable(given):
            problem = _problem(given)
            del given  # a traceback would show it
            raise AuthenticationError(problem)
        return given

    def _ask(self) -> str:
        if self._source is None:
            return self._found_again()
        try:
            given = self._source()
        except Exception as error:
            _fail(error)
        if isinstance(given, Coroutine):
            # Or Python would warn that it was never awaited.
            given.close()
            raise AuthenticationError(
                "the secret is given by an async function, which a blocking call cannot wait "
                "for; use the awaited calls (agenerate, astream, abatch) or pass a plain function"
            )
        if not _is_usable(given):
            problem = _problem(given)
            del given  # a traceback would show it
            raise AuthenticationError(problem)
        return given

    def _found_again(self) -> str:
        value = os.environ.get(self._origin) if self._origin else None
        if not value:
            raise AuthenticationError(
                f"the secret came from {self._origin}, which is not set in this process; set it"
                if self._origin
                else "the secret was given in another process and does not travel in a pickle; "
                "create the model here, or have the secret in the environment"
            )
        if not _is_sendable(value):
            del value  # a traceback would show it
            raise AuthenticationError(
                f"the secret in {self._origin} has white space, control characters or letters "
                "beyond ASCII; strip line ends"
            )
        self._value = value
        return value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})" if self._origin is None else f"Secret(from {self._origin})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str, /) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        if self._value is not None:
            return self._value == other._value
        return self is other or (self._source is not None and self._source == other._source)

    def __hash__(self) -> int:
        return hash(self._source if self._value is None else self._value)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Secret._unpickled, (self._origin,)

    @classmethod
    def _unpickled(cls, origin: str | None) -> Self:
        secret = cls(MASK, origin=origin)
        # The environment may be filled after unpickling: it is read when the secret is used.
        secret._value = None
        return secret


async def _called(source: Callable[[], str | Awaitable[str]]) -> str | Awaitable[str]:
    code = getattr(source, "__code__", None)
    if code is not None and code.co_flags & _ASYNC:
        return source()
    from anyio.to_thread import run_sync

    return await run_sync(source, abandon_on_cancel=True)


_ASYNC = 0x80  # inspect.CO_COROUTINE, without importing inspect


_unpickled = Secret._unpickled  # pyright: ignore[reportPrivateUsage] - in pickles of 0.1.0


def _is_usable(given: object) -> TypeGuard[str]:
    return isinstance(given, str) and bool(given) and _is_sendable(given)


def _problem(given: object) -> str:
    what = "the function that gives the secret returned"
    if not isinstance(given, str):
        return f"{what} an object of type {type(given).__name__}, not a str"
    if not given:
        return f"{what} an empty text, not a str"
    return (
        f"{what} a text with white space, control characters or letters beyond ASCII; strip line "
        "ends"
    )


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value


def _fail(error: Exception) -> NoReturn:
    if isinstance(error, ChatModelError):
        raise error
    # Its own words might quote the secret; the cause is chained for those who look for it.
    raise AuthenticationError(
        f"the function that gives the secret failed with {type(error).__name__}"
    ) from error
