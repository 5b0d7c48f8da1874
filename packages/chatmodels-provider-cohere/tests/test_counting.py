"""The tokenizer counts the texts, and the rest is estimated."""

from typing import Any

import pytest

from chatmodels.core import (
    ModelNotFoundError,
    ToolCall,
    assistant,
    create_chat_model,
    file,
    image,
    system,
    tool,
    tool_result,
    user,
)
from chatmodels.testing import Simulator

PNG = b"\x89PNG\r\n\x1a\n"


@tool
def weather(city: str) -> str:
    """Return the weather."""
    raise AssertionError


def model(simulator: Simulator, name: str = "command-a-03-2025") -> Any:
    return create_chat_model(f"cohere:{name}", api_key="k", base_url=simulator.url)


def test_the_texts_are_tokenized_and_the_template_is_estimated() -> None:
    prompt = [
        system("Be brief."),
        user("Weather in Oslo?", file(b"Oslo is cold.", media_type="text/plain", name="a.txt")),
        assistant(ToolCall("c1", "weather", '{"city": "Oslo"}')),
        tool_result(ToolCall("c1", "weather"), "rain"),
    ]
    with Simulator() as simulator:
        count = model(simulator).count_tokens(prompt, tools=[weather])
        (exchange,) = simulator.exchanges

    sent = exchange.request
    assert (sent.method, sent.path) == ("POST", "/v1/tokenize")
    assert sent.json.keys() == {"model", "text"}
    first, *others = sent.json["text"].splitlines()
    assert (first, others[0]) == ("Be brief.", "Weather in Oslo?")
    assert '{"city": "Oslo"}' in others
    assert "rain" in others
    assert "Oslo is cold." in others
    assert '"parameters"' in others[-1]
    assert count.input_tokens == len(sent.json["text"].split()) + 4 * len(prompt)
    assert (count.is_estimate, count.method) == (True, "tokenizer")
    assert count.note == "the template of the conversation and images are estimated"


def test_an_output_schema_is_tokenized() -> None:
    with Simulator() as simulator:
        model(simulator).count_tokens("?", output_type=list[int])
        assert '"type":"array"' in simulator.exchanges[-1].request.json["text"].replace(" ", "")


def test_the_values_of_a_document_are_tokenized() -> None:
    document = file(b'{"title": "Oslo", "founded": 1040}', media_type="application/json")
    with Simulator() as simulator:
        model(simulator).count_tokens(user("When?", document))
        text = simulator.exchanges[-1].request.json["text"]
    assert text.splitlines() == ["When?", "Oslo", "1040"]


def test_a_long_text_is_sent_in_chunks() -> None:
    with Simulator() as simulator:
        count = model(simulator).count_tokens("word " * 30_000)
        texts = [exchange.request.json["text"] for exchange in simulator.exchanges]
    assert [len(text) for text in texts] == [65_536, 65_536, 18_928]
    assert count.input_tokens == sum(len(text.split()) for text in texts) + 4


def test_an_image_without_text_is_estimated_without_a_request() -> None:
    with Simulator() as simulator:
        count = model(simulator, "command-a-vision-07-2025").count_tokens(user(image(PNG)))
        assert simulator.exchanges == ()
    assert count.input_tokens == 1_004


def test_an_unknown_model_is_an_error() -> None:
    with Simulator() as simulator, pytest.raises(ModelNotFoundError):
        model(simulator, "fault-unknown").count_tokens("?")
