"""Who makes what: objects registered by type and handed to each other's makers."""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from contextvars import ContextVar
from inspect import iscoroutine, signature
from threading import Lock, get_ident
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core._public import publish

__all__ = ["Container", "Lifetime"]

_T = TypeVar("_T")
_Key = type[_T] | Callable[..., _T]  # To mypy, a protocol or an abstract class is the latter.
Lifetime = Literal["singleton", "transient"]
"""Lifetime of an object in a container: one for all, or a new one each time."""

_Rule = tuple[Callable[..., object], Lifetime]
_World = tuple[dict[object, _Rule], dict[object, object]]  # And singletons, by type and maker.
_Path = tuple[object, ...]  # The call that makes singletons, if any, and what is being made.


class Container(AbstractContextManager["Container"], AbstractAsyncContextManager["Container"]):
    """Objects by type: registered once, made when asked for, with what their makers need.

    A maker is a class or a function, sync or async. Parameters are filled by type, `Clock | None`
    and `Annotated[Clock, ...]` as `Clock`; a default stays while nothing is registered. Singletons
    are made once for all threads and tasks, one at a time, and closed unless they were handed in.
    """

    def __init__(self) -> None:
        self._world: _World = {}, {}
        self._made: list[tuple[object, dict[object, object]]] = []  # And where it is found.
        self._lock, self._thread, self._call = Lock(), 0, object()  # Who makes singletons.
        self._path = ContextVar[_Path]("path", default=(None,))

    def register(
        self,
        key: _Key[_T],
        make: Callable[..., _T | Awaitable[_T]] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
        replace: bool = False,
    ) -> None:
        """Say what makes a type's objects: itself, a class, a function, or a ready `instance`.

        Raises:
            ConfigurationError: The type is registered already, and not to be replaced.
        """
        rule = (make or key, lifetime) if instance is None else (lambda: instance, "transient")
        if self._world[0].setdefault(key, rule) is not rule and not replace:
            raise ConfigurationError(
                f"{_names(key)} is registered; pass replace=True", op="register"
            )
        self._world[0][key] = rule

    @contextmanager
    def override(
        self,
        key: _Key[_T],
        make: Callable[..., _T | Awaitable[_T]] | None = None,
        /,
        *,
        instance: _T | None = None,
        lifetime: Lifetime = "singleton",
    ) -> Generator[None, None, None]:
        """Put something in a type's place for the length of a `with` block, for all threads.

        The block makes singletons of its own, so that all that need the type get the replacement;
        afterwards every registration and singleton is the one it was.
        """
        rule = (make or key, lifetime) if instance is None else (lambda: instance, "transient")
        before = self._world
        self._world = {**before[0], key: rule}, {}
        try:
            yield
        finally:
            self._world = before

    def has(self, key: _Key[Any], /) -> bool:
        """Tell whether something is registered for a type."""
        return key in self._world[0]

    def clear(self) -> None:
        """Forget all registrations; what was made is still closed by `close` or `aclose`."""
        self._world = {}, {}

    def resolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type, made now if need be, with all that it needs.

        Raises:
            ConfigurationError: Something needed is missing or circular, or takes `aresolve`.
        """
        return _run(self._resolve(key, self._world, self._path.get(), blocking=True))

    async def aresolve(self, key: _Key[_T], /) -> _T:
        """Return the object of a type as `resolve` does; makers may be asynchronous."""
        return await self._resolve(key, self._world, self._path.get(), blocking=False)

    def close(self) -> None:
        """Close the singletons that the container made, the latest first.

        Raises:
            ExceptionGroup: Some could not be closed; the others are.
        """
        _run(self._close("close", "aclose", blocking=True))

    async def aclose(self) -> None:
        """Close the singletons as `close` does, awaiting where that is possible."""
        await self._close("aclose", "close", blocking=False)

    def __exit__(self, *exception: object) -> None:
        self.close()

    async def __aexit__(self, *exception: object) -> None:
        await self.aclose()

    async def _resolve(self, key: object, world: _World, path: _Path, blocking: bool) -> Any:
        call, *making = path if path[0] in (None, self._call) else (None,)  # That call is over.
        (rules, made), path = world, (call, *making, key)
        if key not in rules or key in making:
            kind = "circular" if key in rules else "missing"
            raise ConfigurationError(f"{kind} dependency: {_names(*path[1:])}", op="resolve")
        make, lifetime = rules[key]
        if (instance := made.get((key, make), made)) is not made:
            return instance
        if lifetime == "singleton" and call is None:
            while not self._lock.acquire(blocking=blocking and self._thread != get_ident()):
                from anyio import sleep

                await _outcome(sleep(0.001), blocking)  # Blocking would stop the one waited for.
            self._thread, self._call = get_ident(), object()
            try:
                return await self._resolve(key, world, (self._call, *making), blocking)
            finally:
                self._thread, self._call = 0, object()
                self._lock.release()
        before = self._path.set(path)
        try:
            needs = _needs(make, rules).items()
            given = {name: await self._resolve(need, world, path, blocking) for name, need in needs}
            instance = await _outcome(make(**given), blocking)
        except Exception as error:
            error.add_note(f"while making {_names(key)}")
            raise
        finally:
            self._path.reset(before)
        if lifetime == "singleton":
            made[key, make] = instance
            if all(instance is not argument for argument in given.values()):
                self._made.append((instance, made))
        return instance

    async def _close(self, *methods: str, blocking: bool) -> None:
        errors: list[Exception] = []
        while self._made:
            instance, made = self._made.pop()
            made.clear()
            close = next(filter(callable, (getattr(instance, m, None) for m in methods)), None)
            try:
                await _outcome(close() if close else None, blocking)
            except Exception as error:
                errors.append(error)
        if errors:
            raise ExceptionGroup("some objects could not be closed", errors)


def _needs(make: Callable[..., object], known: Collection[object]) -> dict[str, object]:
    """Read what the parameters ask for, except where a default is to stay."""
    return {
        each.name: each.name if key is each.empty else key
        for each in signature(make, eval_str=True).parameters.values()
        if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
        if each.name not in getattr(make, "keywords", ())  # Those a partial has settled.
        if (key := _asked(each.annotation)) in known or each.default is each.empty
    }


def _asked(annotation: object) -> object:
    members = [each for each in get_args(annotation) if each is not type(None)]
    optional = len(members) == 1 and type(None) in get_args(annotation)
    return _asked(members[0]) if optional or get_origin(annotation) is Annotated else annotation


def _names(*keys: object) -> str:
    return " -> ".join(str(k) if get_args(k) else getattr(k, "__name__", str(k)) for k in keys)


async def _outcome(result: object, blocking: bool) -> object:
    if blocking and iscoroutine(result):
        result.close()
        raise ConfigurationError("this call cannot wait for a task; await aresolve() or aclose()")
    return await result if iscoroutine(result) else result


def _run(steps: Coroutine[Any, Any, Any]) -> Any:
    try:
        steps.send(None)  # To the end: what blocks has nothing to await.
    except StopIteration as done:
        return done.value


publish(globals())
