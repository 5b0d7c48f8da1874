"""The suite reports what is wrong, and reads the folders that it is pointed to."""

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from chatmodels.core import (
    ChatRequest,
    Message,
    ReasoningPart,
    Settings,
    TextPart,
    UnsupportedError,
    user,
)
from chatmodels.http import Frame
from chatmodels.testing import Recording
from conformance.exchanges import CHECKOUT, Entry, entries, folders, pieces
from conformance.framing import join, split
from conformance.history import problem_of
from conformance.mutations import damaged, made_up, odd, words_of
from conformance.problems import Problems
from conformance.reading import aread_differently, read_differently
from conformance.row import InexpressibleError, Requests
from conformance.rows import ROWS
from conformance.writing import unlike, written_differently

ROW = next(row for row in ROWS if row.name == "openai")
BODY: dict[str, Any] = {
    "id": "chatcmpl-9",
    "model": "m-1",
    "choices": [{"index": 0, "message": {"content": "Ebb."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6},
}
EXPECTED: dict[str, Any] = {
    "text": "Ebb.",
    "finish_reason": "stop",
    "model": "m-1",
    "response_id": "chatcmpl-9",
    "usage": {"input": 4, "output": 2, "total": 6},
}


def recorded(**changes: Any) -> Recording:
    made = {"provider": "openai", "api": "openai.chat", "response": {"body": BODY}}
    return msgspec.convert(made | {"expected": EXPECTED} | changes, Recording)


def test_an_exchange_with_the_expected_reading_has_no_problem() -> None:
    assert read_differently(ROW, recorded()) == []
    assert read_differently(ROW, recorded(expected=None)) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"text": "Flow."}, "text: expected 'Flow.', got 'Ebb.'"),
        ({"reasoning_text": "Hm."}, "reasoning: expected 'Hm.', got ''"),
        ({"refusal": "No."}, "refusal: expected 'No.', got None"),
        ({"finish_reason": None}, "finish reason: expected None, got 'stop'"),
        ({"model": None}, "model: expected None, got 'm-1'"),
        ({"response_id": None}, "id: expected None, got 'chatcmpl-9'"),
        ({"tool_calls": [{"name": "a"}]}, "number of calls: expected 1, got 0"),
        ({"usage": {"input": 4, "output": 3}}, "output: expected 3, got 2"),
        ({"error": {"message": "Off."}}, "failed: expected True, got False"),
        ({"partial": True}, "failed: expected True, got False"),
        ({"finish": "length"}, "finish: expected 'length', got 'stop'"),
        ({"parts": []}, "parts: expected [], got ['text']"),
        ({"warnings": 1}, "warnings: expected 1, got 0"),
        ({"logprobs": 1}, "logprobs: expected 1, got 0"),
        ({"citations": [{"url": "https://x"}]}, "number of citations: expected 1, got 0"),
    ],
)
async def test_each_difference_is_reported_in_every_call_form_and_chunk_size(
    changes: dict[str, Any], problem: str
) -> None:
    exchange = recorded(expected=EXPECTED | changes)
    wanted = [f"whole, in pieces of {size}: {problem}" for size in (1, 7, 4096)]

    assert read_differently(ROW, exchange) == wanted
    assert await aread_differently(ROW, exchange) == wanted


def test_differences_of_an_error_are_reported() -> None:
    error = {"message": "Slack water.", "type": "tide", "code": "no_tide"}
    response = {"status": 429, "headers": {"retry-after": "3"}, "body": {"error": error}}
    right = error | {"status": 429, "class": "RateLimitError", "retry_after": 3.0}
    wrong = error | {"status": 429, "class": "QuotaExceededError", "retry_after": 4.0}

    def problems_with(expected: dict[str, Any]) -> list[str]:
        return read_differently(ROW, recorded(response=response, expected={"error": expected}))

    assert problems_with(right) == []
    assert problems_with(wrong)[:2] == [
        "whole, in pieces of 1: class: expected 'QuotaExceededError', got 'RateLimitError'",
        "whole, in pieces of 1: retry after: expected 4.0, got 3.0",
    ]
    assert len(problems_with(wrong)) == 2 * 2 * 3


def test_problems_are_listed_by_exchange() -> None:
    problems = Problems()
    with problems.about("a"):
        pass
    problems.require_none()
    with problems.about("b") as found:
        found += ["one", "two"]
    with problems.about("c"):
        raise KeyError("three")

    with pytest.raises(AssertionError, match=r"2 with problems:\nb\n    one\n    two\nc\n") as info:
        problems.require_none()
    assert "raised KeyError: 'three' (at test_suite.py:" in str(info.value)


def test_values_are_compared_place_by_place() -> None:
    theirs = {"a": [1, {"b": 2}], "c": 3, "d": []}
    ours = {"a": [1, {"b": 4}], "d": [5], "e": "x" * 600}

    assert list(unlike(theirs, theirs)) == []
    first, *others, last = unlike(theirs, ours)
    assert first == "body.a[1].b: recorded 2, written 4"
    assert others == [
        "body.c: recorded 3, written nothing",
        "body.d: recorded [], written [5]",
    ]
    assert last.startswith("body.e: recorded nothing, written 'xxx")
    assert len(last) < 600


def test_a_request_that_is_written_otherwise_is_reported() -> None:
    assert ROW.requests is not None
    body = {"model": "m-1", "messages": [{"role": "user", "content": "Tides?"}], "seed": 7}
    exchange = recorded(request={"url": "https://x", "body": body})
    other = Requests(
        neutral=lambda _: ChatRequest(messages=(user("Tides?"),)),
        model=ROW.requests.model,
        normal=ROW.requests.normal,
        place=lambda url: url,
    )

    assert written_differently(ROW.requests, exchange) == []
    assert written_differently(ROW.requests, recorded(request={"body": body})) == []
    assert written_differently(other, exchange) == [
        "body.seed: recorded 7, written nothing",
        "address: recorded 'https://x', written 'https://any.example/v1/chat/completions'",
    ]


def test_a_request_is_left_out_for_a_reason() -> None:
    assert ROW.requests is not None
    hot = {"model": "m", "messages": [{"role": "user", "content": "a"}], "temperature": 9}

    with pytest.raises(InexpressibleError, match="not recorded"):
        written_differently(ROW.requests, recorded())
    with pytest.raises(InexpressibleError, match="out of range"):
        written_differently(ROW.requests, recorded(request={"body": hot}))


def test_an_unsupported_setting_does_not_exempt_an_exchange() -> None:
    assert ROW.requests is not None
    unsupported = Requests(
        neutral=lambda _: ChatRequest(messages=(user("a"),), settings=Settings(top_k=2)),
        model=ROW.requests.model,
        normal=ROW.requests.normal,
    )

    with pytest.raises(UnsupportedError):
        written_differently(unsupported, recorded(request={"body": {"model": "m", "messages": []}}))


def test_reasoning_for_another_vendor_is_reported() -> None:
    secret = "The moon pulls at the water all day."
    assistant_message = Message("assistant", (ReasoningPart("x" * 41), TextPart("x" * 41)))

    assert problem_of(Message("assistant", (TextPart(secret),)), ROW, "anthropic") is None
    assert "reasoning is sent" in str(problem_of(assistant_message, ROW, "anthropic"))
    assert problem_of(assistant_message, ROW, "openai") is None


def test_a_history_that_another_vendor_refuses_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refusing:
        def explain(self, *_: object, **__: object) -> None:
            raise UnsupportedError("no audio")

    monkeypatch.setattr("conformance.history.model_of", lambda _: Refusing())

    assert problem_of(Message("assistant", ()), ROW, "ollama") == "no audio"


@pytest.mark.parametrize(
    ("kind", "frames"),
    [
        ("text/event-stream", [Frame(b"{}"), Frame(b"a\nb", "named")]),
        ("application/x-ndjson", [Frame(b"{}"), Frame(b"[]")]),
    ],
)
def test_frames_are_joined_as_they_are_split(kind: str, frames: list[Frame]) -> None:
    assert split(join(frames, kind), kind) == frames


def test_messages_of_an_event_stream_are_joined_with_their_headers() -> None:
    kind = "application/vnd.amazon.eventstream"
    headers = {":message-type": "exception", ":exception-type": "a"}
    frames = [Frame(b"{}", "first"), Frame(b"{}", "renamed", "", headers)]

    first, second = split(join(frames, kind), kind)

    assert (first.event, second.event) == ("first", "renamed")
    assert second.headers is not None
    assert second.headers[":message-type"] == "exception"


def test_mutations_are_repeatable() -> None:
    value = {"a": [1, {"b": "text"}], "c": []}

    def mutated(seed: int) -> list[object]:
        chance = Random(seed)
        content = damaged(b"some bytes of a response", chance)
        return [content, odd(value, chance, ["word"]), made_up(["word"], chance)]

    assert [mutated(seed) for seed in range(50)] == [mutated(seed) for seed in range(50)]
    assert len({repr(mutated(seed)) for seed in range(50)}) > 40
    assert value == {"a": [1, {"b": "text"}], "c": []}


def test_the_vocabulary_consists_of_names_and_short_texts() -> None:
    assert words_of({"a": ["b_c", "two words", 1, None], "d": "x" * 41}) == {"a", "b_c", "d"}


def test_bodies_are_split_into_chunks() -> None:
    assert pieces(b"abcde", 2) == [b"ab", b"cd", b"e"]


def test_folders_are_named_by_a_variable(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()

    assert folders("") == ()
    assert folders(f"{tmp_path}{os.pathsep}{other}") == (tmp_path, other)
    with pytest.raises(NotADirectoryError, match=r"CHATMODELS_RECORDED names .*missing"):
        folders(str(tmp_path / "missing"))


def test_a_file_that_is_not_an_exchange_is_reported(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("{}")

    with pytest.raises(ValueError, match=r"odd\.json is not a recorded exchange"):
        entries(tmp_path)


def test_a_row_reads_exchanges_of_its_wire_format_and_provider(tmp_path: Path) -> None:
    azure = next(row for row in ROWS if row.name == "azure")
    here, there = Entry(tmp_path, "azure", "openai.chat"), Entry(tmp_path, "groq", "openai.chat")

    assert [azure.takes(here), azure.takes(there)] == [True, False]
    assert [ROW.takes(here), ROW.takes(there)] == [True, True]
    assert not ROW.takes(Entry(tmp_path, "openai", "other"))


def test_the_exchanges_of_a_folder_are_read_and_counted(tmp_path: Path) -> None:
    made = {"provider": "groq", "api": "openai.chat", "response": {"body": BODY}}
    request = {"body": {"model": "m-1", "messages": [{"role": "user", "content": "Tides?"}]}}
    for name, exchange in (
        ("right", made | {"expected": EXPECTED, "request": request}),
        ("wrong", made | {"expected": EXPECTED | {"text": "Flow."}}),
        ("unknown", made | {"api": "other.chat"}),
    ):
        (tmp_path / f"{name}.json").write_text(json.dumps(exchange))
    suite = "tests-integration/conformance/test_folders.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-k", "openai or known"]

    run = subprocess.run(  # noqa: PLW1510 - the suite is to fail
        [*command, "-p", "no:cacheprovider", suite],
        cwd=CHECKOUT,
        env=os.environ | {"CHATMODELS_RECORDED": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 1, run.stdout + run.stderr
    assert "2 openai: openai.chat read\n" in run.stdout
    assert "1 openai: requests written\n" in run.stdout
    assert "2 openai: requests left out: not recorded\n" not in run.stdout
    assert "1 openai: requests left out: not recorded\n" in run.stdout
    assert "1 no row for other.chat\n" in run.stdout
    assert "whole, in pieces of 7: text: expected 'Flow.', got 'Ebb.'" in run.stdout
    assert "right.json" not in run.stdout
