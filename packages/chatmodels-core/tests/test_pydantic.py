"""Values are fields of pydantic models, and requests and responses of FastAPI."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pydantic
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic_core import PydanticSerializationError

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    LogprobsDelta,
    Message,
    Part,
    StreamEnd,
    StreamEvent,
    TextDelta,
    TextPart,
    TokenLogprob,
    Usage,
    assistant,
    image,
    system,
    to_json,
    tool_result,
    user,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
CONVERSATION = (
    system("Be brief."),
    user("Describe", image(PNG)),
    assistant("A cat."),
    tool_result("call_1", "done"),
)
RESPONSE = ChatResponse(
    message=assistant("A cat."), usage=Usage(input_tokens=3, output_tokens=2), model="large"
)


class Thread(pydantic.BaseModel):
    title: str
    messages: list[Message]


class Everything(pydantic.BaseModel):
    message: Message
    messages: tuple[Message, ...] = ()
    request: ChatRequest | None = None
    response: ChatResponse | None = None
    part: Part | None = None
    events: list[StreamEvent] = []


FULL = Everything(
    message=CONVERSATION[1],
    messages=CONVERSATION,
    request=ChatRequest(messages=CONVERSATION),
    response=RESPONSE,
    part=TextPart("Hi"),
    events=[
        TextDelta("Hi"),
        LogprobsDelta((TokenLogprob("Hi", -0.5, (TokenLogprob("Ho", -1.0),)),)),
        StreamEnd(response=RESPONSE),
    ],
)


def value_of(written: bytes) -> Any:
    return json.loads(written)["value"]


def test_instances_stay_as_they_are() -> None:
    thread = Thread(title="Cats", messages=[CONVERSATION[1]])

    assert thread.messages[0] is CONVERSATION[1]


def test_a_parsed_output_is_kept_in_the_process_and_not_written() -> None:
    class Answer(pydantic.BaseModel):
        response: ChatResponse[int]

    envelope = Answer(response=ChatResponse(message=assistant("3"), parsed=3))

    assert envelope.response.parsed == 3
    assert Answer.model_validate_json(envelope.model_dump_json()).response.parsed is None


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda: Everything.model_validate_json(FULL.model_dump_json()), id="JSON"),
        pytest.param(lambda: Everything.model_validate(FULL.model_dump()), id="dict"),
        pytest.param(
            lambda: Everything.model_validate(FULL.model_dump(mode="json")), id="JSON dict"
        ),
    ],
)
def test_a_model_is_read_as_it_was_written(again: Callable[[], Everything]) -> None:
    assert again() == FULL


@pytest.mark.parametrize("value", [CONVERSATION[1], RESPONSE, ChatRequest(messages=CONVERSATION)])
def test_values_are_written_as_to_json_writes_them(value: Any) -> None:
    adapter = pydantic.TypeAdapter(type(value))

    assert adapter.dump_python(value) == value_of(to_json(value))
    assert json.loads(adapter.dump_json(value)) == value_of(to_json(value))
    assert adapter.validate_python(value_of(to_json(value))) == value


def test_parts_can_be_instances_inside_dicts_and_lists_instead_of_tuples() -> None:
    thread = Thread.model_validate(
        {"title": "Cats", "messages": [{"role": "user", "parts": [TextPart("Hi"), image(PNG)]}]}
    )

    assert thread.messages == [user("Hi", image(PNG))]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param({"role": "you", "parts": []}, "Invalid enum value 'you'", id="role"),
        pytest.param({"role": "user"}, "missing required field `parts`", id="missing"),
        pytest.param("Hi", "expected a Message or an object, not str", id="text"),
        pytest.param(TextPart("Hi"), "expected a Message or an object, not TextPart", id="other"),
        pytest.param({"role": "user", "parts": [object()]}, "object", id="not JSON"),
    ],
)
def test_what_is_no_message_is_an_error_of_pydantic(given: Any, words: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        Thread(title="Cats", messages=[given])

    (error,) = caught.value.errors()
    assert error["loc"] == ("messages", 0)
    assert words in error["msg"]


def test_what_has_no_json_form_is_refused_when_it_is_written() -> None:
    request = ChatRequest(messages=CONVERSATION, provider_options={"a": object()})

    with pytest.raises(PydanticSerializationError):
        Everything(message=user("Hi"), request=request).model_dump_json()


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_describes_what_is_written(mode: Any) -> None:
    schema = Everything.model_json_schema(mode=mode)

    jsonschema.validate(json.loads(FULL.model_dump_json()), schema, jsonschema.Draft202012Validator)
    assert {"Message", "ChatResponse", "TextPart"} <= schema["$defs"].keys()
    assert schema["$defs"]["Message"]["title"] == "Message"
    assert "#/$defs/TokenLogprob" not in json.dumps(schema)


def serving() -> TestClient:
    app = FastAPI()

    @app.post("/chat")
    def chat(thread: Thread) -> ChatResponse:
        return ChatResponse(message=assistant(thread.messages[-1].text[::-1]))

    @app.post("/last", response_model=Message)
    def last(messages: list[Message]) -> Any:
        return messages[-1]

    return TestClient(app)


def test_fastapi_reads_and_writes_values() -> None:
    with serving() as client:
        thread = {
            "title": "t",
            "messages": [{"role": "user", "parts": [{"type": "text", "text": "Hi"}]}],
        }
        result = client.post("/chat", json=thread)
        last = client.post("/last", json=thread["messages"])
        refused = client.post("/last", json=[{"role": "user"}])

    assert result.json() == value_of(to_json(ChatResponse(message=assistant("iH"))))
    assert last.json() == value_of(to_json(user("Hi")))
    assert refused.status_code == 422


def test_fastapi_describes_values_in_its_openapi_document() -> None:
    with serving() as client:
        document = client.get("/openapi.json").json()

    schemas = document["components"]["schemas"]
    assert {"Message", "ChatResponse", "Thread"} <= schemas.keys()
    assert schemas["Thread"]["properties"]["messages"]["items"] == {
        "$ref": "#/components/schemas/Message"
    }
    assert "#/$defs/" not in json.dumps(document)


def test_core_does_not_import_pydantic() -> None:
    code = (
        "import sys; from chatmodels.core import Message, to_json, user;"
        "from chatmodels.core.extending import json_schema;"
        "to_json(user('Hi')); json_schema(Message); print('pydantic' in sys.modules)"
    )

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "False"
