"""Conversations in the Responses API, as they are written."""

import base64
import json
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    Part,
    ProviderPart,
    ReasoningPart,
    RefusalPart,
    Settings,
    TextPart,
    ToolCall,
    ToolResult,
    UnsupportedError,
    assistant,
    system,
    tool_result,
    user,
)
from chatmodels.core._calls.negotiation import negotiate
from chatmodels.core.extending import ProviderState
from chatmodels.http import Codec
from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec

MARK = "vendor.responses"
CODEC = responses_codec(ResponsesDialect(name="vendor"))
DATA = base64.b64encode(b"data").decode()
PNG = ImagePart(data=b"data", media_type="image/png")
PDF = FilePart(data=b"data", media_type="application/pdf", name="a.pdf")
SHOWN = {"type": "input_image", "image_url": f"data:image/png;base64,{DATA}"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}
SEALED = REASONING | {"encrypted_content": "sealed"}


def items(*messages: Message, codec: Codec = CODEC, **settings: Any) -> Any:
    request = ChatRequest(messages=messages, settings=Settings(**settings))
    request, _ = negotiate(request, codec.profile("m"), provider="vendor")
    return json.loads(codec.encode("m", request, stream=False).body)["input"]


def content(part: Part) -> Any:
    ((found,),) = [item["content"] for item in items(user(part))]
    return found


def own(**state: Any) -> ProviderState:
    return ProviderState(MARK, state)


def reasoning(item: dict[str, Any]) -> ReasoningPart:
    return ReasoningPart("So be it.", ProviderState(MARK, item))


def test_all_roles_have_their_places() -> None:
    call = ToolCall("call_1", "clock", "")
    assert items(
        system("Be brief."),
        user("Now?", "And then?"),
        assistant("One moment.", call),
        tool_result(call, "Noon."),
        Message("user", ()),
    ) == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Now?"},
                {"type": "input_text", "text": "And then?"},
            ],
        },
        {"type": "message", "role": "assistant", "content": "One moment."},
        {"type": "function_call", "call_id": "call_1", "name": "clock", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_1", "output": "Noon."},
        {"role": "user", "content": ""},
    ]


def test_instructions_can_have_another_role() -> None:
    codec = responses_codec(ResponsesDialect(name="vendor", system_role="developer"))
    assert items(system("Be brief."), codec=codec)[0]["role"] == "developer"


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(PNG, SHOWN, id="an image"),
        pytest.param(
            ImagePart(url="https://a/b.png", detail="low"),
            {"type": "input_image", "image_url": "https://a/b.png", "detail": "low"},
            id="an image by URL",
        ),
        pytest.param(
            ImagePart(file_id="file-1"),
            {"type": "input_image", "file_id": "file-1"},
            id="an image by id",
        ),
        pytest.param(
            PDF,
            {
                "type": "input_file",
                "filename": "a.pdf",
                "file_data": f"data:application/pdf;base64,{DATA}",
            },
            id="a file",
        ),
        pytest.param(
            FilePart(data=b"data", media_type="text/plain"),
            {
                "type": "input_file",
                "filename": "file.txt",
                "file_data": f"data:text/plain;base64,{DATA}",
            },
            id="a file without a name",
        ),
        pytest.param(
            FilePart(url="https://a/b.pdf"),
            {"type": "input_file", "file_url": "https://a/b.pdf"},
            id="a file by URL",
        ),
        pytest.param(
            FilePart(file_id="file-1"), {"type": "input_file", "file_id": "file-1"}, id="a file id"
        ),
    ],
)
def test_media_are_shown(part: Part, expected: dict[str, Any]) -> None:
    assert content(part) == expected


def test_audio_is_sent_as_its_transcript() -> None:
    assert items(user(AudioPart(data=b"RIFF", media_type="audio/wav", transcript="Hi."))) == [
        {"role": "user", "content": "Hi."}
    ]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (
            user(AudioPart(data=b"RIFF", media_type="audio/wav")),
            "audio of type audio/wav in a user message",
        ),
        (
            user(FilePart(data=b"x", media_type="video/mp4")),
            "a video of type video/mp4 in a user message",
        ),
        (user(ToolCall("c", "f")), "a tool call in a message of role 'user' (message 0)"),
        (system(PNG), "an image of type image/png in a system message"),
        (Message("system", (ToolResult("c"),)), "a tool result in a message of role 'system'"),
        (assistant(ToolResult("c")), "a tool result in a message of role 'assistant'"),
        (
            tool_result("c", AudioPart(data=b"x", media_type="audio/wav")),
            "audio of type audio/wav in the result of the tool 'c'",
        ),
        (Message("tool", (RefusalPart("No."),)), "a refusal in a message of role 'tool'"),
    ],
)
def test_unsupported_parts_raise(message: Message, problem: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        items(message)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "part",
    [ImagePart(file_id="i"), FilePart(url="https://a"), FilePart(file_id="f"), FilePart(data=b"x")],
    ids=["image", "file by URL", "file by id", "file"],
)
def test_a_vendor_can_accept_fewer_media(part: Part) -> None:
    codec = responses_codec(ResponsesDialect(name="vendor", inputs=frozenset({"image"})))
    assert items(user(PNG), codec=codec)
    with pytest.raises(UnsupportedError, match="vendor does not support"):
        items(user(part), codec=codec)


def test_results_can_contain_media() -> None:
    call = ToolCall("c", "camera", "{}")
    (_, output) = items(assistant(call), tool_result(call, "Look:", PNG))
    assert output["output"] == [{"type": "input_text", "text": "Look:"}, SHOWN]
    assert items(assistant(call), tool_result(call))[1]["output"] == ""


def test_output_of_the_model_is_sent_back_beside_its_reasoning() -> None:
    """Items name their reasoning, and reasoning the item that follows."""
    texts = [
        TextPart("One ", signature=own(id="msg_1", phase="commentary")),
        TextPart("moment.", signature=own(id="msg_1", phase="commentary")),
        TextPart("Now.", signature=own(id="msg_2")),
    ]
    call = ToolCall("c", "clock", "{}", own(id="fc_1", namespace="n"))
    message = {"type": "message", "role": "assistant", "status": "completed"}

    assert items(assistant(reasoning(REASONING), *texts, call)) == [
        REASONING,
        message
        | {
            "id": "msg_1",
            "phase": "commentary",
            "content": [
                {"type": "output_text", "text": "One ", "annotations": []},
                {"type": "output_text", "text": "moment.", "annotations": []},
            ],
        },
        message
        | {
            "id": "msg_2",
            "content": [{"type": "output_text", "text": "Now.", "annotations": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "namespace": "n",
            "call_id": "c",
            "name": "clock",
            "arguments": "{}",
        },
    ]


def test_output_without_its_reasoning_is_sent_back_without_ids() -> None:
    text = TextPart("One moment.", signature=own(id="msg_1", phase="commentary"))
    call = ToolCall("c", "clock", "{}", own(id="fc_1", namespace="n"))
    assert items(assistant(text, call)) == [
        {"type": "message", "role": "assistant", "content": "One moment.", "phase": "commentary"},
        {
            "type": "function_call",
            "namespace": "n",
            "call_id": "c",
            "name": "clock",
            "arguments": "{}",
        },
    ]


def test_reasoning_that_is_neither_stored_nor_sealed_is_left_out() -> None:
    text = TextPart("Now.", signature=own(id="msg_1"))
    plain = {"type": "message", "role": "assistant", "content": "Now."}
    assert items(assistant(reasoning(REASONING), text), store=False) == [plain]
    assert items(assistant(reasoning(SEALED), text), store=False)[0] == SEALED
    assert items(assistant(reasoning(REASONING), text), store=True)[0] == REASONING
    messages = (assistant(reasoning(REASONING), text),)
    request = ChatRequest(messages=messages, provider_options={"store": False})
    assert json.loads(CODEC.encode("m", request, stream=False).body)["input"] == [plain]


def test_reasoning_at_the_end_is_left_out() -> None:
    assert items(assistant("Now.", reasoning(SEALED)), user("And?")) == [
        {"type": "message", "role": "assistant", "content": "Now."},
        {"role": "user", "content": "And?"},
    ]


def test_state_of_other_vendors_is_left_out() -> None:
    other = ProviderState("other", {"id": "x"})
    parts = (
        ReasoningPart("Hm.", other),
        ProviderPart(other),
        TextPart("Now.", signature=other),
        RefusalPart("No."),
        ToolCall("c", "f", "{}", other),
    )
    assert items(Message("assistant", parts, name="Ann"), user(ReasoningPart("Hm."))) == [
        {"type": "message", "role": "assistant", "content": "Now."},
        {"type": "message", "role": "assistant", "content": "No."},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"role": "user", "content": ""},
    ]


def test_items_of_the_vendors_own_tools_are_sent_back_unchanged() -> None:
    search = {"type": "web_search_call", "id": "ws_1"}
    shell = {"type": "shell_call_output", "call_id": "s"}
    found = items(
        assistant(ProviderPart(ProviderState(MARK, search)), "Found."),
        user(ProviderPart(ProviderState(MARK, shell))),
    )
    assert found == [search, {"type": "message", "role": "assistant", "content": "Found."}, shell]


def test_an_image_of_the_vendor_is_sent_back_to_it() -> None:
    item = {"type": "image_generation_call", "id": "ig_1"}
    image = ImagePart(data=b"data", media_type="image/png", signature=ProviderState(MARK, item))
    assert items(assistant(image)) == [item | {"result": DATA}]
    assert items(assistant("Look:", PNG), user("Nice."))[1]["content"][1:] == [
        SHOWN,
        {"type": "input_text", "text": "Nice."},
    ]


def test_fields_can_be_added_to_the_part_before_them() -> None:
    fields = {"prompt_cache_breakpoint": {"mode": "explicit"}}
    mark = ProviderPart(ProviderState("vendor", fields))
    text = {"type": "input_text", "text": "A long text."}
    assert items(user("A long text.", mark)) == [{"role": "user", "content": [text | fields]}]


def test_options_without_a_part_raise() -> None:
    mark = ProviderPart(ProviderState("vendor", {"prompt_cache_breakpoint": {"mode": "explicit"}}))
    with pytest.raises(UnsupportedError, match=r"options before any part in .* \(message 0\)"):
        items(user(mark, "A long text."))
    with pytest.raises(UnsupportedError, match=r"'prompt_cache_breakpoint' in .* \(message 0\)"):
        items(assistant("A long text.", mark), user("And?"))


def test_state_of_chat_completions_is_left_out() -> None:
    state = ProviderPart(ProviderState("vendor", {"annotations": [{"type": "file"}], "steps": []}))
    assert items(assistant("Now.", state), user("And?"))[0]["content"] == "Now."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [('{"input": "SELECT 1"}', "SELECT 1"), ("{}", ""), ('{"input": "SEL', '{"input": "SEL')],
    ids=["whole", "empty", "cut off"],
)
def test_free_text_is_sent_back_to_a_custom_tool(arguments: str, text: str) -> None:
    call = ToolCall("c", "sql", arguments, own(type="custom_tool_call", id="ct_1"))
    assert items(assistant(call), tool_result(call, "1")) == [
        {"type": "custom_tool_call", "call_id": "c", "name": "sql", "input": text},
        {"type": "custom_tool_call_output", "call_id": "c", "output": "1"},
    ]


def test_a_result_repeats_the_origin_of_its_call() -> None:
    state = {"id": "fc_1", "caller": {"type": "program"}, "namespace": "weather"}
    call = ToolCall("c", "f", "{}", ProviderState(MARK, state))
    (_, result) = items(assistant(call), tool_result("c", "Noon."))
    assert result == {
        "type": "function_call_output",
        "call_id": "c",
        "caller": {"type": "program"},
        "namespace": "weather",
        "output": "Noon.",
    }


def test_arguments_that_were_cut_off_are_sent_back_as_an_object() -> None:
    (item,) = items(assistant(ToolCall("c", "f", '{"a": ')))
    assert json.loads(item["arguments"]) == {"invalid_json": '{"a": '}
