"""A container for dependency injection: creates registered types with their dependencies."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from contextvars import ContextVar
from inspect import iscoroutine, signature
from threading import Lock, get_ident
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from chatmodels.core._concurrency.running import running_library
from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._public import publish

__all__ = ["Container", "Lifetime"]

_T = TypeVar("_T")
_Key = type[_T] | Callable[..., _T]  # To mypy, protocols and abstract classes are not types.
Lifetime = Literal["singleton", "transient"]
"""Lifetime of an object in a container: one for all, or a new one each time."""

_Rule = tuple[Callable[..., object], Lifetime]
_State = tuple[dict[object, _Rule], dict[object, object]]  # Rules; singletons by type and factory.
_Path = tuple[object, ...]  # The call that creates singletons, if any; the keys in progress.


class Container(AbstractContextManager["Container"], AbstractAsyncContextManager["Container"]):
    """Objects by type: registered once, created on first use, with their dependencies.

    A factory is a class or a function, sync or async. Its parameters are injected by type, with
    `Clock | None` and `Annotated[Clock, ...]` as `Clock`. If a type is not registered, the default
    is used. Singletons are created once for all threads and tasks, one at a time. The container
    closes them, except for instances that you registered.
    """

    def __init__(self) -> None:
        self._state: _State = {}, {}
        self._singletons: list[tuple[object, dict[object, object]]] = []  # With the dict of each.
        self._lock, self._thread, self._call = Lock(), 0, object()  # The owner of the lock.
        self._path = ContextVar[_Path]("path", default=(None,))

    def register(
        self,
        key: _Key[_T],
        factory: Callable[..., _T | Awaitable[_T]] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
        replace: bool = False,
    ) -> None:
        """Register the factory of a type: the type itself, a class, a function, or an `instance`.

        Raises:
            ConfigurationError: The type is registered already, and `replace` is false.
        """
        rule = (factory or key, lifetime) if instance is None else (lambda: instance, "transient")
        if self._state[0].setdefault(key, rule) is not rule and not replace:
            raise ConfigurationError(
                f"{_names(key)} is already registered; pass replace=True to replace it",
                op="register",
            )
        self._state[0][key] = rule

    @contextmanager
    def override(
        self,
        key: _Key[_T],
        factory: Callable[..., _T | Awaitable[_T]] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
    ) -> Generator[None, None, None]:
        """Replace the registration of a type in a `with` block, for all threads.

        Singletons are created again in the block, so that every dependent gets the replacement.
        Afterwards, all registrations and singletons are restored.
        """
        rule = (factory or key, lifetime) if instance is None else (lambda: instance, "transient")
        previous = self._state
        self._state = {**previous[0], key: rule}, {}
        try:
            yield
        finally:
            self._state = previous

    def has(self, key: _Key[Any], /) -> bool:
        """Report whether a type is registered."""
        return key in self._state[0]

    def clear(self) -> None:
        """Remove all registrations; `close` and `aclose` still close the singletons."""
        self._state = {}, {}

    def resolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type, created if necessary, with its dependencies.

        Raises:
            ConfigurationError: A dependency is missing or circular, or requires `aresolve`.
        """
        return _run(self._resolve(key, self._state, self._path.get(), blocking=True))

    async def aresolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type as `resolve` does; factories can be async."""
        return await self._resolve(key, self._state, self._path.get(), blocking=False)

    def close(self) -> None:
        """Close the singletons that the container created, the latest first.

        Raises:
            ExceptionGroup: Some could not be closed; all others were.
        """
        _run(self._close("close", "aclose", blocking=True))

    async def aclose(self) -> None:
        """Close the singletons as `close` does, with `aclose` if they have it."""
        await self._close("aclose", "close", blocking=False)

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def _resolve(self, key: object, state: _State, path: _Path, blocking: bool) -> Any:
        # The path of a call that has ended does not apply.
        call, *in_progress = path if path[0] in (None, self._call) else (None,)
        (rules, singletons), path = state, (call, *in_progress, key)
        if key not in rules or key in in_progress:
            kind = "circular" if key in rules else "missing"
            raise ConfigurationError(f"{kind} dependency: {_names(*path[1:])}", op="resolve")
        factory, lifetime = rules[key]
        if (instance := singletons.get((key, factory), singletons)) is not singletons:
            return instance
        if lifetime == "singleton" and call is None:
            while not self._lock.acquire(blocking=blocking and self._thread != get_ident()):
                # Blocking would stop the owner.
                await _result(running_library().sleep(0.001), blocking)
            self._thread, self._call = get_ident(), object()
            try:
                return await self._resolve(key, state, (self._call, *in_progress), blocking)
            finally:
                self._thread, self._call = 0, object()
                self._lock.release()
        previous = self._path.set(path)
        try:
            dependencies = _dependencies(factory, rules).items()
            arguments = {
                name: await self._resolve(dependency, state, path, blocking)
                for name, dependency in dependencies
            }
            instance = await _result(factory(**arguments), blocking)
        except Exception as error:
            error.add_note(f"while creating {_names(key)}")
            raise
        finally:
            self._path.reset(previous)
        if lifetime == "singleton":
            singletons[key, factory] = instance
            if all(instance is not argument for argument in arguments.values()):
                self._singletons.append((instance, singletons))
        return instance

    async def _close(self, *methods: str, blocking: bool) -> None:
        errors: list[Exception] = []
        while self._singletons:
            instance, singletons = self._singletons.pop()
            singletons.clear()
            close = next(filter(callable, (getattr(instance, m, None) for m in methods)), None)
            try:
                await _result(close() if close else None, blocking)
            except Exception as error:
                errors.append(error)
        if errors:
            raise ExceptionGroup("some objects could not be closed", errors)


def _dependencies(
    factory: Callable[..., object], registered: Collection[object]
) -> dict[str, object]:
    """Read the dependencies of a factory, except those with a default that is used."""
    return {
        each.name: each.name if key is each.empty else key
        for each in signature(factory, eval_str=True).parameters.values()
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        if each.name not in getattr(factory, "keywords", ())  # Already bound by a partial.
        if (key := _dependency(each.annotation)) in registered or each.default is each.empty
    }


def _dependency(annotation: object) -> object:
    members = [each for each in get_args(annotation) if each is not type(None)]
    optional = len(members) == 1 and type(None) in get_args(annotation)
    return (
        _dependency(members[0]) if optional or get_origin(annotation) is Annotated else annotation
    )


def _names(*keys: object) -> str:
    return " -> ".join(str(k) if get_args(k) else getattr(k, "__name__", str(k)) for k in keys)


async def _result(result: object, blocking: bool) -> object:
    if blocking and iscoroutine(result):
        result.close()
        raise ConfigurationError(
            "this call is sync and cannot await; use await aresolve() or aclose()"
        )
    return await result if iscoroutine(result) else result


def _run(steps: Coroutine[Any, Any, Any]) -> Any:
    try:
        steps.send(None)  # To the end: a blocking call never awaits.
    except StopIteration as done:
        return done.value


publish(globals())
