"""The container creates objects on demand, once, and closes them."""

import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, NewType, Optional, Protocol

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec
import pytest

from chatmodels.core._errors.classes import ConfigurationError
from chatmodels.core.container import Container, Lifetime

if TYPE_CHECKING:
    from decimal import Decimal


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return request.param


class Clock(Protocol):
    def now(self) -> float: ...


class WallClock:
    def now(self) -> float:
        return 1.0


class FrozenClock:
    def now(self) -> float:
        return 42.0


class Repository:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock


class Service:
    def __init__(self, repository: Repository, retries: int = 2) -> None:
        self.repository = repository
        self.retries = retries


def container_of(*classes: type[object]) -> Container:
    container = Container()
    for cls in classes:
        container.register(cls)
    return container


def wired() -> Container:
    container = container_of(Repository, Service)
    container.register(Clock, WallClock)
    return container


# Making and injecting.


def test_the_dependencies_of_a_constructor_are_created_and_injected() -> None:
    service = wired().resolve(Service)
    assert isinstance(service.repository.clock, WallClock)
    assert service.retries == 2


def test_a_type_is_created_by_a_class_or_a_function_or_is_an_instance() -> None:
    ready = FrozenClock()
    container = Container()
    container.register(Service)
    container.register(Repository, lambda: Repository(ready))
    container.register(Clock, instance=ready)
    assert container.resolve(Service).repository.clock is container.resolve(Clock) is ready


def test_a_singleton_is_created_once_and_a_transient_object_for_each_resolution() -> None:
    container = Container()
    container.register(WallClock)
    container.register(FrozenClock, lifetime="transient")
    assert container.resolve(WallClock) is container.resolve(WallClock)
    assert container.resolve(FrozenClock) is not container.resolve(FrozenClock)


def by_string(clock: "Clock") -> Repository:
    return Repository(clock)


def by_optional(clock: Optional[Clock] = None) -> Repository:  # noqa: UP045 - both ways to write it
    return Repository(clock or FrozenClock())


def by_union(clock: Clock | None = None) -> Repository:
    return Repository(clock or FrozenClock())


def by_optional_string(clock: "Clock | None" = None) -> Repository:
    return Repository(clock or FrozenClock())


def by_annotated(clock: Annotated[Clock, "for the time stamps"]) -> Repository:
    return Repository(clock)


def by_keyword(*, clock: Clock, **rest: str) -> Repository:
    return Repository(clock)


def by_name(clock: Clock, zone: str = "UTC", *rest: str) -> Repository:
    return Repository(clock)


@functools.wraps(by_string)
def wrapped(*arguments: object, **options: object) -> Repository:
    return by_string(*arguments, **options)  # type: ignore[arg-type] - passed on as it came


class Builder:
    def __call__(self, clock: Clock) -> Repository:
        return Repository(clock)

    def build(self, clock: Clock) -> Repository:
        return Repository(clock)


class Subclass(Repository):
    """It inherits its constructor."""


class Fields(msgspec.Struct):
    clock: Clock
    names: list[str] = msgspec.field(default_factory=lambda: ["given"])


@pytest.mark.parametrize(
    "make",
    [
        by_string,
        by_optional,
        by_union,
        by_optional_string,
        by_annotated,
        by_keyword,
        by_name,
        wrapped,
        Builder(),
        Builder().build,
        functools.partial(by_name, zone="CET"),
        Subclass,
        Fields,
    ],
)
def test_a_parameter_is_filled_however_its_type_is_written(
    make: Callable[..., Repository],
) -> None:
    container = Container()
    container.register(Clock, WallClock)
    container.register(Repository, make)
    assert isinstance(container.resolve(Repository).clock, WallClock)


@pytest.mark.parametrize("make", [by_optional, by_union, by_optional_string])
def test_a_default_stays_while_nothing_is_registered(make: Callable[..., Repository]) -> None:
    container = Container()
    container.register(Repository, make)
    assert isinstance(container.resolve(Repository).clock, FrozenClock)


def test_the_default_factory_of_a_field_stays() -> None:
    container = Container()
    container.register(Clock, WallClock)
    container.register(Fields)
    assert container.resolve(Fields).names == ["given"]


def test_arguments_bound_by_a_partial_are_not_injected() -> None:
    container = Container()
    container.register(Clock, WallClock)
    container.register(Repository, functools.partial(by_keyword, clock=FrozenClock()))
    assert isinstance(container.resolve(Repository).clock, FrozenClock)


Dsn = NewType("Dsn", str)


def test_a_new_type_distinguishes_plain_values() -> None:
    class Database:
        def __init__(self, dsn: Dsn, name: str = "main") -> None:
            self.dsn, self.name = dsn, name

    container = container_of(Database)
    container.register(Dsn, instance=Dsn("db:"))
    database = container.resolve(Database)
    assert (database.dsn, database.name) == ("db:", "main")


def test_has_reports_registrations_and_clear_removes_them() -> None:
    container = wired()
    assert container.has(Clock)
    assert not container.has(WallClock)
    container.clear()
    assert not container.has(Clock)


def test_a_second_registration_is_refused_unless_it_replaces_the_first() -> None:
    container = wired()
    with pytest.raises(ConfigurationError, match="Clock is already registered; pass replace=True"):
        container.register(Clock, FrozenClock)
    container.register(Clock, FrozenClock, replace=True)
    assert container.resolve(Clock).now() == 42.0


# Types that cannot be created.


def refusal(container: Container, key: type[object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        container.resolve(key)
    assert caught.value.op == "resolve"
    return str(caught.value)


def test_a_missing_dependency_is_named_with_the_whole_path_to_it() -> None:
    container = container_of(Service, Repository)
    assert refusal(container, Service) == "missing dependency: Service -> Repository -> Clock"


def test_resolving_an_unregistered_type_names_it() -> None:
    assert refusal(Container(), Service) == "missing dependency: Service"


def test_a_generic_dependency_is_named_with_its_arguments() -> None:
    class Reader:
        def __init__(self, names: list[str]) -> None: ...

    assert refusal(container_of(Reader), Reader) == "missing dependency: Reader -> list[str]"


def test_a_parameter_without_a_type_is_missing_by_its_name() -> None:
    class Reader:
        def __init__(self, path): ...

    assert refusal(container_of(Reader), Reader) == "missing dependency: Reader -> path"


class Chicken:
    def __init__(self, egg: "Egg") -> None: ...


class Egg:
    def __init__(self, chicken: Chicken) -> None: ...


class Farm:
    def __init__(self, chicken: Chicken) -> None: ...


def test_a_circular_dependency_is_named_with_its_whole_path() -> None:
    container = container_of(Farm, Chicken, Egg)
    assert refusal(container, Chicken) == "circular dependency: Chicken -> Egg -> Chicken"
    assert refusal(container, Farm) == "circular dependency: Farm -> Chicken -> Egg -> Chicken"


@pytest.mark.parametrize("lifetime", ["singleton", "transient"])
def test_a_circle_of_makers_that_resolve_by_themselves_is_found_out(lifetime: Lifetime) -> None:
    container = Container()
    container.register(Chicken, lambda: Chicken(container.resolve(Egg)), lifetime=lifetime)
    container.register(Egg, lambda: Egg(container.resolve(Chicken)), lifetime=lifetime)
    assert refusal(container, Chicken) == "circular dependency: Chicken -> Egg -> Chicken"


def test_an_annotation_that_cannot_be_resolved_is_reported_with_its_type() -> None:
    class Unnamed:
        def __init__(self, price: "Decimal") -> None: ...

    class Shop:
        def __init__(self, unnamed: Unnamed) -> None: ...

    with pytest.raises(NameError, match="Decimal") as caught:
        container_of(Shop, Unnamed).resolve(Shop)
    assert caught.value.__notes__ == ["while creating Unnamed", "while creating Shop"]


def test_a_diamond_of_dependencies_is_not_circular() -> None:
    class Both:
        def __init__(self, service: Service, repository: Repository) -> None:
            self.service, self.repository = service, repository

    container = wired()
    container.register(Both)
    both = container.resolve(Both)
    assert both.service.repository is both.repository


def test_the_error_of_a_maker_passes_through_with_a_note_and_the_next_call_tries_again() -> None:
    outcomes = iter([OSError("no disk"), WallClock()])

    def make() -> WallClock:
        outcome = next(outcomes)
        if isinstance(outcome, OSError):
            raise outcome
        return outcome

    container, made_before = container_of(Service, Repository), ("Repository", "Service")
    container.register(Clock, make)
    with pytest.raises(OSError, match="no disk") as caught:
        container.resolve(Service)
    assert caught.value.__notes__ == [f"while creating {each}" for each in ("Clock", *made_before)]
    assert isinstance(container.resolve(Service).repository.clock, WallClock)


# Overriding.


def test_an_override_also_affects_existing_singletons_and_is_undone_exactly() -> None:
    container, ready = wired(), WallClock()
    container.register(WallClock, instance=ready)
    service = container.resolve(Service)
    with container.override(Clock, FrozenClock):
        assert container.resolve(Service).repository.clock.now() == 42.0
        assert container.resolve(Service) is container.resolve(Service) is not service
        assert container.resolve(WallClock) is ready
        with container.override(Clock, instance=WallClock()):
            assert container.resolve(Service).repository.clock.now() == 1.0
        assert container.resolve(Service).repository.clock.now() == 42.0
        container.register(FrozenClock)
    assert container.resolve(Service) is service
    assert not container.has(FrozenClock)


def test_an_override_reaches_makers_that_resolve_by_themselves() -> None:
    container = wired()
    container.register(Repository, lambda: Repository(container.resolve(Clock)), replace=True)
    assert container.resolve(Service).repository.clock.now() == 1.0
    with container.override(Clock, FrozenClock):
        assert container.resolve(Service).repository.clock.now() == 42.0


def test_an_override_is_undone_when_its_block_raises() -> None:
    container = wired()
    with pytest.raises(ZeroDivisionError), container.override(Clock, FrozenClock):
        raise ZeroDivisionError
    assert container.resolve(Clock).now() == 1.0


def test_an_override_of_an_unregistered_type_is_injected_into_optional_parameters() -> None:
    container = Container()
    container.register(Repository, by_union)
    before = container.resolve(Repository)
    with container.override(Clock, WallClock, lifetime="transient"):
        assert container.resolve(Repository).clock.now() == 1.0
    assert container.resolve(Repository) is before
    assert not container.has(Clock)


# Threads.


def test_eight_concurrent_threads_get_one_singleton_created_once() -> None:
    started, go = threading.Barrier(9), threading.Event()
    made: list[Clock] = []

    def slow() -> Clock:
        go.wait(300)
        made.append(WallClock())
        return made[-1]

    container = container_of(Service, Repository)
    container.register(Clock, slow)
    got: list[object] = []

    def ask(key: type[object]) -> None:
        started.wait(300)
        got.append(container.resolve(key))

    keys = [Service, Repository, Clock, Service, Repository, Clock, Service, Repository]
    threads = [threading.Thread(target=ask, args=(key,), daemon=True) for key in keys]
    for thread in threads:
        thread.start()
    started.wait(300)
    go.set()
    for thread in threads:
        thread.join(300)
    assert len(made) == 1
    assert len(got) == 8
    assert len({id(one) for one in got}) == 3


# Tasks.


async def test_an_async_maker_is_awaited_and_its_singleton_can_then_be_resolved() -> None:
    async def connect(clock: Clock) -> Repository:
        await anyio.lowlevel.checkpoint()
        return Repository(clock)

    container = wired()
    container.register(Repository, connect, replace=True)
    with pytest.raises(ConfigurationError, match=r"await aresolve\(\)") as caught:
        container.resolve(Service)
    assert caught.value.__notes__ == ["while creating Repository", "while creating Service"]
    service = await container.aresolve(Service)
    assert isinstance(service.repository.clock, WallClock)
    assert container.resolve(Service) is service


async def test_concurrent_tasks_get_one_singleton_created_once() -> None:
    made: list[Clock] = []
    go = anyio.Event()

    async def slow() -> Clock:
        await go.wait()
        made.append(WallClock())
        return made[-1]

    container = container_of(Service, Repository)
    container.register(Clock, slow)
    got: list[object] = []

    async def ask(key: type[object]) -> None:
        got.append(await container.aresolve(key))

    async with anyio.create_task_group() as tasks:
        for key in [Service, Clock, Repository, Service]:
            tasks.start_soon(ask, key)
        await anyio.wait_all_tasks_blocked()
        go.set()
    assert len(made) == 1
    assert len(got) == 4
    assert len({id(one) for one in got}) == 3


async def test_when_the_task_that_makes_a_singleton_is_cancelled_another_makes_it() -> None:
    started, go = anyio.Event(), anyio.Event()
    scope = anyio.CancelScope()

    async def slow() -> WallClock:
        started.set()
        await go.wait()
        return WallClock()

    container = Container()
    container.register(WallClock, slow)

    async def first() -> None:
        with scope:
            await container.aresolve(WallClock)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await started.wait()
        scope.cancel()
        go.set()
        assert isinstance(await container.aresolve(WallClock), WallClock)


async def test_a_blocking_call_refuses_to_wait_for_a_task_of_its_own_thread() -> None:
    go = anyio.Event()

    async def slow() -> WallClock:
        await go.wait()
        return WallClock()

    container = Container()
    container.register(WallClock, slow)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(container.aresolve, WallClock)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ConfigurationError, match="is sync and cannot await"):
            container.resolve(WallClock)
        go.set()


@pytest.mark.parametrize("own_loop", [False, True], ids=["blocking", "on its own event loop"])
async def test_a_thread_waits_for_a_singleton_that_a_task_of_another_thread_creates(
    own_loop: bool,
) -> None:
    started, requested = threading.Event(), threading.Event()

    async def slow() -> WallClock:
        started.set()
        await anyio.to_thread.run_sync(requested.wait, 10)
        return WallClock()

    container = Container()
    container.register(WallClock, slow)
    got: list[object] = []

    def ask() -> None:
        started.wait(300)
        requested.set()
        got.append(
            anyio.run(container.aresolve, WallClock) if own_loop else container.resolve(WallClock)
        )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, ask)
        got.append(await container.aresolve(WallClock))
    assert got[0] is got[1]


async def test_a_maker_may_resolve_by_itself_in_both_ways() -> None:
    container = wired()

    async def make() -> Service:
        return Service((await container.aresolve(Repository)), int(container.resolve(Clock).now()))

    container.register(Service, make, replace=True)
    service = await container.aresolve(Service)
    assert service.repository.clock is container.resolve(Clock)


async def test_work_begun_by_a_factory_waits_after_the_factory_has_ended() -> None:
    resume, done, go = anyio.Event(), anyio.Event(), anyio.Event()
    got: list[object] = []
    made: list[WallClock] = []

    async def slow() -> WallClock:
        await go.wait()
        made.append(WallClock())
        return made[-1]

    async def in_the_background() -> None:
        await resume.wait()
        got.append(await container.aresolve(WallClock))
        done.set()

    async with anyio.create_task_group() as tasks:

        def begin() -> FrozenClock:
            tasks.start_soon(in_the_background)
            return FrozenClock()

        container = Container()
        container.register(FrozenClock, begin)
        container.register(WallClock, slow)
        container.resolve(FrozenClock)
        tasks.start_soon(container.aresolve, WallClock)
        await anyio.wait_all_tasks_blocked()
        resume.set()
        await anyio.wait_all_tasks_blocked()
        go.set()
        await done.wait()
    assert got == made
    assert len(made) == 1


async def test_transient_objects_are_created_without_waiting_for_each_other() -> None:
    both = anyio.Event()
    waiting: list[int] = []

    async def slow() -> WallClock:
        waiting.append(1)
        if len(waiting) == 2:
            both.set()
        await both.wait()
        return WallClock()

    container = Container()
    container.register(WallClock, slow, lifetime="transient")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(container.aresolve, WallClock)
        tasks.start_soon(container.aresolve, WallClock)
    assert len(waiting) == 2


# Closing.


class Closable:
    def __init__(self, log: list[str], name: str) -> None:
        self.log, self.name = log, name

    def close(self) -> None:
        self.log.append(self.name)


class First(Closable): ...


class Second(Closable): ...


class Broken(Closable):
    def close(self) -> None:
        super().close()
        raise OSError(self.name)


class Asynchronous(Closable):
    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.log.append(f"{self.name} awaited")


class OnlyAsynchronous:
    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def aclose(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.log.append("only awaited")


class Entered:
    """A lock, or something like it: leaving it without having entered would be an error."""

    __exit__ = None


def closables(log: list[str]) -> Container:
    def second(first: First) -> Second:
        return Second(log, "second")

    container = Container()
    container.register(First, lambda: First(log, "first"))
    container.register(Second, second)
    container.register(Entered)
    return container


def test_created_objects_are_closed_in_reverse_order_once() -> None:
    log: list[str] = []
    container = closables(log)
    container.resolve(Second)
    container.resolve(Entered)
    container.close()
    assert log == ["second", "first"]
    container.close()
    assert log == ["second", "first"]


def test_a_closed_container_makes_its_singletons_anew() -> None:
    container = closables([])
    before = container.resolve(First)
    container.close()
    assert container.resolve(First) is not before


def test_nothing_is_closed_that_the_container_did_not_make_or_does_not_keep() -> None:
    log: list[str] = []
    handed_in = Second(log, "handed in")

    def alias(second: Second) -> Closable:
        return second

    with Container() as container:
        container.register(Second, instance=handed_in)
        container.register(Closable, alias)
        container.register(First, lambda: First(log, "transient"), lifetime="transient")
        assert container.resolve(Closable) is handed_in
        container.resolve(First)
    assert log == []


def test_created_objects_are_closed_after_their_registration_was_cleared() -> None:
    log: list[str] = []
    container = closables(log)
    container.resolve(First)
    container.clear()
    container.close()
    assert log == ["first"]


def test_an_object_that_fails_to_close_does_not_prevent_closing_the_others() -> None:
    log: list[str] = []
    container = closables(log)
    container.register(Broken, lambda: Broken(log, "broken"))
    container.resolve(First)
    container.resolve(Broken)
    container.resolve(Second)
    with pytest.raises(ExceptionGroup, match="could not be closed") as caught:
        container.close()
    assert [repr(error) for error in caught.value.exceptions] == ["OSError('broken')"]
    assert log == ["second", "broken", "first"]


async def test_aclose_prefers_to_await_and_closes_the_others_too() -> None:
    log: list[str] = []
    async with closables(log) as container:
        container.register(Asynchronous, lambda: Asynchronous(log, "both"))
        container.resolve(First)
        container.resolve(Asynchronous)
    assert log == ["both awaited", "first"]


def test_close_suffices_for_objects_with_close_and_aclose() -> None:
    log: list[str] = []
    with Container() as container:
        container.register(Asynchronous, lambda: Asynchronous(log, "both"))
        container.resolve(Asynchronous)
    assert log == ["both"]


def test_objects_with_only_aclose_are_reported_and_the_others_closed() -> None:
    log: list[str] = []
    container = closables(log)
    container.register(OnlyAsynchronous, lambda: OnlyAsynchronous(log))
    container.resolve(First)
    container.resolve(OnlyAsynchronous)
    with pytest.raises(ExceptionGroup) as caught:
        container.close()
    assert "aclose()" in str(caught.value.exceptions[0])
    assert log == ["first"]


async def test_aclose_awaits_objects_with_only_aclose() -> None:
    log: list[str] = []
    async with closables(log) as container:
        container.register(OnlyAsynchronous, lambda: OnlyAsynchronous(log))
        container.resolve(OnlyAsynchronous)
    assert log == ["only awaited"]


async def test_an_error_while_awaiting_a_close_does_not_keep_the_others_open() -> None:
    class Failing:
        async def aclose(self) -> None:
            await anyio.lowlevel.checkpoint()
            raise OSError("no goodbye")

    log: list[str] = []
    container = closables(log)
    container.register(Failing)
    container.resolve(First)
    container.resolve(Failing)
    with pytest.raises(ExceptionGroup, match="could not be closed"):
        await container.aclose()
    assert log == ["first"]
