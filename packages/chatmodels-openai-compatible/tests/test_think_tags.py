"""Reasoning in tags before the text, whole and in a stream that is cut at every place."""

from typing import Any

import msgspec
import pytest

from chatmodels.core import ChatRequest, StreamEvent, user
from chatmodels.http import Frame
from chatmodels.openai_compatible import Dialect, chat_completions_codec

REQUEST = ChatRequest(messages=(user("?"),))
CODEC = chat_completions_codec(Dialect(name="acme", think_tags=True))

TEXTS = {
    "reasoning and text": ("<think>Hm.</think>Yes.", "Hm.", "Yes."),
    "white space around": ("\n <think>\nHm.\n</think>\n\nYes. \n", "\nHm.\n", "Yes. \n"),
    "no reasoning": ("Yes, <think>no</think>.", "", "Yes, <think>no</think>."),
    "nothing but white space": (" \n", "", " \n"),
    "a text that begins like a tag": ("<thin ice", "", "<thin ice"),
    "a text that is the beginning of a tag": ("<thi", "", "<thi"),
    "reasoning that is not closed": ("<think>Hm. </thin", "Hm. </thin", ""),
    "a closing tag that is not one": ("<think>a < b </ c</think>d", "a < b </ c", "d"),
    "empty reasoning": ("<think></think>Yes.", "", "Yes."),
    "a second pair of tags": ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
}

each_text = pytest.mark.parametrize(("sent", "reasoning", "text"), TEXTS.values(), ids=TEXTS.keys())


@each_text
def test_reasoning_is_apart_in_a_whole_response(sent: str, reasoning: str, text: str) -> None:
    body = {"choices": [{"message": {"content": sent}, "finish_reason": "stop"}]}
    response = CODEC.decode(msgspec.json.encode(body), REQUEST)

    assert (response.reasoning, response.text) == (reasoning, text)


@each_text
def test_reasoning_is_apart_however_a_stream_is_cut(sent: str, reasoning: str, text: str) -> None:
    for size in range(1, len(sent) + 1):
        events = streamed([sent[start : start + size] for start in range(0, len(sent), size)])
        assert deltas(events, "reasoning_delta") == reasoning
        assert deltas(events, "text_delta") == text


def test_tags_stay_in_the_text_unless_the_dialect_has_them() -> None:
    body = {"choices": [{"message": {"content": "<think>a</think>b"}, "finish_reason": "stop"}]}
    codec = chat_completions_codec(Dialect(name="acme"))

    assert codec.decode(msgspec.json.encode(body), REQUEST).text == "<think>a</think>b"


def streamed(chunks: list[str]) -> list[StreamEvent]:
    decoder = CODEC.reader(REQUEST)
    events: list[StreamEvent] = []
    bodies: list[Any] = [{"choices": [{"delta": {"content": chunk}}]} for chunk in chunks]
    bodies.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    for body in bodies:
        events += decoder.feed(Frame(data=msgspec.json.encode(body)))
    events += decoder.feed(Frame(data=b"[DONE]"))
    return events


def deltas(events: list[StreamEvent], kind: str) -> str:
    return "".join(event.text for event in events if event.type == kind)
