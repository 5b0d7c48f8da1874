"""Records exchanges of a real server as test data: `./run python tests-servers/record.py NAME`.

It writes `tests-integration/exchanges/openai.chat/real-NAME-*.json`, which are complete but for
`expected`: fill that in by reading the response, and run `./run exchanges`. The requests are those
of the provider. Names, paths and times of this machine are not in the files.
"""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

from chatmodels.core import ChatModel, image, user
from chatmodels.core.extending import OutputSchema
from conversations import add, examples, weather
from installing import Environment
from serving import START, Served

FOLDER = "tests-integration/exchanges/openai.chat"
PNG = bytes.fromhex("89504e470d0a1a0a")
TIME = 1_764_500_000
"""The time of all responses."""


class Case(NamedTuple):
    """An exchange to record.

    Attributes:
        name: The name of the file, after that of the server.
        trap: The unusual point.
        reading: The right reading.
        tags: The features.
        prompt: The prompt.
        options: The options of the call.
        fields: Further fields of the body.
        key: The key.
    """

    name: str
    trap: str
    reading: str
    tags: tuple[str, ...]
    prompt: Any = "What is 2 + 2?"
    options: Mapping[str, Any] = {}
    fields: Mapping[str, Any] = {}
    key: str = "secret"


THINK = 'root ::= "<think>\\nTwo and two.\\n</think>\\n\\nFour."'
ANSWER = OutputSchema(
    "answer",
    {
        "type": "object",
        "properties": {"value": {"type": "integer", "minimum": 0, "maximum": 9}},
        "required": ["value"],
        "additionalProperties": False,
    },
)
TOOLS = {"tools": [weather, add]}

CASES = {
    "llamacpp": [
        Case(
            "whole",
            "Beside the usage, a whole response has the timings of the server.",
            "Timings are not tokens; they stay in the raw payload.",
            ("usage", "cache"),
            fields={"max_tokens": 8, "stream": False},
        ),
        Case(
            "reasoning-streamed",
            "Chunks with prompt_progress and null content precede the reasoning, whose last chunk "
            "is a line break; the last chunk has no choices but the usage and timings.",
            "Progress has no text. Line breaks at the end of reasoning are part of it.",
            ("stream", "reasoning", "usage"),
            fields={"max_tokens": 30, "grammar": THINK},
        ),
        Case(
            "tool-call-streamed",
            "The first fragment of a call has its id, type and name; the finish reason is alone.",
            "The fragments are one call.",
            ("stream", "tool_call", "usage"),
            prompt=examples("Paris", "Rome", "Lima"),
            options=TOOLS,
            fields={"max_tokens": 40},
        ),
        Case(
            "tool-call-cut-off-streamed",
            "The limit ends a response amid the arguments of a call.",
            "The finish reason is length, and the arguments are incomplete.",
            ("stream", "tool_call", "max_tokens", "usage"),
            prompt=examples("Paris", "Rome", "Lima"),
            options=TOOLS,
            fields={"max_tokens": 21},
        ),
        Case(
            "logprobs",
            "Log probabilities have the id of each token beside its text and bytes.",
            "Each token has its alternatives; ids are ignored.",
            ("logprobs", "max_tokens", "usage"),
            options={"top_logprobs": 2},
            fields={"max_tokens": 3, "stream": False},
        ),
        Case(
            "json-schema",
            "A grammar enforces the schema, but permits line breaks between the members.",
            "The text is JSON with white space.",
            ("json_schema", "usage"),
            prompt="Add 2 and 2.",
            options={"output_type": ANSWER, "reasoning_effort": "none"},
            fields={"max_tokens": 40, "stream": False},
        ),
        Case(
            "error-400-context-size",
            "The code is the HTTP status, and the type reports that the prompt is too long.",
            "The error is about the context length.",
            ("error", "http_400"),
            prompt="word " * 1500,
        ),
        Case(
            "error-401",
            "The code is the HTTP status, and the type reports a wrong key.",
            "Authentication failed.",
            ("error", "http_401"),
            key="wrong",
        ),
        Case(
            "error-500-for-an-image",
            "The status of a mistake of the caller is 500: the model cannot read images.",
            "Something is unsupported, and the request is not repeated.",
            ("error", "http_500"),
            prompt=[user("Describe it.", image(PNG, media_type="image/png"))],
        ),
        Case(
            "error-500-for-arguments",
            "The status of a mistake of the caller is 500: the arguments of an earlier call are "
            "not JSON.",
            "The request is invalid, and is not repeated.",
            ("error", "http_500"),
            fields={
                "messages": [
                    {"role": "user", "content": "Weather?"},
                    {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [
                            {
                                "id": "c",
                                "type": "function",
                                "function": {"name": "weather", "arguments": '{"city": "Os'},
                            }
                        ],
                    },
                    {"role": "tool", "tool_call_id": "c", "content": "7 C"},
                ]
            },
        ),
    ],
    "litellm": [
        Case(
            "whole",
            "The message has provider_specific_fields, and the choice has them, too.",
            "Fields of the gateway are ignored.",
            ("usage",),
        ),
        Case(
            "streamed",
            "The usage is in a chunk of its own, after the finish reason; its choice has an empty "
            "delta.",
            "The usage counts.",
            ("stream", "usage"),
            fields={"stream": True, "stream_options": {"include_usage": True}},
        ),
        Case(
            "tool-call-streamed",
            "The first fragment of a call has empty arguments, and each repeats its type.",
            "The fragments are one call.",
            ("stream", "tool_call", "usage"),
            options={**TOOLS, "tool_choice": "weather"},
            fields={"stream": True, "stream_options": {"include_usage": True}},
        ),
        Case(
            "error-400-for-a-wrong-key",
            "Without a database, the status for a wrong key is 400, and the code is a text of "
            "digits.",
            "Authentication failed, which the type reports.",
            ("error", "http_400"),
            key="wrong",
        ),
        Case(
            "error-400-for-a-model",
            "The status for an unknown model is 400, and a second error is in "
            "provider_specific_fields.",
            "The model was not found, which the message reports.",
            ("error", "http_400"),
            fields={"model": "no-such-model"},
        ),
    ],
    "transformers": [
        Case(
            "streamed",
            "The chunk with the finish reason has the usage, which was not requested, and no "
            "[DONE] follows.",
            "The stream is complete, and the usage counts.",
            ("stream", "max_tokens", "usage"),
            fields={"max_tokens": 6, "stream": True},
        ),
        Case(
            "reasoning-streamed",
            "Reasoning and text begin or end with line breaks, which a whole response lacks.",
            "Line breaks are part of both.",
            ("stream", "reasoning", "usage"),
            fields={"chat_template_kwargs": {"enable_thinking": True}, "stream": True},
        ),
        Case(
            "tool-call-streamed",
            "A call is one fragment with all its arguments, and no content precedes it.",
            "The fragment is the call.",
            ("stream", "tool_call", "usage"),
            prompt=examples("Paris"),
            options=TOOLS,
            fields={"max_tokens": 40, "stream": True},
        ),
        Case(
            "error-400-for-a-model",
            "An error has only a detail, which reports that the server has another model.",
            "The model was not found.",
            ("error", "http_400"),
            fields={"model": "no-such-model"},
        ),
        Case(
            "error-422-for-a-field",
            "An error has only a detail, which contains the name of an unknown field.",
            "The request is invalid.",
            ("error", "http_422"),
            fields={"min_p": 0.1},
        ),
    ],
    "vllm": [
        Case(
            "reasoning-streamed",
            "A chunk with the role precedes the reasoning, whose field is `reasoning`; the usage "
            "is in a chunk without choices.",
            "The field is reasoning, with its line breaks.",
            ("stream", "reasoning", "usage"),
            options={"reasoning_effort": "high"},
            fields={"stream": True, "stream_options": {"include_usage": True}},
        ),
        Case(
            "tool-call-streamed",
            "The first fragment of a call has its id, type and name, and no arguments.",
            "The fragments are one call.",
            ("stream", "tool_call", "usage"),
            prompt=examples("Paris"),
            options=TOOLS,
            fields={"stream": True, "stream_options": {"include_usage": True}},
        ),
        Case(
            "tool-call-cut-off",
            "The limit ends a response amid a call, which is text then.",
            "The finish reason is length, and the beginning of the call is text.",
            ("max_tokens", "usage"),
            prompt=examples("Paris"),
            options=TOOLS,
            fields={"max_completion_tokens": 5},
        ),
        Case(
            "tool-call-cut-off-streamed",
            "The limit ends a response amid a call, whose first arguments have arrived.",
            "The finish reason is length, and the arguments are incomplete.",
            ("stream", "tool_call", "max_tokens", "usage"),
            prompt=examples("Paris"),
            options=TOOLS,
            fields={
                "max_completion_tokens": 5,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
        ),
        Case(
            "required-tool",
            "A required call ends with tool_calls, and content is an empty text beside it.",
            "The response is a call.",
            ("tool_call", "usage"),
            prompt=examples("Paris"),
            options={**TOOLS, "tool_choice": "required"},
        ),
        Case(
            "error-400-context-size",
            "The code is the status as a number, and the parameter is not a field of the API.",
            "The error is about the context length.",
            ("error", "http_400"),
            prompt="word " * 1500,
        ),
        Case(
            "error-400-for-a-schema",
            "A grammar cannot enforce a keyword of a schema, which is an error.",
            "The request is invalid.",
            ("error", "http_400"),
            fields={
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "set",
                        "schema": {"type": "array", "items": {}, "uniqueItems": True},
                    },
                }
            },
        ),
        Case(
            "error-401",
            "The error is a text instead of an object.",
            "Authentication failed.",
            ("error", "http_401"),
            key="wrong",
        ),
        Case(
            "error-404-for-a-model",
            "The code of an error is the status as a number.",
            "The model was not found.",
            ("error", "http_404"),
            fields={"model": "no-such-model"},
        ),
    ],
}


def main(name: str) -> None:
    served = START[name]()
    versions = Environment(name).versions()
    seen = ", ".join(f"{package} {version}" for package, version in versions.items())
    try:
        for case in CASES[name]:
            record(served, name, case, f"{seen}, recorded by this project")
    finally:
        served.process.end()


def record(served: Served, server: str, case: Case, seen: str) -> None:
    model: ChatModel = served.model()
    body = model.explain(case.prompt, **case.options).body | dict(case.fields)
    status, kind, content = respond(served, body, case.key)
    name = f"real-{server}-{case.name}"
    response: dict[str, Any] = {"status": status, "headers": {"content-type": kind}}
    if kind.startswith("text/event-stream"):
        response["body_file"] = f"{name}.sse"
        write(f"{name}.sse", content)
    else:
        response["body"] = json.loads(content)
    exchange = {
        "trap": case.trap,
        "seen": seen,
        "reading": case.reading,
        "provider": served.provider,
        "api": "openai.chat",
        "tags": list(case.tags),
        "response": response,
        "expected": {},
    }
    write(f"{name}.json", json.dumps(exchange, indent=2, ensure_ascii=False) + "\n")
    print(name, status, len(content))


def respond(served: Served, body: Any, key: str) -> tuple[int, str, str]:
    """Return the status, the content type and the scrubbed text of a response."""
    request = urllib.request.Request(
        f"{served.base_url}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        text = response.read().decode()
    return response.status, response.headers["content-type"], scrubbed(text)


def scrubbed(text: str) -> str:
    import re

    text = re.sub(r'"created":\s*\d+', f'"created":{TIME}', text)
    return re.sub(r"/(?:home|root|tmp|work)/[^\s\"']*", "/models", text)


def write(name: str, text: str) -> None:
    from pathlib import Path

    (Path(FOLDER) / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1])
