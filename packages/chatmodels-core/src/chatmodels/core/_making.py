"""How the objects of a container are made, whole graphs at a time, and closed again."""

from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Literal

from chatmodels.core._dependency import Dependency, read_dependencies, type_name
from chatmodels.core._errors import ConfigurationError
from chatmodels.core._gate import Gate, NoAwaitingError, Steps

Lifetime = Literal["singleton", "transient"]

_UNMADE = object()


class Registration:
    """How objects of one type come to be, and the singleton once it is made."""

    def __init__(
        self,
        key: object,
        make: Callable[..., object] | None,
        instance: object | None,
        lifetime: Lifetime,
    ) -> None:
        self.key = key
        self.lifetime: Lifetime = lifetime
        self.make = _maker(key, make, instance)
        self.instance = _UNMADE if instance is None else instance
        self.owned = False
        self.gate = Gate(type_name(key))
        self._dependencies: tuple[Dependency, ...] | None = None if instance is None else ()

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What the maker asks for, read when first needed; nothing for a ready object."""
        if self._dependencies is None:
            self._dependencies = read_dependencies(self.make)
        return self._dependencies

    def needs(self, keys: set[object], /) -> bool:
        """Tell whether the maker asks for one of some types."""
        return any(dependency.key in keys for dependency in self.dependencies)

    def unmade(self) -> "Registration":
        """Register the same maker again."""
        return Registration(self.key, self.make, None, self.lifetime)


Registrations = Mapping[object, Registration]

# What this thread or task is making at present, the outermost first.
_path: ContextVar[tuple[Registration, ...]] = ContextVar("path", default=())


def resolving(key: object, registrations: Registrations, made: list[Registration]) -> Steps[Any]:
    """Find or make the object of a type; singletons made on the way are appended to `made`.

    Raises:
        ConfigurationError: Something needed is missing, circular or not to be told; every such
            problem is named, and nothing is made. Or a coroutine could not be awaited.
    """
    if problems := tuple(_problems(key, registrations, _path.get(), set())):
        raise ConfigurationError("; ".join(problems), op="resolve")
    return (yield from _obtaining(registrations[key], registrations, made))


def closing(made: list[Registration], *methods: str) -> Steps[None]:
    """Close singletons, the latest first, by the first of these methods that each has.

    Raises:
        ExceptionGroup: Some could not be closed; the others are. Those for which nothing could
            be awaited are left in `made`.
    """
    errors: list[Exception] = []
    left: list[Registration] = []
    count = len(made)
    try:
        while made:
            registration = made.pop()
            instance, registration.instance = registration.instance, _UNMADE
            if not registration.owned:
                continue
            found = (getattr(instance, name, None) for name in methods)
            close = next(filter(callable, found), None)
            try:
                result = close() if close else None
                if isinstance(result, Coroutine):
                    yield result
            except NoAwaitingError:
                registration.instance = instance
                left.append(registration)
                name = type_name(registration.key)
                errors.append(
                    ConfigurationError(f"{name} closes by awaiting; await aclose()", op="close")
                )
            except Exception as error:  # It shall not keep the others open.
                errors.append(error)
    finally:
        made.extend(reversed(left))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {count} objects could not be closed", errors)


def _maker(
    key: object, make: Callable[..., object] | None, instance: object | None
) -> Callable[..., object]:
    name, maker = type_name(key), key if make is None else make
    if instance is not None:
        if make is None:
            return lambda: instance
        problem = f"{name} is given both a maker and an instance; choose one"
    elif not callable(maker):
        kind = type_name(type(maker))  # Not its repr, which may hold a secret.
        problem = f"a {kind} cannot make {name}; pass a ready object as instance=..."
    elif getattr(maker, "_is_protocol", False) or getattr(maker, "__abstractmethods__", None):
        problem = f"{name} cannot be made by {type_name(maker)}, which is abstract; name what can"
    else:
        return maker
    raise ConfigurationError(problem, op="register")


def _obtaining(
    registration: Registration, registrations: Registrations, made: list[Registration]
) -> Steps[Any]:
    if registration.lifetime == "transient":
        return (yield from _creating(registration, registrations, made))
    instance = registration.instance
    if instance is _UNMADE:
        yield registration.gate
        try:
            instance = registration.instance
            if instance is _UNMADE:
                instance = yield from _creating(registration, registrations, made)
                registration.instance = instance
                made.append(registration)
        finally:
            registration.gate.leave()
    return instance


def _creating(
    registration: Registration, registrations: Registrations, made: list[Registration]
) -> Steps[Any]:
    path = (*_path.get(), registration)
    before = _path.set(path)
    try:
        positional: list[object] = []
        named: dict[str, object] = {}
        for dependency in registration.dependencies:
            if needed := registrations.get(dependency.key):
                value = yield from _obtaining(needed, registrations, made)
                if dependency.positional:
                    positional.append(value)
                else:
                    named[dependency.name] = value
        instance = yield from _calling(registration.make, positional, named, _trail(path))
        # A maker that hands on one of its arguments, as an alias does, made nothing.
        given = (*positional, *named.values())
        registration.owned = not any(instance is argument for argument in given)
        return instance
    finally:
        _path.reset(before)


def _calling(
    make: Callable[..., object], positional: list[object], named: dict[str, object], trail: str
) -> Steps[Any]:
    try:
        instance = make(*positional, **named)
        if isinstance(instance, Coroutine):
            instance = yield instance
    except NoAwaitingError:
        raise ConfigurationError(
            f"an async function makes what resolve() is asked for ({trail}); await aresolve(...)",
            op="resolve",
        ) from None
    except Exception as error:
        error.add_note(f"while making {trail}")
        raise
    return instance


def _problems(
    key: object, registrations: Registrations, path: tuple[Registration, ...], sound: set[object]
) -> Iterator[str]:
    registration = registrations.get(key)
    trail = _trail(path, key)
    if registration is None:
        yield f"nothing is registered for {type_name(key)} ({trail}); register what makes it"
    elif registration.instance is not _UNMADE or key in sound:
        return
    elif registration in path:
        yield f"circular dependency ({trail}); let one of them ask later, or for something else"
    else:
        for dependency in registration.dependencies:
            if dependency.problem:
                yield f"{dependency.problem} ({trail})"
            elif dependency.required or dependency.key in registrations:
                deeper = (*path, registration)
                yield from _problems(dependency.key, registrations, deeper, sound)
        sound.add(key)


def _trail(path: tuple[Registration, ...], *keys: object) -> str:
    return " -> ".join(type_name(key) for key in (*(step.key for step in path), *keys))
