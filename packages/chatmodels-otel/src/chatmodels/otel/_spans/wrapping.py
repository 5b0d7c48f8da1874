"""How functions of every kind are watched: plain, async, generators, async generators."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Watched(Protocol):
    """One call of a function."""

    @property
    def scope(self) -> AbstractContextManager[None]:
        """What is in force while the function's own code runs, entered several times in turn."""
        ...

    def end(self, error: BaseException | None, /) -> None:
        """Note the end of the call, which an exception may have caused."""
        ...


Begin = Callable[[], Watched]


def watched(function: Callable[P, R], begin: Begin) -> Callable[P, R]:
    """Give a function that does the same, each call of which is watched.

    A generator is watched from its first step to its last; what is in force for it is not in
    force for whoever consumes it.
    """
    import inspect

    anything: Callable[..., Any] = function
    wrapper: Callable[..., Any]
    if inspect.iscoroutinefunction(function):
        wrapper = _coroutine(anything, begin)
    elif inspect.isasyncgenfunction(function):
        wrapper = _async_generator(anything, begin)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(anything, begin)
    else:
        wrapper = _plain(anything, begin)
    return wraps(function)(wrapper)


def _plain(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        watching = begin()
        try:
            with watching.scope:
                result = function(*args, **kwargs)
        except BaseException as error:
            watching.end(error)
            raise
        watching.end(None)
        return result

    return call


def _coroutine(
    function: Callable[..., Awaitable[Any]], begin: Begin
) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        watching = begin()
        try:
            with watching.scope:
                result = await function(*args, **kwargs)
        except BaseException as error:
            watching.end(error)
            raise
        watching.end(None)
        return result

    return call


def _generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Begin
) -> Callable[..., Generator[Any, Any, Any]]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        watching = begin()
        steps = function(*args, **kwargs)
        step: Callable[[], Any] = partial(next, steps)
        try:
            while True:
                with watching.scope:
                    item = step()
                try:
                    step = partial(steps.send, (yield item))
                except GeneratorExit:
                    with watching.scope:
                        steps.close()
                    raise
                except BaseException as error:
                    step = partial(steps.throw, error)
        except StopIteration as stop:
            watching.end(None)
            return stop.value
        except BaseException as error:
            watching.end(None if isinstance(error, GeneratorExit) else error)
            raise

    return call


def _async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Begin
) -> Callable[..., AsyncGenerator[Any, Any]]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        watching = begin()
        steps = function(*args, **kwargs)
        step: Callable[[], Awaitable[Any]] = partial(anext, steps)
        try:
            while True:
                with watching.scope:
                    item = await step()
                try:
                    step = partial(steps.asend, (yield item))
                except GeneratorExit:
                    with watching.scope:
                        await steps.aclose()
                    raise
                except BaseException as error:
                    step = partial(steps.athrow, error)
        except StopAsyncIteration:
            watching.end(None)
        except BaseException as error:
            watching.end(None if isinstance(error, GeneratorExit) else error)
            raise

    return call
