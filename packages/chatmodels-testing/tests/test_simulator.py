"""Responses and recorded exchanges of a simulator."""

import asyncio
import errno
import socket
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest
from client import KEY, ask, raw, request

from chatmodels.core import (
    ChatResponse,
    ErrorCode,
    ReasoningPart,
    RefusalPart,
    ToolCall,
    Usage,
    assistant,
)
from chatmodels.testing import FAULTS, SimulatedResponse, Simulator

OSLO = ToolCall("call_1", "weather", '{"city": "Oslo"}')


def function(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


WEATHER = function("weather", city={"type": "string"})
CLOCK = function("clock")


def test_it_repeats_the_prompt(simulator: Simulator) -> None:
    got = ask(simulator)

    assert got.status == 200
    assert got.message == {
        "role": "assistant",
        "content": "You said: Hello, world!",
        "refusal": None,
        "annotations": [],
    }
    assert got.json["usage"] == {
        "prompt_tokens": 2,
        "completion_tokens": 4,
        "total_tokens": 6,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert got.headers["x-request-id"] == "req_1"


def test_it_streams_words(simulator: Simulator) -> None:
    got = ask(simulator, stream=True)

    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    deltas = [event["choices"][0]["delta"] for event in got.events]
    assert [delta.get("content") for delta in deltas] == [
        "", "You", " said:", " Hello,", " world!", None,
    ]  # fmt: skip
    assert got.events[-1]["choices"][0]["finish_reason"] == "stop"


def test_usage_is_streamed_only_on_request(simulator: Simulator) -> None:
    plain = ask(simulator, stream=True)
    counted = ask(simulator, stream=True, stream_options={"include_usage": True})

    assert all("usage" not in event for event in plain.events)
    assert [event["usage"] for event in counted.events[:-1]] == [None] * 6
    assert counted.events[-1]["choices"] == []
    assert counted.events[-1]["usage"]["total_tokens"] == 6


def test_it_calls_the_tools_with_arguments_that_fit(simulator: Simulator) -> None:
    got = ask(simulator, tools=[WEATHER, CLOCK])

    assert got.json["choices"][0]["finish_reason"] == "tool_calls"
    assert got.message["content"] is None
    functions = [call["function"] for call in got.message["tool_calls"]]
    assert functions == [
        {"name": "weather", "arguments": '{"city":"city"}'},
        {"name": "clock", "arguments": "{}"},
    ]


def test_tool_calls_are_streamed_in_chunks(simulator: Simulator) -> None:
    simulator.queue((OSLO, msgspec.structs.replace(OSLO, id="call_2")))
    got = ask(simulator, stream=True)

    calls = [
        call for event in got.events for call in event["choices"][0]["delta"].get("tool_calls", ())
    ]
    assert [(call["index"], call["id"]) for call in calls if "id" in call] == [
        (0, "call_1"),
        (1, "call_2"),
    ]
    for index in (0, 1):
        pieces = [call["function"]["arguments"] for call in calls if call["index"] == index]
        assert len(pieces) == 3
        assert "".join(pieces) == '{"city": "Oslo"}'


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("auto", ["weather", "clock"]),
        ("required", ["weather", "clock"]),
        ("none", []),
        ({"type": "function", "function": {"name": "clock"}}, ["clock"]),
        (None, ["weather", "clock"]),
    ],
)
def test_it_obeys_the_choice_of_tools(simulator: Simulator, choice: Any, called: list[str]) -> None:
    message = ask(simulator, tools=[WEATHER, CLOCK], tool_choice=choice).message

    assert [call["function"]["name"] for call in message.get("tool_calls", ())] == called


def test_it_repeats_the_results_of_tools(simulator: Simulator) -> None:
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Oslo and Rome?"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}, {"id": "2"}]},
        {"role": "tool", "tool_call_id": "1", "content": "rain"},
        {"role": "tool", "tool_call_id": "2", "content": "sun"},
    ]

    first = ask(simulator, messages=messages, tools=[WEATHER])

    assert first.message["content"] == "The tools returned: rain / sun"


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("required", "clock"),
        ({"type": "function", "function": {"name": "weather"}}, "weather"),
    ],
)
def test_it_calls_one_tool_if_a_call_is_required_after_the_results(
    simulator: Simulator, choice: Any, called: str
) -> None:
    messages = [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "tool_call_id": "1", "content": "rain"},
    ]

    got = ask(simulator, messages=messages, tools=[WEATHER, CLOCK], tool_choice=choice)

    assert [call["function"]["name"] for call in got.message["tool_calls"]] == [called]


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (
            {
                "type": "json_schema",
                "json_schema": {
                    "name": "pair",
                    "schema": {
                        "type": "object",
                        "properties": {"x": {"type": "integer"}, "y": {"enum": ["a", "b"]}},
                    },
                },
            },
            '{"x":1,"y":"a"}',
        ),
        ({"type": "json_object"}, "{}"),
        ({"type": "text"}, "You said: Hello, world!"),
    ],
    ids=["schema", "any object", "text"],
)
def test_output_conforms_to_the_requested_schema(
    simulator: Simulator, form: dict[str, Any], content: str
) -> None:
    assert ask(simulator, response_format=form).message["content"] == content


def test_a_schema_without_a_value_is_refused(simulator: Simulator) -> None:
    endless = {"$ref": "#"}
    form = {"type": "json_schema", "json_schema": {"name": "endless", "schema": endless}}

    got = ask(simulator, response_format=form)

    assert got.status == 400
    assert "infinite recursion" in got.json["error"]["message"]


def test_queued_replies_are_returned(simulator: Simulator) -> None:
    response: ChatResponse[Any] = ChatResponse(
        message=assistant(ReasoningPart("Hm."), "Well."),
        finish_reason="length",
        usage=Usage(input_tokens=1, output_tokens=2, cached_input_tokens=1, reasoning_tokens=1),
        model="other",
        id="r1",
    )
    simulator.queue("one", OSLO, ("two", OSLO), assistant(RefusalPart("No.")), response)
    one, two, three, four, five, six = [ask(simulator) for _ in range(6)]

    assert one.message["content"] == "one"
    assert two.message["tool_calls"][0]["function"]["arguments"] == '{"city": "Oslo"}'
    assert three.message["content"] == "two"
    assert three.message["tool_calls"][0]["id"] == "call_1"
    assert four.message["refusal"] == "No."
    assert (five.message["reasoning_content"], five.message["content"]) == ("Hm.", "Well.")
    assert five.json["choices"][0]["finish_reason"] == "length"
    assert (five.json["id"], five.json["model"]) == ("r1", "other")
    assert five.json["usage"]["prompt_tokens_details"] == {"cached_tokens": 1}
    assert six.message["content"] == "You said: Hello, world!"


def test_reasoning_and_refusals_are_streamed(simulator: Simulator) -> None:
    simulator.queue((ReasoningPart("Hm, no."), RefusalPart("Never.")))
    deltas = [event["choices"][0]["delta"] for event in ask(simulator, stream=True).events]

    assert "".join(delta.get("reasoning_content") or "" for delta in deltas) == "Hm, no."
    assert "".join(delta.get("refusal") or "" for delta in deltas) == "Never."


def test_a_default_reply_is_returned_repeatedly() -> None:
    with Simulator(reply="Always.") as simulator:
        assert [ask(simulator).message["content"] for _ in range(2)] == ["Always."] * 2


def test_a_simulated_response_is_sent_unchanged(simulator: Simulator) -> None:
    simulator.queue(
        SimulatedResponse(status=418, headers={"x-pot": "tea"}, body=(b"short", b" and stout"))
    )
    got = ask(simulator)

    assert (got.status, got.headers["x-pot"], got.content) == (418, "tea", b"short and stout")
    assert got.headers["x-request-id"] == "req_1"


def test_an_error_code_is_reported_by_the_provider(simulator: Simulator) -> None:
    simulator.queue(ErrorCode.RATE_LIMITED, ErrorCode.AUTHENTICATION)

    assert [ask(simulator).status for _ in range(2)] == [429, 401]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (5, "not 5"),
        (("Half an ans", ErrorCode.RATE_LIMITED), "not <ErrorCode.RATE_LIMITED"),
        (lambda ask: "Hi!", "not <function"),
        (ErrorCode.INTERNAL, "no provider reports internal; see FAULTS"),
    ],
    ids=["number", "code-in-a-tuple", "function", "inner-code"],
)
def test_an_invalid_reply_is_refused_when_it_is_queued(reply: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        Simulator(reply=reply)
    with pytest.raises((TypeError, ValueError), match=words):
        Simulator().queue("one", reply)


def test_errors_of_the_simulator_are_reported_to_the_client(simulator: Simulator) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "odd", "schema": {"$ref": 5}}}
    got = ask(simulator, response_format=form)

    assert got.status == 500
    assert "the simulator failed" in got.json["error"]["message"]


def test_a_head_request_gets_a_response_without_a_body(simulator: Simulator) -> None:
    got = request(simulator, "HEAD", "/v1/models")

    assert (got.status, got.content) == (404, b"")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "You didn't provide an API key"),
        ({"authorization": "Basic abc"}, "You didn't provide an API key"),
        ({"authorization": "Bearer bad-key"}, "Incorrect API key provided"),
        ({"api-key": "bad"}, "Incorrect API key provided"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models"])
def test_keys_are_checked(
    simulator: Simulator, headers: dict[str, str], words: str, path: str
) -> None:
    got = request(simulator, "GET" if path.endswith("models") else "POST", path, b"{}", headers)

    assert got.status == 401
    assert got.json["error"]["code"] == "invalid_api_key"
    assert got.json["error"]["message"] == words


def test_azures_header_is_a_key_as_well(simulator: Simulator) -> None:
    assert request(simulator, "GET", "/v1/models", headers={"api-key": "k"}).status == 200


def test_models_are_listed(simulator: Simulator) -> None:
    simulator.models = ("large", "small")

    listing = request(simulator, "GET", "/v1/models?limit=2").json["data"]

    assert [model["id"] for model in listing] == ["large", "small"]
    assert request(simulator, "GET", "/v1/models/small").json == listing[1]
    assert request(simulator, "GET", "/v1/models/medium").status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("DELETE", "/v1/models"),
        ("GET", "/v1/chat/completions"),
        ("GET", "/chat/completions/models"),
    ],
)
def test_other_addresses_are_unknown(simulator: Simulator, method: str, path: str) -> None:
    got = request(simulator, method, path)

    assert got.status == 404
    assert got.json["error"]["message"] == f"Unknown request URL: {method} {path}"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"[]", "does not match the API's schema"),
        (b'{"x": ' + b"[" * 9_999, "not valid JSON"),
        (b'{"model": "m"}', "does not match the API's schema"),
        (b'{"model": "m", "messages": []}', "[] is too short"),
        (b'{"model": "m", "messages": [], "tool_choice": "\xff"}', "not valid JSON"),
        (
            b'{"model": "m", "messages": [{"role": "user"}], "tool_choice": "maybe"}',
            "Invalid value for 'tool_choice': 'maybe'",
        ),
    ],
    ids=[
        "empty",
        "cut",
        "an array",
        "deep",
        "no messages",
        "empty messages",
        "not utf-8",
        "unknown choice",
    ],
)
def test_malformed_requests_are_refused(simulator: Simulator, body: bytes, words: str) -> None:
    got = request(simulator, "POST", "/v1/chat/completions", body)

    assert got.status == 400
    assert words in got.json["error"]["message"]


def test_tools_that_are_not_functions_are_ignored(simulator: Simulator) -> None:
    search = {"type": "web_search"}

    assert ask(simulator, tools=[search]).message["content"] == "You said: Hello, world!"


def test_requests_are_remembered(simulator: Simulator) -> None:
    ask(simulator, "one")
    request(simulator, "GET", "/v1/models?limit=2&limit=3", headers=KEY | {"X-Thing": "a"})
    first, second = simulator.exchanges

    assert simulator.requests == [first.request.json, None]
    assert first.request.json["messages"][0]["content"] == "one"
    assert (first.status, first.outcome, first.request_id) == (200, "complete", "req_1")
    assert first.sent > 400
    assert second.request.path == "/v1/models"
    assert second.request.query == {"limit": ["2", "3"]}
    assert second.request.headers["x-thing"] == "a"
    assert repr(second) == "<Exchange GET /v1/models?limit=2&limit=3 200 complete>"


def test_only_the_last_requests_are_kept_if_there_are_many() -> None:
    with Simulator(history=2) as simulator:
        for text in "abc":
            ask(simulator, text)
            request(simulator, "POST", "/v1/responses", b'{"model": "m", "input": "Hi!"}')

        ids = [exchange.request_id for exchange in simulator.exchanges]
        assert ids == ["req_5", "req_6"]
        assert simulator.wait(6) is simulator.exchanges[-1]
        stored = [f"/v1/responses/simulated-{number}" for number in (2, 4, 6)]
        assert [request(simulator, "GET", path).status for path in stored] == [404, 200, 200]


def test_a_reset_forgets_everything(simulator: Simulator) -> None:
    simulator.queue("one", "two")
    ask(simulator)
    simulator.reset()

    assert simulator.exchanges == ()
    got = ask(simulator)
    assert got.message["content"] == "You said: Hello, world!"
    assert got.headers["x-request-id"] == "req_1"


def test_requests_can_be_waited_for(simulator: Simulator) -> None:
    ask(simulator)

    assert simulator.wait() is simulator.exchanges[0]
    with pytest.raises(TimeoutError, match=r"1 of 2 requests within 0\.01 s"):
        simulator.wait(2, timeout=0.01)


def test_latency_and_pace_are_applied() -> None:
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    with Simulator(latency=2000.0, pace=500.0, sleep=note) as simulator:
        assert len(ask(simulator, stream=True).events) == 6

    assert waits == [2000.0, *[500.0] * 6]  # there is a seventh piece, the end


def test_a_connection_is_kept_alive(simulator: Simulator) -> None:
    one = b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")

    received = raw(simulator, one + one + last)

    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert simulator.accepted == 1


def test_a_request_can_arrive_in_chunks(simulator: Simulator) -> None:
    body = b'{"model": "m", "messages": [{"role": "user", "content": "late"}]}'
    head = (
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        b"authorization: Bearer k\r\ncontent-length: %d\r\n\r\n" % len(body)
    )
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=300) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (head[:20], head[20:], body[:5], body[5:]):
            connection.sendall(piece)
        assert b"You said: late" in connection.recv(65536)


def test_invalid_http_closes_the_connection(simulator: Simulator) -> None:
    assert raw(simulator, b"\x16\x03\x01 this is TLS\r\n\r\n") == b""
    assert simulator.exchanges == ()


def test_a_client_that_leaves_is_noticed(simulator: Simulator) -> None:
    simulator.queue(FAULTS["slow-first-byte"])
    port = int(simulator.url.rpartition(":")[2])
    body = b'{"model": "m", "messages": [{"role": "user", "content": ""}]}'
    head = b"POST /chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        exchange = simulator.wait()
        assert simulator.connections == 1
        assert exchange.wait(0.01) == "pending"

    assert exchange.wait() == "abandoned"
    assert simulator.connections == 0


def test_it_starts_and_stops_again_and_again() -> None:
    simulator = Simulator()
    for _ in range(3):
        with simulator:
            assert ask(simulator).status == 200
            assert repr(simulator) == f"<Simulator {simulator.url}>"
        simulator.stop()
    assert repr(simulator) == "<Simulator, stopped>"


def test_it_can_be_stopped_within_a_response() -> None:
    simulator = Simulator()
    simulator.start()
    simulator.queue(FAULTS["slow-first-byte"])
    port = int(simulator.url.rpartition(":")[2])
    body = b'{"model": "m", "messages": [{"role": "user", "content": ""}]}'
    head = b"POST /chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer k\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        exchange = simulator.wait()
        simulator.stop()

        assert exchange.wait() == "abandoned"
        assert simulator.connections == 0


def test_it_stops_while_clients_connect() -> None:
    for _ in range(20):
        with Simulator() as simulator, ExitStack() as clients:
            port = int(simulator.url.rpartition(":")[2])
            for _ in range(20):
                clients.enter_context(socket.create_connection(("127.0.0.1", port)))
            simulator.stop()  # an open connection would be reported as a ResourceWarning

        assert simulator.connections == 0


def test_it_runs_if_the_default_event_loop_cannot_watch_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class LikeThatOfWindows(asyncio.SelectorEventLoop):
        def add_reader(self, *_: object) -> None:
            raise AssertionError("a proactor has no readers")

    monkeypatch.setattr(asyncio.events, "new_event_loop", LikeThatOfWindows)
    with Simulator() as simulator:
        assert ask(simulator).status == 200


def test_it_cannot_be_started_twice(simulator: Simulator) -> None:
    with pytest.raises(RuntimeError, match="already been started"):
        simulator.start()


@pytest.mark.parametrize("name", ["url", "base_url", "refusing_url"])
def test_it_has_no_url_before_it_is_started(name: str) -> None:
    with pytest.raises(RuntimeError, match="not been started"):
        getattr(Simulator(), name)


def test_a_port_can_be_chosen_if_it_is_free(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])

    taken = {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", None)}
    with pytest.raises(OSError, check=lambda error: error.errno in taken):
        Simulator(port=port).start()


def test_connections_to_the_refusing_address_are_refused(simulator: Simulator) -> None:
    address = simulator.refusing_url.removeprefix("http://").removesuffix("/v1")
    host, _, port = address.partition(":")

    with socket.socket() as client:
        assert client.connect_ex((host, int(port))) == errno.ECONNREFUSED


def test_a_conversation_may_consist_of_results_alone(simulator: Simulator) -> None:
    messages = [{"role": "tool", "tool_call_id": "1", "content": "rain"}]
    simulator.strict = False

    assert ask(simulator, messages=messages).message["content"] == "The tools returned: rain"


def test_chunks_are_sent_immediately(simulator: Simulator) -> None:
    port = int(simulator.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=300) as client:
        client.sendall(b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n")
        simulator.wait()
        (connection,) = simulator._running.connections
        peer = connection._transport.get_extra_info("socket")
        assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_path_has_a_response_of_its_own(simulator: Simulator) -> None:
    simulator.respond("/v1/models", {"models": []}, headers={"x-page": "1"})
    simulator.respond("/v1/chat/completions", b"<html>", status=502, headers={"content-type": "a"})

    listed = request(simulator, "GET", "/v1/models", headers={})
    assert (listed.status, listed.json, listed.headers["x-page"]) == (200, {"models": []}, "1")
    assert listed.headers["content-type"] == "application/json"
    page = ask(simulator)
    assert (page.status, page.content, page.headers["content-type"]) == (502, b"<html>", "a")
    assert [each.request.path for each in simulator.exchanges] == [
        "/v1/models",
        "/v1/chat/completions",
    ]
    simulator.reset()
    assert ask(simulator).status == 200


def test_a_response_of_a_path_needs_a_path_and_a_body_that_is_json(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="begins with a slash, unlike 'models'"):
        simulator.respond("models", {})
    with pytest.raises(TypeError):
        simulator.respond("/models", object())
