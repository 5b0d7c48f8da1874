"""Messages and their parts: short to write, read back with ease, refused when malformed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    ErrorCode,
    ImagePart,
    InvalidRequestError,
    Message,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolArgumentsError,
    ToolCall,
    ToolChoice,
    ToolResult,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import StandardChatModel, as_messages

CAT = ImagePart(url="https://example.com/cat.png")
CALL = ToolCall("call_1", "weather", '{"city": "Oslo"}')
OF_OPENAI = {"role": "user", "content": "Hi"}


class Echo(StandardChatModel):
    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        raise AssertionError("nothing is sent")


class Iterating:
    """Iterates over its fields, as objects of pydantic do."""

    def __iter__(self) -> Iterator[tuple[str, object]]:
        raise AssertionError("it is not read")


class OfLangChain(Iterating):
    type = "human"

    @property
    def content_blocks(self) -> list[object]:
        raise AssertionError("a refusal reads no content")


class PromptOfLangChain(Iterating):
    def to_messages(self) -> list[object]:
        raise AssertionError("a refusal converts nothing")


class OfAnSdk(Iterating):
    def __init__(self) -> None:
        self.role = "assistant"
        self.content = "Hi"


@pytest.mark.parametrize(
    ("message", "role"),
    [
        pytest.param(system("Hi", CAT), "system", id="system"),
        pytest.param(user("Hi", CAT), "user", id="user"),
        pytest.param(assistant("Hi", CAT), "assistant", id="assistant"),
    ],
)
def test_texts_and_parts_are_mixed_at_will(message: Message, role: str) -> None:
    assert message == Message(role, (TextPart("Hi"), CAT))  # type: ignore[arg-type] - parametrised


def test_a_message_has_its_text_its_reasoning_and_its_tool_calls() -> None:
    message = assistant(
        ReasoningPart("Hm, "), "It is ", CALL, RefusalPart("no"), ReasoningPart("well"), "cold."
    )

    assert message.text == "It is cold."
    assert message.reasoning == "Hm, well"
    assert message.tool_calls == (CALL,)


def test_a_list_of_parts_becomes_a_tuple() -> None:
    message = Message("user", [TextPart("Hi")])  # type: ignore[arg-type] - as many write it

    assert message == user("Hi")
    assert hash(message) == hash(user("Hi"))


@pytest.mark.parametrize(
    ("write", "words"),
    [
        pytest.param(lambda: user(3), "not int (in user)", id="number"),
        pytest.param(lambda: user(["a", "b"]), "not list (in user)", id="list"),
        pytest.param(
            lambda: Message("user", "Hi"), "tuple of parts, not str; user()", id="bare-text"
        ),
        pytest.param(lambda: Message("user", ("Hi",)), "not str (in user)", id="text-in-tuple"),
        pytest.param(lambda: tool_result("call_1", CALL), "not ToolCall", id="call-as-result"),
        pytest.param(
            lambda: tool_result((CALL,), "-3 C"), "not tuple; pass each of", id="all-calls"
        ),
        pytest.param(
            lambda: Message("developer", ()), "no role 'developer'; use one of", id="role"
        ),
    ],
)
def test_other_values_than_parts_are_refused(write: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        write()

    assert words in caught.value.message


def test_a_complete_tool_result_becomes_a_message() -> None:
    result = ToolResult("call_1", (TextPart("cold"),))

    assert tool_result(result) == Message("tool", (result,))
    with pytest.raises(InvalidRequestError, match="the result has its content"):
        tool_result(result, "more")


@pytest.mark.parametrize(
    ("call", "name"),
    [pytest.param(CALL, "weather", id="call"), pytest.param("call_1", None, id="id")],
)
def test_a_tool_result_accepts_a_call_or_its_id(call: ToolCall | str, name: str | None) -> None:
    message = tool_result(call, "cold, ", CAT, "-3 C", is_error=True)

    assert message.role == "tool"
    (result,) = message.parts
    assert result == ToolResult("call_1", (TextPart("cold, "), CAT, TextPart("-3 C")), name, True)
    assert isinstance(result, ToolResult)
    assert result.text == "cold, -3 C"


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        pytest.param("Hi", (user("Hi"),), id="text"),
        pytest.param(system("Hi"), (system("Hi"),), id="message"),
        pytest.param([system("S"), "Hi"], (system("S"), user("Hi")), id="list"),
        pytest.param((user("Hi"),), (user("Hi"),), id="tuple"),
    ],
)
def test_a_prompt_has_many_forms(prompt: Any, expected: tuple[Message, ...]) -> None:
    assert as_messages(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        pytest.param([], "no messages; pass", id="empty"),
        pytest.param(3, "not int; see system()", id="number"),
        pytest.param(b"Hi", "not bytes; see system()", id="bytes"),
        pytest.param(
            [user("Hi"), TextPart("Hi")], "not TextPart; put it into a message", id="part"
        ),
        pytest.param(
            [user("Hi"), ChatResponse(message=assistant("Ho"))],
            "not ChatResponse; pass its .message",
            id="response",
        ),
    ],
)
def test_other_values_than_prompts_are_refused(prompt: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        as_messages(prompt)

    assert words in caught.value.message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        pytest.param(
            OF_OPENAI, "not dict; messages_from_openai() and messages_from_anthropic()", id="dict"
        ),
        pytest.param(OfAnSdk(), "not OfAnSdk; messages_from_openai() and", id="SDK"),
        pytest.param(OfLangChain(), "not OfLangChain; messages_from_langchain()", id="LangChain"),
        pytest.param(
            PromptOfLangChain(),
            "not PromptOfLangChain; messages_from_langchain() of chatmodels.core.interop converts "
            "the to_messages()",
            id="prompt of LangChain",
        ),
    ],
)
@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param(lambda message: message, id="alone"),
        pytest.param(lambda message: [message], id="list"),
        pytest.param(lambda message: [user("Hi"), message], id="mixed list"),
        pytest.param(lambda message: iter([message]), id="iterator"),
        pytest.param(lambda message: ChatRequest(messages=(message,)), id="request"),
    ],
)
def test_a_prompt_of_another_library_is_refused_with_the_name_of_its_converter(
    prompt: Callable[[Any], Any], message: Any, words: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        Echo("fake", "echo").generate(prompt(message))

    assert words in caught.value.message
    assert "chatmodels.core.interop" in caught.value.message


def test_a_part_of_another_library_is_refused_with_the_name_of_the_converter() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        user({"type": "text", "text": "Hi"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    assert "messages_from_openai() and" in caught.value.message
    assert "as whole messages" in caught.value.message


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param('{"city": "Oslo"}', {"city": "Oslo"}, id="object"),
        pytest.param("", {}, id="empty"),
        pytest.param(" \n", {}, id="blank"),
        pytest.param("null", {}, id="null"),
        pytest.param(
            '{"n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890}, id="big"
        ),
    ],
)
def test_arguments_are_parsed(written: str, expected: object) -> None:
    assert ToolCall("1", "weather", written).arguments == expected


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('{"city": "Os', id="cut-off"),
        pytest.param("[1]", id="array"),
        pytest.param('"Oslo"', id="string"),
        pytest.param('{"city": "\ud800"}', id="surrogate"),
        pytest.param('{"a":' * 100_000, id="too-deep"),
        pytest.param('{"a": 1e999}', id="too-large"),
    ],
)
def test_arguments_that_are_not_an_object_raise_an_error_that_names_the_tool(written: str) -> None:
    with pytest.raises(ToolArgumentsError) as caught:
        _ = ToolCall("1", "weather", written).arguments

    assert caught.value.code is ErrorCode.TOOL_ARGUMENTS_INVALID
    assert caught.value.message.startswith("the arguments of tool call 'weather' are not a JSON")
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    ("mode", "name"),
    [pytest.param("tool", None, id="nameless"), pytest.param("auto", "weather", id="superfluous")],
)
def test_a_tool_choice_has_a_name_exactly_if_it_demands_one_tool(mode: Any, name: Any) -> None:
    with pytest.raises(InvalidRequestError, match="has a name if, and only if, its mode is 'tool'"):
        ToolChoice(mode, name)
