"""Every way to run a model with tools, and a model that follows a script."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ToolRun,
    Usage,
    arun_tools,
    assistant,
    astream_tools,
    run_tools,
    stream_tools,
)
from chatmodels.core.extending import CallInfo, StandardChatModel

SHAPES = ["sync", "sync stream", "asyncio", "asyncio stream", "trio", "trio stream"]


class Scripted(StandardChatModel):
    """Returns, one after the other, texts, parts, responses and errors."""

    def __init__(self, *script: Any, **options: Any) -> None:
        super().__init__("fake", "scripted", **options)
        self.script = list(script)
        self.requests: list[ChatRequest] = []

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        self.requests.append(request)
        reply = self.script.pop(0)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, ChatResponse):
            return reply
        message = assistant(*reply) if isinstance(reply, tuple) else assistant(reply)
        reason = "tool_calls" if message.tool_calls else "stop"
        usage = Usage(input_tokens=10, output_tokens=1)
        return ChatResponse(message=message, finish_reason=reason, usage=usage)

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        return self.respond(request, call)


@pytest.fixture
def scripted() -> type[Scripted]:
    return Scripted


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend(shape: str) -> str:
    return "asyncio" if shape.startswith("sync") else shape.split(maxsplit=1)[0]


Run = Callable[..., Awaitable[ToolRun[Any]]]


@pytest.fixture
def run(shape: str) -> Run:
    """Run a model with tools, whole or streamed, sync or async."""

    async def perform(model: Any, prompt: Any, **options: Any) -> ToolRun[Any]:
        if shape == "sync":
            return run_tools(model, prompt, **options)
        if shape == "sync stream":
            return stream_tools(model, prompt, **options).collect()
        if shape.endswith("stream"):
            return await astream_tools(model, prompt, **options).collect()
        return await arun_tools(model, prompt, **options)

    return perform
