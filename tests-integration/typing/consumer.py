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
    ToolCall,
    ToolResult,
    check_health,
    create_chat_model,
    from_json,
    image,
    list_providers,
    set_alias,
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
    asked = [system("Be brief."), user("Describe", image(b"..."))]
    assert_type(model.generate(asked, tools=[weather], tool_choice="auto").tool_calls[0], ToolCall)
    assert_type(
        model.batch(["a", "b"], max_concurrency=2), list[ChatResponse[None] | ChatModelError]
    )
    with model.stream(asked, output_type=Primes) as stream:
        for event in stream:
            if event.type == "text_delta":
                assert_type(event, TextDelta)
    assert_type(stream.response.parsed, Primes)


async def awaited_calls(model: ChatModel) -> None:
    assert_type((await model.agenerate("Three primes", output_type=Primes)).parsed, Primes)
    async with model.astream("Hello") as stream:
        async for event in stream:
            assert_type(event, StreamEvent)
    assert_type(stream.response, ChatResponse[None])


def tools(call: ToolCall) -> None:
    assert_type(weather("Oslo", unit="F"), str)
    assert_type(weather.call(call), ToolResult)
    assert_type(call.arguments, dict[str, Any])


def errors(model: ChatModel) -> float | None:
    try:
        model.generate("Hello", timeout=Timeout(total=30, first_event=5))
    except ChatModelError as error:
        assert_type(error.code, ErrorCode)
        return error.retry_after
    return None


def front_door() -> None:
    set_alias("default", "openai:gpt-6.1-terra")
    assert_type(create_chat_model("default", api_key=lambda: "key", max_retries=4), ChatModel)
    assert_type(provider(list_providers()[0]), Provider)
    assert_type(providers_with(Capability.VISION), list[str])
    assert_type(check_health()["openai"], HealthReport)
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
