"""The tokens of a request are counted by a primitive, or estimated."""

import copy
import threading
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatModel,
    ChatRequest,
    ChatResponse,
    FilePart,
    ImagePart,
    InternalError,
    InvalidRequestError,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    TokenCount,
    ToolCall,
    ToolResult,
    assistant,
    from_json,
    to_json,
    tool,
    user,
)
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core.extending import (
    AsyncTokenCounter,
    CallInfo,
    Observer,
    OutputSchema,
    ProviderState,
    StandardChatModel,
    TokenCounter,
    ToolDefinition,
    estimated_tokens,
)

PDF = b"%PDF-1.7 1 0 obj <</Type /Pages /Count 2>> 2 0 obj <</Type/Page>> 3 0 obj <</Type /Page >>"


class Estimating(StandardChatModel):
    def __init__(self, **options: Any) -> None:
        super().__init__("fake", "m", **options)

    def respond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        raise AssertionError("a count is not a call")


class Counting(Estimating):
    """Counts the messages, and records the thread."""

    threads: tuple[threading.Thread, ...] = ()

    def token_count(self, request: ChatRequest, /) -> TokenCount:
        self.threads += (threading.current_thread(),)
        return TokenCount(input_tokens=len(request.messages), is_estimate=False, method="endpoint")


class Broken(Estimating):
    def token_count(self, request: ChatRequest, /) -> TokenCount:
        raise ValueError("no number")


async def count(model: StandardChatModel, is_async: bool, *args: Any, **options: Any) -> TokenCount:
    if is_async:
        return await model.acount_tokens(*args, **options)
    return model.count_tokens(*args, **options)


def tokens(*parts: Any, **given: Any) -> int:
    """Return the estimate of a message beyond that of an empty one."""
    request = ChatRequest(messages=(Message("user", tuple(parts)),), **given)
    return estimated_tokens(request) - 4


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (TextPart(""), 0),
        (TextPart("four"), 1),
        (TextPart("fives"), 2),
        (TextPart("空は青い"), 3),  # 12 bytes
        (TextPart("\ud800"), 1),  # providers refuse it, with a better error
        (ReasoningPart("four"), 1),
        (RefusalPart("four"), 1),
        (ImagePart(url="https://a.example/cat.png"), 1_000),
        (ImagePart(data=b"x" * 90_000, media_type="image/png"), 1_000),
        (AudioPart(file_id="a-1"), 2_000),
        (AudioPart(data=b"x" * 1_001, media_type="audio/mpeg"), 3),
        (FilePart(file_id="f-1"), 2_000),
        (FilePart(data=b"x" * 9, media_type="text/plain"), 3),
        (FilePart(data=PDF, media_type="application/pdf"), 4_000),
        (FilePart(data=bytearray(PDF), media_type="application/pdf"), 4_000),
        (FilePart(data=b"%PDF-1.7", media_type="application/pdf"), 2_000),
        (ToolCall("c", "four", '{"a":"b"}'), 4 + 1 + 3),
        (ToolResult("c", (TextPart("four"), ImagePart(file_id="i-1"))), 4 + 1 + 1_000),
        (ProviderPart(ProviderState("acme", {"a": "b"})), 3),
        (ProviderPart(ProviderState("acme", 1e999j)), 0),  # not JSON
    ],
)
def test_each_part_has_an_estimate(part: Any, expected: int) -> None:
    assert tokens(part) == expected


def test_each_message_and_each_tool_and_the_schema_count() -> None:
    definition = ToolDefinition("four", "eightees", {"a": "b"})
    assert estimated_tokens(ChatRequest(messages=(user("four"), assistant("four")))) == 10
    assert tokens(tools=(definition, definition)) == 2 * (4 + 1 + 2 + 3)
    assert tokens(output=OutputSchema("o", {"a": "b"})) == 4 + 3
    assert tokens(output=OutputSchema("o", None)) == 0


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_model_without_an_endpoint_estimates(is_async: bool) -> None:
    model = Estimating()
    counted = await count(model, is_async, "four")
    assert counted == TokenCount(
        input_tokens=5,
        is_estimate=True,
        method="estimate",
        note="fake has no endpoint that counts tokens",
    )
    assert from_json(to_json(counted), TokenCount) == counted


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_whole_request_is_counted(is_async: bool) -> None:
    @tool
    def weather(city: str) -> str:
        """Return the weather."""
        raise AssertionError

    bare = (await count(Estimating(), is_async, "four")).input_tokens
    with_tools = await count(Estimating(), is_async, "four", tools=[weather])
    with_output = await count(Estimating(), is_async, "four", output_type=dict[str, int])
    ready = await count(Estimating(), is_async, ChatRequest(messages=(user("four"),)))

    assert with_tools.input_tokens > bare
    assert with_output.input_tokens > bare
    assert ready.input_tokens == bare


async def test_a_blocking_count_runs_in_a_thread_for_async_callers() -> None:
    model = Counting()
    counted = await model.acount_tokens(["a", "b"])
    assert (counted.input_tokens, counted.is_estimate, counted.note) == (2, False, "")
    assert model.threads != (threading.current_thread(),)


@pytest.mark.parametrize("is_async", [False, True])
async def test_wrong_arguments_and_failures_name_the_operation(is_async: bool) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        await count(Estimating(), is_async, "?", temperature="hot")
    assert (refused.value.op, refused.value.model) == ("count_tokens", "m")

    with pytest.raises(InternalError) as failed:
        await count(Broken(), is_async, "?")
    assert (failed.value.op, failed.value.provider) == ("count_tokens", "fake")


@pytest.mark.parametrize("is_async", [False, True])
async def test_omitted_settings_are_in_the_warnings(is_async: bool) -> None:
    model = Estimating(supported_settings=frozenset(), on_unsupported="warn")
    (warning,) = (await count(model, is_async, "?", seed=1)).warnings
    assert "seed" in warning


@pytest.mark.parametrize("is_async", [False, True])
async def test_observers_and_policies_do_not_see_counts(is_async: bool) -> None:
    class Refusing(Observer[Any]):
        def start(self, call: CallInfo, /) -> Any:
            raise AssertionError("a count is not a call")

        end = start  # pyright: ignore[reportAssignmentType] - never called

    def refuse(call: CallInfo, request: ChatRequest, /) -> Any:
        raise AssertionError("a count is not a call")

    model = Counting().with_observers(Refusing()).with_policies(refuse)
    assert (await count(model, is_async, "?")).input_tokens == 1
    with pytest.raises(InvalidRequestError):
        await count(model, is_async, [])


@pytest.mark.parametrize("is_async", [False, True])
async def test_the_model_of_an_alias_counts_as_its_target(fake: Any, is_async: bool) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("acme"))
    registry.register_provider(fake("other"))
    registry.set_alias("default", "acme:large")
    model: Any = registry.create_chat_model("default")
    assert (await count(model, is_async, "?")).note.startswith("acme")
    registry.set_alias("default", "other:small")
    assert (await count(copy.copy(model), is_async, "?")).note.startswith("other")


def test_every_model_is_a_counter() -> None:
    model = Estimating()
    assert isinstance(model, ChatModel)
    assert isinstance(model, TokenCounter)
    assert isinstance(model, AsyncTokenCounter)
    assert "temperature" in (type(model).count_tokens.__doc__ or "temperature with -OO")
