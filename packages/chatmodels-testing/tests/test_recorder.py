"""The recorder: which requests are sent and recorded, and what is replayed."""

import json
from pathlib import Path
from typing import Any

import pytest
from engines import (
    EVENTS,
    NOTHING,
    URL,
    Clock,
    Limits,
    Sending,
    Server,
    asend,
    request,
    send,
    whole,
)

from chatmodels.core.extending import CallInfo
from chatmodels.http import TransferError
from chatmodels.testing import MissingExchangeError, Recorder, RecordMode, recordings

TIDES = request("Tides?")
WINDS = request("Winds?")
LIMITS = Limits()
NOTHING_ENGINE = Sending(NOTHING)


def record(folder: Path, *prompts: str, mode: RecordMode = "all") -> Server:
    server = Server(whole("Ebb."))
    with Recorder(folder, mode) as recorder:
        for prompt in prompts:
            send(recorder, request(prompt), server)
    return server


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def prompts(folder: Path) -> list[str]:
    found = [exchange.request for exchange in recordings(folder)]
    return [each.body["messages"][0]["content"] for each in found if each is not None]


def test_the_folder_is_that_of_the_creation_after_a_change_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Recorder("recordings", "all") as recorder:
        send(recorder, TIDES, Server(whole("Ebb.")))
        monkeypatch.chdir(tmp_path / "elsewhere")

    assert recorder.folder == tmp_path / "recordings"
    assert names(tmp_path / "recordings") == ["001.json"]
    assert names(tmp_path / "elsewhere") == []


def test_a_message_names_the_folder_as_the_program_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        Recorder("recordings/tides") as recorder,
        pytest.raises(MissingExchangeError, match=r"recorded in recordings.tides for POST"),
    ):
        send(recorder, TIDES)


@pytest.mark.parametrize("mode", ["once", "new", "all"])
def test_a_request_is_sent_and_recorded_if_nothing_is_recorded(
    mode: RecordMode, tmp_path: Path
) -> None:
    server = record(tmp_path / "new" / "folder", "Tides?", "Tides?", mode=mode)

    assert server.requests == 2
    assert names(tmp_path / "new" / "folder") == ["001.json", "002.json"]
    with Recorder(tmp_path / "new" / "folder") as recorder:
        assert send(recorder, TIDES) == [whole("Ebb.")]


def test_a_recording_that_exists_is_only_replayed_in_the_mode_once(tmp_path: Path) -> None:
    record(tmp_path, "Tides?")
    with Recorder(tmp_path, "once") as recorder:
        assert send(recorder, TIDES) == [whole("Ebb.")]
        with pytest.raises(MissingExchangeError):
            send(recorder, WINDS)


def test_only_new_requests_are_sent_in_the_mode_new(tmp_path: Path) -> None:
    record(tmp_path, "Tides?")
    server = record(tmp_path, "Tides?", "Winds?", mode="new")

    assert server.requests == 1
    assert prompts(tmp_path) == ["Tides?", "Winds?"]


def test_the_mode_all_replaces_the_former_exchanges(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, TIDES, Server(b"data: 1\n\n", headers=EVENTS))
        send(recorder, TIDES)
    assert names(tmp_path) == ["001.json", "001.sse", "002.json"]
    (tmp_path / "README.md").write_text("Kept.")

    record(tmp_path, "Winds?")

    assert names(tmp_path) == ["001.json", "README.md"]
    assert prompts(tmp_path) == ["Winds?"]


def test_nothing_is_written_if_nothing_was_sent(tmp_path: Path) -> None:
    record(tmp_path, "Tides?")
    before = (tmp_path / "001.json").read_bytes()

    record(tmp_path)

    assert (tmp_path / "001.json").read_bytes() == before


def test_a_recorder_can_save_several_times(tmp_path: Path) -> None:
    record(tmp_path, "Former?")
    recorder = Recorder(tmp_path, "all")
    for prompt in ("Tides?", "Winds?"):
        send(recorder, request(prompt), Server(whole("Ebb.")))
        recorder.save()
    recorder.save()

    assert prompts(tmp_path) == ["Tides?", "Winds?"]


def test_parameters_can_be_repeated(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, request("Tides?", f"{URL}?a=1&b=2&a=3"), Server(whole("Ebb.")))
    with Recorder(tmp_path, repeat=True) as recorder:
        assert send(recorder, request("Tides?", f"{URL}?b=2&a=1&a=3")) == [whole("Ebb.")]
        with pytest.raises(MissingExchangeError, match=r"query\.a\[0\]: '1' was recorded, '3'"):
            send(recorder, request("Tides?", f"{URL}?a=3&b=2&a=1"))


def test_equal_requests_get_their_exchanges_in_order_and_once(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        for text in ("One.", "Two."):
            send(recorder, TIDES, Server(whole(text)))

    with Recorder(tmp_path) as recorder:
        assert recorder.unused == ("001.json", "002.json")
        assert [send(recorder, TIDES)[0] for _ in range(2)] == [whole("One."), whole("Two.")]
        assert recorder.unused == ()
        with pytest.raises(
            MissingExchangeError, match=r"sent more often .* \(001.json, 002.json\)"
        ):
            send(recorder, TIDES)
    with Recorder(tmp_path, repeat=True) as recorder:
        texts = [send(recorder, TIDES)[0] for _ in range(3)]
    assert texts == [whole("One."), whole("Two."), whole("Two.")]


def test_the_host_the_headers_and_the_order_of_keys_do_not_matter(tmp_path: Path) -> None:
    record(tmp_path, "Tides?")
    head, _ = request("", "http://127.0.0.1:9/v1/chat/completions", x_trace="1")
    body = b'{"messages":[{"content":"Tides?","role":"user"}],"stream":false,"model":"m"}'

    with Recorder(tmp_path) as recorder:
        assert send(recorder, (head, body)) == [whole("Ebb.")]


def test_exchanges_of_the_same_provider_take_precedence(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        for provider in ("groq", "openai"):
            send(recorder, TIDES, Server(whole(provider)), provider=provider)

    with Recorder(tmp_path) as recorder:
        assert send(recorder, TIDES, provider="openai") == [whole("openai")]
        assert send(recorder, TIDES, provider="openai") == [whole("groq")]


def test_declared_noise_does_not_matter(tmp_path: Path) -> None:
    record(tmp_path, "Today is 2026-11-30.")
    head, body = request("Today is 2027-01-01.", f"{URL}?trace=2")
    sent: dict[str, Any] = json.loads(body) | {"metadata": {"run": 1}, "tags": ["a", "b"]}
    noisy = head, json.dumps(sent).encode()
    noise = [r"\d{4}-\d\d-\d\d"]

    for ignore in (
        ["body.metadata", "query.trace", "body.tags"],
        ["body.metadata.run", "query.*", "body.tags.0", "body.tags.1", "body.nothing.at.all"],
    ):
        with Recorder(tmp_path, ignore=ignore, noise=noise) as recorder:
            if ignore[0] == "body.metadata":
                assert send(recorder, noisy) == [whole("Ebb.")]
            else:  # the places are left, but empty
                with pytest.raises(MissingExchangeError, match=r"body\.metadata: \{\} is sent"):
                    send(recorder, noisy)
    with Recorder(tmp_path, ignore=["body.*.0.content", "body.messages.*.role"]) as recorder:
        assert send(recorder, request("Any text.")) == [whole("Ebb.")]


def test_a_missing_exchange_shows_the_nearest_one_and_the_difference(tmp_path: Path) -> None:
    record(tmp_path, "Tides of the sea?", "Winds?")
    long = "Tides of the sea, and then, after a long while in which nothing happens at all " * 3

    with Recorder(tmp_path) as recorder:
        with pytest.raises(MissingExchangeError) as raised:
            send(recorder, request("Tides of the lake?"))
        with pytest.raises(MissingExchangeError, match=r"001\.json, which differs here:\n  path: "):
            send(recorder, request("Tides of the sea?", "https://api.example/v1/other"))
        with pytest.raises(MissingExchangeError, match=r"happens at all .*'\.\.\. is sent"):
            send(recorder, request(long))
        with pytest.raises(MissingExchangeError, match=r"content: 'Tides .* recorded, \{'a': "):
            send(recorder, request({"a": "b" * 200}))

    assert raised.value.message == (
        f"none of the 2 exchanges in {tmp_path} has the request POST /v1/chat/completions; the "
        "nearest is 001.json, which differs here:\n"
        "  body.messages[0].content: 'Tides of the sea?' was recorded, 'Tides of the lake?' is sent"
        "\nrecord it with --record=new, or everything again with --record=all"
    )
    assert recorder.missing[0] == raised.value.message
    assert not raised.value.retryable
    with pytest.raises(MissingExchangeError, match="Tides of the lake"):
        recorder.check()


def test_a_missing_exchange_shows_what_is_added_and_what_is_gone(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, (TIDES[0], b'{"a": 1, "b": [1], "c": [1, 2]}'))
    with Recorder(tmp_path) as recorder, pytest.raises(MissingExchangeError) as raised:
        send(recorder, (TIDES[0], b'{"b": [1, 2], "c": [1, 3], "d": 4}'))
    many = json.dumps({str(number): number for number in range(20)}).encode()
    with Recorder(tmp_path) as recorder, pytest.raises(MissingExchangeError, match="15 more"):
        send(recorder, (TIDES[0], many))

    lines = raised.value.message.splitlines()[1:-1]
    assert lines == [
        "  body.a: 1 was recorded, and is not sent",
        "  body.b: 1 items were recorded, and 2 are sent",
        "  body.c[1]: 2 was recorded, 3 is sent",
        "  body.d: 4 is sent, and was not recorded",
    ]


def test_long_texts_are_shown_around_their_first_difference(tmp_path: Path) -> None:
    start = "The same words again and again. " * 10
    record(tmp_path, f"{start}Tides?{start}")

    with Recorder(tmp_path) as recorder, pytest.raises(MissingExchangeError) as raised:
        send(recorder, request(f"{start}Winds?{start}"))
    with Recorder(tmp_path) as recorder, pytest.raises(MissingExchangeError, match=r"'\.\.\. was"):
        send(recorder, request(start))

    assert "again. Tides?The same" in raised.value.message
    assert "again. Winds?The same" in raised.value.message
    assert start not in raised.value.message


def test_an_empty_folder_is_reported_with_the_remedy(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder, pytest.raises(MissingExchangeError) as raised:
        send(recorder, TIDES)

    assert raised.value.message == (
        f"no exchange is recorded in {tmp_path} for POST /v1/chat/completions; "
        "record it with --record=once"
    )


def test_an_exchange_without_its_request_is_not_the_nearest(tmp_path: Path) -> None:
    record(tmp_path, "Tides?")
    unknown = {"provider": "openai", "api": "openai.chat", "response": {"body": {}}}
    (tmp_path / "000.json").write_text(json.dumps(unknown))

    with Recorder(tmp_path) as recorder:
        with pytest.raises(MissingExchangeError, match=r"nearest is 001\.json"):
            send(recorder, WINDS)
        recorder.missing.clear()
        recorder.check()


async def test_async_requests_are_recorded_and_replayed(tmp_path: Path) -> None:
    server = Server(b"data: 1\n\n", b"data: 2\n\n", headers=EVENTS)
    with Recorder(tmp_path, "all") as recorder:
        await asend(recorder, TIDES, server)

    with Recorder(tmp_path) as recorder:
        assert await asend(recorder, TIDES) == list(server.chunks)
        with pytest.raises(MissingExchangeError):
            await asend(recorder, TIDES)


async def test_chunks_and_their_times_are_recorded_and_can_be_replayed(tmp_path: Path) -> None:
    server = Server(b"data: 1\n", b"\ndata: 2", b"\n\n", headers=EVENTS)
    with Recorder(tmp_path, "all", clock=server.clock) as recorder:
        send(recorder, TIDES, server)
    timing = json.loads((tmp_path / "001.json").read_text())["response"]["timing"]
    assert timing == {"head": 0.5, "chunks": [[8, 0.25], [8, 0.25], [2, 0.25]]}

    clock = Clock()
    sleeping: dict[str, Any] = {"sleep": clock.sleep, "asleep": clock.asleep, "repeat": True}
    with Recorder(tmp_path, **sleeping) as recorder:
        assert send(recorder, TIDES) == list(server.chunks)
    assert clock.slept == []
    with Recorder(tmp_path, speed=2, **sleeping) as recorder:
        assert send(recorder, TIDES, seconds=1) == list(server.chunks)
        assert clock.slept == [0.25, 0.125, 0.125, 0.125]
        clock.slept.clear()
        assert await asend(recorder, TIDES) == list(server.chunks)
        assert clock.slept == [0.25, 0.125, 0.125, 0.125]


def test_chunks_that_do_not_add_up_are_replayed_in_proportion(tmp_path: Path) -> None:
    cut = {"[[1, 0], [1, 0]]": [b"data", b": 1\n"], "[[0, 0], [0, 0]]": [b"data: 1\n", b""]}
    for chunks, expected in cut.items():
        timing = {"chunks": json.loads(chunks)}
        with Recorder(written(tmp_path, body_text="data: 1\n", timing=timing)) as recorder:
            assert send(recorder, TIDES) == expected


async def test_time_limits_apply_to_the_times_of_a_replay(tmp_path: Path) -> None:
    server = Server(whole("Ebb."))
    with Recorder(tmp_path, "all", clock=server.clock) as recorder:
        send(recorder, TIDES, server)

    clock = Clock()
    sleeping: dict[str, Any] = {"sleep": clock.sleep, "asleep": clock.asleep, "repeat": True}
    with Recorder(tmp_path, speed=1, **sleeping) as recorder:
        with pytest.raises(TransferError) as late:
            send(recorder, TIDES, seconds=0.1)
        with pytest.raises(TransferError) as also_late:
            await asend(recorder, TIDES, seconds=0.1)
    assert [late.value.kind, also_late.value.kind] == ["timeout", "timeout"]
    assert clock.slept == [0.1, 0.1]


async def test_anyio_sleeps_in_an_async_replay_by_default(tmp_path: Path) -> None:
    server = Server(whole("Ebb."))
    with Recorder(tmp_path, "all", clock=server.clock) as recorder:
        send(recorder, TIDES, server)

    with Recorder(tmp_path, speed=1e9) as recorder:
        assert await asend(recorder, TIDES) == [whole("Ebb.")]


async def test_exchanges_that_fail_in_transit_are_not_recorded(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        for server in (Server(refuses=True), Server(b'{"cho', breaks=True)):
            with pytest.raises(TransferError):
                send(recorder, TIDES, server)
            with pytest.raises(TransferError):
                await asend(recorder, TIDES, server)

    assert names(tmp_path) == []


def test_a_stream_that_its_reader_left_is_replayed_up_to_that_point(tmp_path: Path) -> None:
    server = Server(b"data: 1\n\n", b"data: 2\n\n", headers=EVENTS)
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, TIDES, server, chunks=1)

    with Recorder(tmp_path, repeat=True) as recorder:
        assert send(recorder, TIDES, chunks=1) == [b"data: 1\n\n"]
        with pytest.raises(TransferError, match="the recording ends here") as raised:
            send(recorder, TIDES)
    assert raised.value.kind == "broken"


def written(folder: Path, **response: Any) -> Path:
    body = {"model": "m", "messages": [{"role": "user", "content": "Tides?"}]}
    exchange = {
        "provider": "openai",
        "api": "openai.chat",
        "request": {"url": URL, "body": body},
        "response": response,
    }
    (folder / "001.json").write_text(json.dumps(exchange))
    return folder


@pytest.mark.parametrize(
    ("failure", "kind"), [("timeout", "timeout"), ("other", "broken"), ("", "broken")]
)
async def test_a_recorded_failure_is_replayed(failure: str, kind: str, tmp_path: Path) -> None:
    with Recorder(written(tmp_path, status=0, failure=failure), repeat=True) as recorder:
        with pytest.raises(TransferError) as raised:
            send(recorder, TIDES)
        with pytest.raises(TransferError):
            await asend(recorder, TIDES)
    assert raised.value.kind == kind


def test_a_body_that_breaks_off_is_replayed_with_its_failure(tmp_path: Path) -> None:
    folder = written(tmp_path, body_text="data: 1\n\ndata: 2\n\n", failure="timeout")
    with Recorder(folder) as recorder:
        response = recorder.intercept(NOTHING_ENGINE, "openai").send(*TIDES, LIMITS)
        assert [response.read(), response.read()] == [b"data: 1\n\n", b"data: 2\n\n"]
        with pytest.raises(TransferError, match="recorded: timeout"):
            response.read()


def test_a_simulator_replays_a_recorded_failure_as_a_lost_connection(tmp_path: Path) -> None:
    closed: list[dict[str, Any]] = [
        {"status": 0, "failure": "connect"},
        {"body_text": "data: 1\n\n", "failure": "broken"},
    ]
    for response in closed:
        (exchange,) = recordings(written(tmp_path, **response))
        assert exchange.simulated_response().ending == "close"
    (exchange,) = recordings(written(tmp_path, status=0, failure="timeout"))
    assert exchange.simulated_response().ending == "stall"


def test_a_response_without_a_content_type_is_replayed_without_one(tmp_path: Path) -> None:
    with Recorder(tmp_path, "all") as recorder:
        send(recorder, TIDES, Server(whole("Ebb."), headers={"x-a": "b", "content-length": "9"}))

    with Recorder(tmp_path) as recorder:
        response = recorder.intercept(NOTHING_ENGINE, "openai").send(*TIDES, LIMITS)
    assert dict(response.headers) == {"x-a": "b"}


def test_all_requests_of_the_process_pass_through_a_recorder_only_within_its_block(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path)
    with recorder, pytest.raises(RuntimeError, match="in use already"):
        recorder.__enter__()
    with recorder:
        pass
    recorder.__exit__()


def test_as_an_observer_a_recorder_intercepts_the_calls_of_a_model(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    call = CallInfo.__new__(CallInfo)
    call.interceptor = None

    with recorder:
        recorder.start(call)
        assert call.interceptor is None  # it sees the requests of all models anyway
    recorder.start(call)
    assert call.interceptor is recorder
    Recorder(tmp_path).start(call)
    assert call.interceptor is recorder
    recorder.end(None, None, None)


def test_invalid_arguments_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="mode must be one of none, once, new, all, not 'some'"):
        Recorder(tmp_path, "some")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="speed must be above 0"):
        Recorder(tmp_path, speed=0)
    with pytest.raises(ValueError, match="is not a folder of recorded exchanges"):
        Recorder(tmp_path / "file")
    with pytest.raises(ValueError, match=r"'headers.x' is not a place in a request; it begins"):
        Recorder(tmp_path, ignore=["headers.x"])
