"""A program that uses chatmodels, for pyright and mypy to check as its users do.

It is read by the type checkers and never run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, assert_type

import chatmodels.http
import chatmodels.openai_compatible
import chatmodels.providers.openai
from chatmodels.core import (
    ChatModel,
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    HealthReport,
    Message,
    StreamEnd,
    StreamEvent,
    TextDelta,
    Timeout,
    Tool,
    ToolCall,
    ToolContext,
    ToolEnd,
    ToolResult,
    ToolRun,
    Usage,
    arun_tools,
    astream_tools,
    check_health,
    create_chat_model,
    from_json,
    image,
    list_models,
    list_providers,
    repair_conversation,
    run_tools,
    set_alias,
    stream_tools,
    system,
    to_json,
    tool,
    user,
)
from chatmodels.core.container import Container
from chatmodels.core.extending import (
    CallInfo,
    Capability,
    Observer,
    Provider,
    StandardChatModel,
    ToolDefinition,
    ToolStreamEvent,
    provider,
    providers_with,
)
from chatmodels.providers.mock import MockChatModel
from chatmodels.resilience import Retry
from chatmodels.testing import Simulator


@dataclass
class Primes:
    numbers: list[int]


class Place(TypedDict):
    city: str


@tool
def weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    return f"7 {unit} in {city}"


def calls(model: ChatModel) -> None:
    plain = model.generate("Hello", temperature=0.2, stop=["."], timeout=30)
    assert_type(plain, ChatResponse[None])
    assert_type(plain.text, str)
    assert_type(plain.usage.output_tokens, int | None)
    assert_type(model.generate("Three primes", output_type=Primes).parsed, Primes)
    assert_type(model.generate("Where?", output_type=Place).parsed, Place)
    prompt = [system("Be brief."), user("Describe", image(b"..."))]
    assert_type(model.generate(prompt, tools=[weather], tool_choice="auto").tool_calls[0], ToolCall)
    assert_type(
        model.batch(["a", "b"], max_concurrency=2), list[ChatResponse[None] | ChatModelError]
    )
    for index, result in model.batch_as_completed(iter(["a", "b"]), output_type=Primes):
        assert_type(index, int)
        assert_type(result, ChatResponse[Primes] | ChatModelError)
    with model.stream(prompt, output_type=Primes) as stream:
        for event in stream:
            if event.type == "text_delta":
                assert_type(event, TextDelta)
    assert_type(stream.response.parsed, Primes)


async def awaited_calls(model: ChatModel) -> None:
    assert_type((await model.agenerate("Three primes", output_type=Primes)).parsed, Primes)
    async with model.abatch_as_completed(["a", "b"], on_progress=print) as results:
        async for _, result in results:
            assert_type(result, ChatResponse[None] | ChatModelError)
    async with model.astream("Hello") as stream:
        async for event in stream:
            assert_type(event, StreamEvent)
    assert_type(stream.response, ChatResponse[None])


def tools(call: ToolCall) -> None:
    assert_type(weather("Oslo", unit="F"), str)
    assert_type(weather.call(call), ToolResult)
    assert_type(call.arguments, dict[str, Any])


async def look_up(**arguments: str) -> str:
    return arguments["path"]


async def tools_from_elsewhere(definition: ToolDefinition) -> None:
    read = Tool.from_definition(definition, look_up)
    assert_type(await read(path="a.txt"), str)
    everything: list[Tool[..., Any]] = [read, weather]
    assert_type(everything[0].name, str)


@dataclass
class Shop:
    name: str


@tool
def order(context: ToolContext[Shop], sku: str) -> str:
    return f"{sku} from {context.value.name}"


def approve(context: ToolContext[Shop]) -> str | None:
    assert_type(context.value, Shop)
    return None if context.value.name else "no shop"


async def approve_later(context: ToolContext[Shop]) -> ToolCall | None:
    return context.call


def mask(context: ToolContext[Shop], end: ToolEnd) -> ToolResult | None:
    assert_type(end.error, Exception | None)
    return None


def tool_loops(model: ChatModel) -> None:
    plain = run_tools(model, "Weather in Oslo?", tools=[weather], max_rounds=3, temperature=0.2)
    assert_type(plain, ToolRun[None])
    assert_type(plain.response, ChatResponse[None])
    assert_type(plain.messages, tuple[Message, ...])
    assert_type(plain.usage, Usage)
    assert_type(
        run_tools(
            model,
            plain.messages,
            tools=[order],
            output_type=Primes,
            context=Shop("Lee"),
            before_tool=approve,
            after_tool=mask,
        ).parsed,
        Primes,
    )
    with stream_tools(model, "Hello", tools=[weather], output_type=Place) as stream:
        for event in stream:
            assert_type(event, ToolStreamEvent)
            if event.type == "tool_end":
                assert_type(event, ToolEnd)
    assert_type(stream.run.parsed, Place)
    assert_type(repair_conversation(plain.messages), tuple[Message, ...])
    assert_type(sum([plain.usage], Usage()), Usage)
    assert_type(sum([plain.usage]), Usage | Literal[0])


async def awaited_tool_loops(model: ChatModel) -> None:
    done = await arun_tools(
        model,
        "Order tea",
        tools=[order],
        output_type=Primes,
        context=Shop("Lee"),
        before_tool=approve_later,
        on_limit="return",
    )
    assert_type(done.parsed, Primes)
    async with astream_tools(
        model, "Order tea", tools=[order], context=Shop("Lee"), before_tool=approve
    ) as stream:
        async for event in stream:
            assert_type(event, ToolStreamEvent)
    assert_type(stream.run, ToolRun[None])


def errors(model: ChatModel) -> float | None:
    try:
        model.generate("Hello", timeout=Timeout(total=30, first_event=5))
    except ChatModelError as error:
        assert_type(error.code, ErrorCode)
        return error.retry_after if error.retryable else None
    return None


def front_door() -> None:
    set_alias("default", "openai:gpt-6.1-terra")
    assert_type(create_chat_model("default", api_key=lambda: "key", max_retries=4), ChatModel)
    assert_type(provider(list_providers()[0]), Provider)
    assert_type(providers_with(Capability.VISION), list[str])
    assert_type(check_health()["openai"], HealthReport)
    assert_type(list_models("openai", timeout=5)[0].name, str)
    assert_type(from_json(to_json([user("Hello")]), tuple[Message, ...]), tuple[Message, ...])


class Counting:
    def start(self, call: CallInfo, /) -> object:
        return call.model

    def first_event(self, token: object, /) -> None: ...

    def end(
        self, token: object, response: ChatResponse[object] | None, error: BaseException | None, /
    ) -> None: ...


class Reverse(StandardChatModel):
    def events(self, request: ChatRequest, call: CallInfo, /) -> Iterator[StreamEvent]:
        yield TextDelta(request.messages[-1].text[::-1])
        yield StreamEnd()


def own_model() -> ChatModel:
    observer: Observer = Counting()
    found = (
        create_chat_model("openai:gpt-6.1-terra").with_policies(Retry()).with_observers(observer)
    )
    assert_type(found, ChatModel)
    return Reverse("reverse", "r").with_policies(Retry(max_retries=1)).with_observers(observer)


def container() -> None:
    with Container() as made:
        made.register(Counting)
        assert_type(made.resolve(Counting), Counting)


def testing() -> None:
    model: ChatModel = MockChatModel(responses=["Hello"])
    with Simulator() as simulator:
        assert_type(simulator.base_url, str)
    model.close()


PACKAGES = (chatmodels.http, chatmodels.openai_compatible, chatmodels.providers.openai)
