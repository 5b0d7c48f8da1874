"""Who makes what: objects registered by type and handed to each other's makers."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Self, TypeVar

from chatmodels.core._dependency import type_name
from chatmodels.core._errors import ConfigurationError
from chatmodels.core._gate import run_async, run_blocking
from chatmodels.core._making import Lifetime, Registration, Registrations, closing, resolving

_T = TypeVar("_T")

# Every class is a type[T]; mypy takes protocols and abstract classes only as a callable.
_Key = type[_T] | Callable[..., _T]
_Maker = Callable[..., _T | Awaitable[_T]]


class Container:
    """Objects by type: registered once, made when asked for, with what their makers need.

    A maker is a class or a function. Its parameters are filled by their annotations: `Clock`,
    `Clock | None = None`, `Annotated[Clock, ...]` and `"Clock"` all ask for what is registered
    for `Clock`. A parameter with a default keeps it while nothing is registered for its type.

    Singletons are made once, however many threads and tasks ask at once, on any event loops of
    asyncio and trio. Makers should ask through parameters: those that call `resolve` in a circle
    are found out within one thread or task, but across several they may wait forever.

    `close` and `aclose` close the singletons that the container made, the latest first, by
    calling their `close` or `aclose` and nothing else: `__exit__` is for who entered. Not closed
    is what was handed in, what a maker got as an argument and only hands on, and transient
    objects, which belong to who asked. A container can be used again after closing; as a context
    manager, sync or async, it closes itself.

    >>> class Clock: ...
    >>> class Service:
    ...     def __init__(self, clock: Clock, retries: int = 2) -> None:
    ...         self.clock = clock
    >>> container = Container()
    >>> container.register(Clock)
    >>> container.register(Service)
    >>> container.resolve(Service).clock is container.resolve(Clock)
    True
    """

    def __init__(self) -> None:
        self._registrations: Registrations = {}
        self._made: list[Registration] = []
        self._lock = Lock()  # Orders those who register; whoever resolves reads without it.

    def register(
        self,
        key: _Key[_T],
        make: _Maker[_T] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
        replace: bool = False,
    ) -> None:
        """Say how objects of a type come to be.

        Args:
            key: What to ask for: a class, a protocol, or a `NewType` of something plain.
            make: A class or function, also an `async def`; without it, `key` makes itself.
            instance: A ready object instead, which the container will not close.
            lifetime: "singleton" makes one for all who ask, "transient" one for each.
            replace: Whether to take the place of an earlier registration. Singletons made
                from that one stay where they are in use.

        Raises:
            ConfigurationError: The type is registered already, or what is given makes nothing.
        """
        registration = Registration(key, make, instance, lifetime)
        with self._lock:
            if key in self._registrations and not replace:
                raise ConfigurationError(
                    f"{type_name(key)} is registered already; pass replace=True, or override it"
                    " for a while",
                    op="register",
                )
            self._registrations = {**self._registrations, key: registration}

    @contextmanager
    def override(
        self,
        key: _Key[_T],
        make: _Maker[_T] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
    ) -> Generator[None, None, None]:
        """Put something in a type's place for the length of a `with` block, as tests do.

        Singletons that need the type, directly or through others, are set aside even if they
        were made before: the block gets its own, made with the replacement. Afterwards every
        registration and singleton is the one it was; what was registered in the block is gone,
        what was made in it is closed with the rest. An override holds for all threads and tasks,
        and overrides must be nested, not interleaved.

        Raises:
            ConfigurationError: What is given makes nothing.
        """
        replacement = Registration(key, make, instance, lifetime)
        with self._lock:
            before = self._registrations
            affected: set[object] = {key}
            while grown := {k for k, r in before.items() if r.needs(affected)} - affected:
                affected |= grown
            within = {k: r.unmade() if k in affected else r for k, r in before.items()}
            self._registrations = {**within, key: replacement}
        try:
            yield
        finally:
            with self._lock:
                self._registrations = before

    def has(self, key: _Key[Any], /) -> bool:
        """Tell whether something is registered for a type."""
        return key in self._registrations

    def clear(self) -> None:
        """Forget all registrations; what was made is still closed by `close` or `aclose`."""
        with self._lock:
            self._registrations = {}

    def resolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type, made now if need be, with all that it needs.

        What a maker raises passes through, with a note that says what was being made.

        Raises:
            ConfigurationError: Something needed is not registered, depends on itself, or has a
                parameter that tells nothing: all such problems are named, and nothing is made.
                Or only `aresolve` can do it, because a maker is asynchronous.
        """
        return run_blocking(resolving(key, self._registrations, self._made))

    async def aresolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type; makers may be asynchronous.

        Raises:
            ConfigurationError: As for `resolve`.
        """
        return await run_async(resolving(key, self._registrations, self._made))

    def close(self) -> None:
        """Close the singletons that the container made, the latest first.

        Raises:
            ExceptionGroup: Some could not be closed, the others are. What can only be closed by
                awaiting is kept for `aclose`.
        """
        run_blocking(closing(self._made, "close", "aclose"))

    async def aclose(self) -> None:
        """Close the singletons that the container made, the latest first, awaiting as needed.

        Raises:
            ExceptionGroup: Some could not be closed, the others are.
        """
        await run_async(closing(self._made, "aclose", "close"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()
