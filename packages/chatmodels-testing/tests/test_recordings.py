"""Recorded exchanges, read from files and given again."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from client import ask

from chatmodels.testing import Recording, Simulator, recordings

SSE = 'data: {"a": 1}\n\n: comment\n\ndata: [DONE]\n\n'


def recorded_request(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]} | more


def recorded(response: dict[str, Any], body: Any = None, **more: Any) -> dict[str, Any]:
    request = None if body is None else {"method": "POST", "url": "https://x", "body": body}
    base = {"provider": "openai", "api": "openai.chat", "tags": [], "expected": None}
    return base | {"request": request, "response": {"status": 200, "headers": {}} | response} | more


def written(folder: Path, **files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return folder


def whole(text: str) -> dict[str, Any]:
    return {"body": {"choices": [{"index": 0, "message": {"content": text}}]}}


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    written(tmp_path, b=recorded(whole("b")), a=recorded(whole("a")))
    (tmp_path / "inner").mkdir()
    written(tmp_path / "inner", c=recorded(whole("c")))
    (tmp_path / "MANIFEST.json").write_text("{}")
    (tmp_path / "README.md").write_text("# Not one")

    texts = [one.response.body["choices"][0]["message"]["content"] for one in recordings(tmp_path)]

    assert texts == ["a", "b", "c"]


def test_an_invalid_recording_is_refused_with_its_name(tmp_path: Path) -> None:
    written(tmp_path, odd={"provider": "openai"})

    with pytest.raises(ValueError, match=r"odd\.json is not a recorded exchange: "):
        list(recordings(tmp_path))
    with pytest.raises(ValueError, match="not a recorded exchange"):
        list(recordings(tmp_path / "odd.json"))


@pytest.mark.parametrize(
    ("response", "content"),
    [
        ({"body": {"x": None}}, b'{"x":null}'),
        ({"body": None}, b"null"),
        ({"body_text": SSE}, SSE.encode()),
        ({"body_base64": base64.b64encode(b"\x00\xff").decode()}, b"\x00\xff"),
        ({}, b""),
    ],
    ids=["json", "null", "text", "bytes", "nothing"],
)
def test_a_body_has_four_forms(tmp_path: Path, response: dict[str, Any], content: bytes) -> None:
    (one,) = recordings(written(tmp_path, a=recorded(response)) / "a.json")

    assert one.content == content


def test_a_body_may_be_a_file_beside_the_exchange(tmp_path: Path) -> None:
    (tmp_path / "cut.sse").write_bytes(b"data: 1\r\n\r\ndata: \xff")
    (tmp_path / "odd.body.json").write_bytes(b'{"broken')
    written(
        tmp_path,
        cut=recorded({"body_file": "cut.sse"}),
        odd=recorded({"body_file": "odd.body.json"}),
    )

    cut, odd = recordings(tmp_path)

    assert (cut.content, cut.streamed) == (b"data: 1\r\n\r\ndata: \xff", True)
    assert (odd.content, odd.streamed) == (b'{"broken', False)
    assert cut.name == f"{tmp_path.name}/cut"


@pytest.mark.parametrize(
    ("response", "content_type", "streamed"),
    [
        ({"body": {}}, "application/json", False),
        ({}, "application/json", False),
        ({"body_text": "x"}, "text/event-stream", True),
        ({"body_file": "a.ndjson"}, "application/x-ndjson", True),
        ({"body_file": "a.html"}, "text/html", False),
        ({"body_file": "a.txt"}, "text/plain", False),
        ({"body_frames": []}, "application/vnd.amazon.eventstream", True),
        ({"body": {}, "headers": {"Content-Type": "Text/Plain; x=y"}}, "text/plain", False),
    ],
)
def test_a_missing_content_type_follows_from_the_body(
    tmp_path: Path, response: dict[str, Any], content_type: str, streamed: bool
) -> None:
    for name in ("a.ndjson", "a.html", "a.txt"):
        (tmp_path / name).write_text("")
    (one,) = recordings(written(tmp_path, one=recorded(response)) / "one.json")

    assert (one.response.content_type, one.streamed) == (content_type, streamed)
    sent = {name.lower(): value for name, value in one.simulated_response().headers.items()}
    assert sent["content-type"].partition(";")[0].lower() == content_type
    assert len(sent) == len(one.simulated_response().headers)


def test_a_body_file_must_be_beside_the_exchange(tmp_path: Path) -> None:
    written(tmp_path, a=recorded({"body_file": "../a.sse"}))

    with pytest.raises(ValueError, match="must be the name of a file in the same folder"):
        list(recordings(tmp_path))


@pytest.mark.parametrize(
    "response",
    [{"body": None, "body_text": ""}, {"body_file": "a.sse", "body_frames": []}],
)
def test_a_response_with_two_bodies_is_refused(tmp_path: Path, response: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a response must have exactly one body"):
        list(recordings(written(tmp_path, a=recorded(response))))


def test_frames_become_an_event_stream(tmp_path: Path) -> None:
    frames = [
        {"type": "messageStart", "payload": {"role": "assistant"}},
        {"type": "throttlingException", "payload": "not JSON", "exception": True},
    ]
    (one,) = recordings(written(tmp_path, a=recorded({"body_frames": frames})))

    first, second = one.simulated_response().body

    assert first + second == one.content
    assert b":event-type\x07\x00\x0cmessageStart" in first
    assert b'{"role":"assistant"}' in first
    assert b":exception-type\x07\x00\x13throttlingException" in second
    assert b":message-type\x07\x00\x09exception" in second
    assert b"not JSON" in second


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        (SSE, ['data: {"a": 1}\n\n', ": comment\n\n", "data: [DONE]\n\n"]),
        ("data: 1\r\n\r\ndata: 2\r\n\r\n", ["data: 1\r\n\r\n", "data: 2\r\n\r\n"]),
        ("data: 1\n\ndata: 2", ["data: 1\n\n", "data: 2"]),
        ('{"a":1}\n{"b":2}\n', ['{"a":1}\n', '{"b":2}\n']),
    ],
    ids=["events", "crlf", "no end", "lines"],
)
def test_a_stream_is_replayed_event_by_event_and_byte_for_byte(
    tmp_path: Path, text: str, pieces: list[str]
) -> None:
    written(tmp_path, a=recorded({"body_text": text}, tags=["stream"]))
    (one,) = recordings(tmp_path)

    assert one.streamed
    assert one.simulated_response().body == tuple(piece.encode() for piece in pieces)
    with Simulator(replay=tmp_path) as simulator:
        assert ask(simulator, stream=True).content == text.encode()


def test_status_and_headers_are_replayed_without_framing(tmp_path: Path) -> None:
    headers = {"x-request-id": "req_recorded", "Content-Length": "7", "retry-after": "3"}
    written(tmp_path, a=recorded({"status": 429, "headers": headers, "body": {}}))

    with Simulator(replay=tmp_path / "a.json") as simulator:
        got = ask(simulator)

    assert (got.status, got.content) == (429, b"{}")
    assert got.headers["x-request-id"] == "req_recorded"
    assert got.headers["retry-after"] == "3"
    assert got.headers["content-type"] == "application/json"
    assert simulator.exchanges[0].request_id == "req_recorded"


def replaying(*exchanges: dict[str, Any]) -> Simulator:
    import msgspec

    return Simulator(replay=[msgspec.convert(one, Recording) for one in exchanges])


def content(got: Any) -> str:
    return got.message["content"]


def test_the_recording_with_an_equal_request_is_replayed() -> None:
    one = recorded(whole("one"), recorded_request("1", stream=False, temperature=None))
    two = recorded(whole("two"), recorded_request("2"))
    with replaying(one, two) as simulator:
        parts = [{"role": "user", "content": [{"type": "text", "text": "1"}]}]

        assert content(ask(simulator, "2")) == "two"
        assert content(ask(simulator, "2")) == "two"
        assert content(ask(simulator, messages=parts, stream_options=None)) == "one"


def test_recordings_with_equal_requests_are_replayed_in_order() -> None:
    with replaying(*[recorded(whole(text), recorded_request("1")) for text in "abc"]) as simulator:
        texts = [content(ask(simulator, "1")) for _ in range(4)]

    assert texts == ["a", "b", "c", "a"]


def test_other_requests_get_the_recordings_in_order_repeatedly() -> None:
    with replaying(*[recorded(whole(text)) for text in "ab"]) as simulator:
        assert [content(ask(simulator)) for _ in range(3)] == ["a", "b", "a"]
        simulator.reset()
        assert content(ask(simulator)) == "a"


def test_streamed_requests_get_streamed_recordings_if_available() -> None:
    stream = recorded({"body_text": SSE, "headers": {"content-type": "text/event-stream"}})
    with replaying(recorded(whole("a")), stream) as simulator:
        assert ask(simulator, stream=True).content == SSE.encode()
        assert content(ask(simulator)) == "a"
    with replaying(recorded(whole("a"))) as simulator:
        assert content(ask(simulator, stream=True)) == "a"


def test_recordings_of_other_apis_are_not_replayed() -> None:
    other = recorded(whole("a"), api="other.chat")
    with replaying(other) as simulator:
        assert content(ask(simulator)) == "You said: Hello, world!"


def test_queued_replies_take_precedence_over_recordings() -> None:
    with replaying(recorded(whole("a"))) as simulator:
        (one,) = (recorded_one for recorded_one in simulator.recordings)
        simulator.queue("queued", one)

        assert [content(ask(simulator)) for _ in range(3)] == ["queued", "a", "a"]


@pytest.mark.parametrize(
    ("api", "wire_format"),
    [
        ("openai.chat", "openai.chat"),
        ("gemini.generate_content", "gemini.generate_content"),
        ("gemini.stream_generate_content", "gemini.generate_content"),
        ("bedrock.converse_stream", "bedrock.converse"),
    ],
)
def test_whole_and_streamed_recordings_have_one_wire_format(
    tmp_path: Path, api: str, wire_format: str
) -> None:
    (one,) = recordings(written(tmp_path, a=recorded(whole("a"), api=api)) / "a.json")

    assert one.wire_format == wire_format


def test_a_failure_is_replayed_only_for_its_own_request_if_there_are_others() -> None:
    failed = recorded(
        {"status": 401, "body": {"error": {"message": "No."}}}, recorded_request("wrong")
    )
    with replaying(failed, recorded(whole("right"), recorded_request("one"))) as simulator:
        assert [content(ask(simulator, "new")) for _ in range(2)] == ["right", "right"]
        assert ask(simulator, "wrong").status == 401
    with replaying(failed) as simulator:
        assert ask(simulator, "new").status == 401


def test_recordings_with_tools_are_replayed_for_requests_with_tools() -> None:
    tools = [{"type": "function", "function": {"name": "clock"}}]
    plain = recorded(whole("plain"), recorded_request("one"))
    tooled = recorded(whole("tooled"), recorded_request("two", tools=tools))
    with replaying(plain, tooled) as simulator:
        found = [content(ask(simulator, "new", tools=tools)), content(ask(simulator, "new"))]
    assert found == ["tooled", "plain"]


def test_responses_name_their_recording_and_whether_the_request_was_the_same(
    tmp_path: Path,
) -> None:
    folder = written(tmp_path, one=recorded(whole("1"), recorded_request("one")))
    with Simulator(replay=folder) as simulator:
        got = [ask(simulator, "one"), ask(simulator, "other")]
    assert [each.headers["x-recording"] for each in got] == [f"{folder.name}/one"] * 2
    assert [each.headers["x-recording-matched"] for each in got] == ["true", "false"]
