"""Wraps functions to observe their calls: plain, async, generators, async generators."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class ObservedCall(Protocol):
    """One call of a function."""

    @property
    def scope(self) -> AbstractContextManager[None]:
        """The context manager around each run of the function's code, entered repeatedly."""
        ...

    def end(self, error: BaseException | None, /) -> None:
        """Record the end of the call, with its exception if there is one."""
        ...


Begin = Callable[[], ObservedCall]


def observe_calls(function: Callable[P, R], begin: Begin) -> Callable[P, R]:
    """Wrap a function to observe each of its calls.

    A generator is observed from its first step to its last. Its scope is not active in the code
    that consumes it.
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
        observed = begin()
        try:
            with observed.scope:
                result = function(*args, **kwargs)
        except BaseException as error:
            observed.end(error)
            raise
        observed.end(None)
        return result

    return call


def _coroutine(
    function: Callable[..., Awaitable[Any]], begin: Begin
) -> Callable[..., Awaitable[Any]]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        observed = begin()
        try:
            with observed.scope:
                result = await function(*args, **kwargs)
        except BaseException as error:
            observed.end(error)
            raise
        observed.end(None)
        return result

    return call


def _generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Begin
) -> Callable[..., Generator[Any, Any, Any]]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        observed = begin()
        steps = function(*args, **kwargs)
        step: Callable[[], Any] = partial(next, steps)
        try:
            while True:
                with observed.scope:
                    item = step()
                try:
                    step = partial(steps.send, (yield item))
                except GeneratorExit:
                    with observed.scope:
                        steps.close()
                    raise
                except BaseException as error:
                    step = partial(steps.throw, error)
        except StopIteration as stop:
            observed.end(None)
            return stop.value
        except BaseException as error:
            observed.end(None if isinstance(error, GeneratorExit) else error)
            raise

    return call


def _async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Begin
) -> Callable[..., AsyncGenerator[Any, Any]]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        observed = begin()
        steps = function(*args, **kwargs)
        step: Callable[[], Awaitable[Any]] = partial(anext, steps)
        try:
            while True:
                with observed.scope:
                    item = await step()
                try:
                    step = partial(steps.asend, (yield item))
                except GeneratorExit:
                    with observed.scope:
                        await steps.aclose()
                    raise
                except BaseException as error:
                    step = partial(steps.athrow, error)
        except StopAsyncIteration:
            observed.end(None)
        except BaseException as error:
            observed.end(None if isinstance(error, GeneratorExit) else error)
            raise

    return call
