"""Messages of LangChain are converted; with langchain-core installed, real ones."""

import base64
import sys
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    Citation,
    ConfigurationError,
    FilePart,
    ImagePart,
    InvalidRequestError,
    Message,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCall,
    ToolResult,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core.extending import ProviderState
from chatmodels.core.interop import messages_from_langchain, messages_to_langchain

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@dataclass
class Shown:
    """A message, as far as the converters look at it."""

    type: str
    content_blocks: list[dict[str, Any]]
    name: str | None = None
    tool_call_id: str | None = None
    status: str = "success"
    invalid_tool_calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def block(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


BLOCKS: dict[str, tuple[dict[str, Any], Any]] = {
    "text": (block("text", text="Hi."), TextPart("Hi.")),
    "empty text": (block("text", text=""), None),
    "citation": (
        block(
            "text",
            text="Hi.",
            annotations=[
                block("citation", url="https://example.org", start_index=0, end_index=3),
                block("non_standard_annotation", value={}),
            ],
        ),
        TextPart("Hi.", (Citation(url="https://example.org", start=0, end=3),)),
    ),
    "reasoning": (block("reasoning", reasoning="Hm."), ReasoningPart("Hm.")),
    "hidden reasoning": (block("reasoning", extras={"a": 1}), None),
    "refusal": (block("refusal", refusal="No."), RefusalPart("No.")),
    "call": (block("tool_call", id="c", name="f", args={"a": 1}), ToolCall("c", "f", '{"a":1}')),
    "call cut off": (block("invalid_tool_call", id="c", name="f", args='{"a'), None),
    "image": (
        block("image", base64=base64.b64encode(PNG).decode(), mime_type="image/png"),
        ImagePart(data=PNG, media_type="image/png"),
    ),
    "image by url": (
        block("image", url="https://example.org/a"),
        ImagePart(url="https://example.org/a"),
    ),
    "image by id": (block("image", file_id="file_1"), ImagePart(file_id="file_1")),
    "audio": (
        block("audio", base64="AAAA", mime_type="audio/wav"),
        AudioPart(data=bytes(3), media_type="audio/wav"),
    ),
    "audio by url": (
        block("audio", url="https://example.org/a"),
        AudioPart(url="https://example.org/a"),
    ),
    "audio by id": (block("audio", file_id="file_1"), AudioPart(file_id="file_1")),
    "file": (
        block("file", base64="AAAA", mime_type="application/pdf", extras={"filename": "a.pdf"}),
        FilePart(data=bytes(3), media_type="application/pdf", name="a.pdf"),
    ),
    "video by url": (
        block("video", url="https://example.org/a", mime_type="video/mp4"),
        FilePart(url="https://example.org/a", media_type="video/mp4"),
    ),
    "file by id": (block("file", file_id="file_1"), FilePart(file_id="file_1")),
    "plain text": (
        block("text-plain", text="a", title="A"),
        FilePart(data=b"a", media_type="text/plain", name="A"),
    ),
    "state of a vendor": (block("non_standard", value={"a": 1}), None),
}


@pytest.mark.parametrize(("shown", "part"), BLOCKS.values(), ids=list(BLOCKS))
def test_a_block_is_read(shown: dict[str, Any], part: Any) -> None:
    (message,) = messages_from_langchain([Shown("ai", [shown])])
    assert message.parts == (() if part is None else (part,))


def test_the_roles_are_read() -> None:
    text = [block("text", text="Hi.")]
    assert messages_from_langchain(
        [
            Shown("system", text),
            Shown("human", text, name="ada"),
            Shown("AIMessageChunk", text),
            Shown("tool", text, name="find", tool_call_id="c", status="error"),
        ]
    ) == (
        system("Hi."),
        Message("user", (TextPart("Hi."),), "ada"),
        assistant("Hi."),
        Message("tool", (ToolResult("c", (TextPart("Hi."),), "find", is_error=True),)),
    )


def test_calls_that_were_cut_off_are_read_once() -> None:
    call = block("invalid_tool_call", id="c", name="f", args='{"a')
    (message,) = messages_from_langchain([Shown("ai", [call], invalid_tool_calls=[call])])
    assert message == assistant(ToolCall("c", "f", '{"a'))


@pytest.mark.parametrize(
    ("message", "beginning"),
    [
        ({"type": "human", "data": {}}, "messages[0] must be a message of langchain-core"),
        (Shown("remove", []), "messages[0] has the unknown type 'remove'"),
        (Shown("ai", [block("smell")]), "messages[0].content_blocks[0] has the unknown type"),
        (
            Shown("tool", [block("refusal", refusal="No.")], tool_call_id="c"),
            "messages[0] is a tool result with a part of type 'refusal'",
        ),
    ],
    ids=["a dictionary", "a kind of message", "a kind of block", "a part of a result"],
)
def test_an_error_names_the_place(message: object, beginning: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        messages_from_langchain([message])
    assert caught.value.message.startswith(beginning)


@dataclass
class Written:
    """A message with the arguments of its class."""

    content: Any = ""
    name: str | None = None
    tool_calls: list[Any] = field(default_factory=list[Any])
    invalid_tool_calls: list[Any] = field(default_factory=list[Any])
    tool_call_id: str | None = None
    status: str | None = None


class SystemMessage(Written):
    pass


class HumanMessage(Written):
    pass


class AIMessage(Written):
    pass


class ToolMessage(Written):
    pass


@pytest.fixture
def _langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = ModuleType("langchain_core"), ModuleType("langchain_core.messages")
    for kind in (SystemMessage, HumanMessage, AIMessage, ToolMessage):
        setattr(module, kind.__name__, kind)
    vars(package)["messages"] = module
    monkeypatch.setitem(sys.modules, "langchain_core", package)
    monkeypatch.setitem(sys.modules, "langchain_core.messages", module)


CONVERSATION = (
    system("Be brief."),
    user(
        "Look.",
        ImagePart(data=PNG, media_type="image/png"),
        AudioPart(url="https://example.org/a"),
        FilePart(file_id="file_1", media_type="video/mp4"),
        FilePart(data=b"a", media_type="text/plain", name="a.txt"),
    ),
    assistant(
        ReasoningPart("Hm."),
        ReasoningPart(),
        TextPart("I look.", (Citation(url="https://example.org", end=3),)),
        ProviderPart(ProviderState("other", {})),
        ToolCall("c1", "find", '{"q": 1}'),
        ToolCall("c2", "find", '{"q'),
    ),
    tool_result(ToolCall("c1", "find"), "found"),
    tool_result("c2", "It broke.", is_error=True),
    assistant(RefusalPart("No.")),
    user(),
)


@pytest.mark.usefixtures("_langchain")
def test_messages_are_written() -> None:
    instructions, question, reply, found, broken, refused, empty = messages_to_langchain(
        CONVERSATION
    )
    assert instructions == SystemMessage("Be brief.")
    assert question == HumanMessage(
        [
            block("text", text="Look."),
            block("image", base64=base64.b64encode(PNG).decode(), mime_type="image/png"),
            block("audio", url="https://example.org/a"),
            block("video", file_id="file_1", mime_type="video/mp4"),
            block("file", base64="YQ==", mime_type="text/plain", extras={"filename": "a.txt"}),
        ]
    )
    cited = block("citation", url="https://example.org", end_index=3)
    assert reply.content == [
        block("reasoning", reasoning="Hm."),
        block("text", text="I look.", annotations=[cited]),
    ]
    assert reply.tool_calls == [{"id": "c1", "name": "find", "args": {"q": 1}}]
    (invalid,) = reply.invalid_tool_calls
    assert (invalid["id"], invalid["name"], invalid["args"]) == ("c2", "find", '{"q')
    assert found == ToolMessage("found", "find", tool_call_id="c1", status="success")
    assert broken == ToolMessage("It broke.", tool_call_id="c2", status="error")
    assert refused == AIMessage([block("refusal", refusal="No.")])
    assert empty == HumanMessage("")


@pytest.mark.usefixtures("_langchain")
def test_options_behind_a_result_do_not_become_a_message() -> None:
    option = ProviderPart(ProviderState("anthropic", {"cache_control": {"type": "ephemeral"}}))
    result = ToolResult("c1", (TextPart("found"),))
    assert messages_to_langchain([Message("tool", (result, option))]) == [
        ToolMessage("found", tool_call_id="c1", name=None, status="success")
    ]


def test_a_missing_langchain_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_core", None)
    with pytest.raises(ConfigurationError) as caught:
        messages_to_langchain("Hi.")
    assert "pip install langchain-core" in caught.value.message


def test_real_messages_are_converted_both_ways() -> None:  # pragma: no cover - rarely installed
    pytest.importorskip("langchain_core", reason="langchain-core is not installed")
    written = messages_to_langchain(CONVERSATION[:4])
    read = messages_from_langchain(written)
    reply = assistant(
        ReasoningPart("Hm."),
        TextPart("I look.", (Citation(url="https://example.org", end=3),)),
        ToolCall("c1", "find", '{"q":1}'),
        ToolCall("c2", "find", '{"q'),
    )
    assert read == (*CONVERSATION[:2], reply, CONVERSATION[3])
