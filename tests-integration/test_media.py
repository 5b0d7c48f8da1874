"""Media in messages and in results of tools, at every provider and in every shape of a call."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chatmodels.core import (
    AudioPart,
    ChatResponse,
    FilePart,
    ImagePart,
    Message,
    ToolCall,
    UnsupportedError,
    assistant,
    tool_result,
    user,
)
from chatmodels.http.wire import Medium
from chatmodels.testing import Simulator
from vendors import VENDORS, model_of

PNG = ImagePart(data=b"\x89PNG", media_type="image/png")
PDF = FilePart(data=b"%PDF-", media_type="application/pdf", name="a.pdf")
TEXT = FilePart(data="größe 7".encode(), media_type="text/csv", name="a.csv")
AUDIO = AudioPart(data=b"RIFF", media_type="audio/wav")
SVG = ImagePart(data=b"<svg/>", media_type="image/svg+xml")
BYTES = FilePart(data=b"\0\1", media_type="application/octet-stream")
UNKNOWN = FilePart(data=b"\0\1")
VIDEO = FilePart(data=b"ftyp", media_type="video/x-odd")
EVERYTHING = (PNG, PDF, TEXT, AUDIO, SVG, BYTES, UNKNOWN, VIDEO)

ANY_FILE = {"mistral"}
"""Providers that do not document their types of files, and refuse some themselves."""

ANY_SERVER = {"openai-compatible"}
"""The provider of servers whose media are not known, so that all are sent."""

NOT_SHOWN = {
    SVG: VENDORS.keys() - ANY_SERVER,
    BYTES: VENDORS.keys() - ANY_FILE - ANY_SERVER,
    UNKNOWN: VENDORS.keys() - ANY_FILE - ANY_SERVER,
    AUDIO: {"anthropic", "azure responses", "cohere", "ollama", "openai responses"},
}
"""By a medium, the providers that accept it neither in results of tools nor from users."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


def tool_loop(*content: Medium) -> list[Message]:
    call = ToolCall("call_1", "look")
    return [user("Look."), assistant(call), tool_result(call, *content)]


async def shapes(model: Any, prompt: list[Message]) -> list[ChatResponse[Any]]:
    """Call a model whole and streamed, sync and async."""
    return [
        model.generate(prompt),
        model.stream(prompt).collect(),
        await model.agenerate(prompt),
        await model.astream(prompt).collect(),
    ]


@pytest.mark.parametrize("provider", VENDORS)
@pytest.mark.parametrize("part", EVERYTHING, ids=str)
def test_media_in_results_do_not_end_the_loop_of_a_lenient_model(
    provider: str, part: Medium
) -> None:
    model = model_of(provider, on_unsupported="warn")

    explained = model.explain(tool_loop(part))

    body = json.dumps(explained.body, ensure_ascii=False)
    assert ("is omitted: the model does not accept it]" in body) == bool(explained.warnings)
    if part in NOT_SHOWN:
        assert bool(explained.warnings) == (provider in NOT_SHOWN[part])
    assert len(explained.warnings) <= 1


@pytest.mark.parametrize("provider", VENDORS)
@pytest.mark.parametrize("part", [PNG, PDF, TEXT], ids=["image", "PDF", "text"])
def test_common_media_are_shown_or_refused_with_their_place(provider: str, part: Medium) -> None:
    model = model_of(provider)
    blind = part is PDF and provider in {"cohere", "ollama"}
    if blind:
        with pytest.raises(UnsupportedError, match=r"of the tool 'look' \(message 2\)"):
            model.explain(tool_loop(part))
        return

    explained = model.explain(tool_loop(part))

    assert explained.warnings == ()
    body = json.dumps(explained.body, ensure_ascii=False)
    assert base64.b64encode(part.data or b"").decode() in body or "größe 7" in body


@pytest.mark.parametrize("provider", VENDORS)
async def test_all_call_forms_report_media_that_are_left_out(
    provider: str, simulator: Simulator
) -> None:
    model = model_of(provider, simulator, on_unsupported="warn")
    odd = AudioPart(data=b"MThd", media_type="audio/midi")
    parts = (SVG if provider.startswith("google") else odd, PNG)
    expected = model.explain(tool_loop(*parts)).warnings

    responses = await shapes(model, tool_loop(*parts))

    assert [response.warnings for response in responses] == [expected] * 4
    assert ["replaced by a line of text" in warning for warning in expected] == [True]


class Counting:
    """Counts what is encoded in base64."""

    def __init__(self) -> None:
        self.encoded: list[bytes] = []

    def __call__(self, data: bytes) -> str:
        self.encoded.append(data)
        return base64.b64encode(data).decode()


@pytest.mark.parametrize("provider", VENDORS)
def test_each_medium_is_encoded_once(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting()
    monkeypatch.setattr("chatmodels.http.wire._media._encoder", lambda: counting)
    first, second, third = (
        ImagePart(data=bytes([number]), media_type="image/png") for number in range(3)
    )
    call = ToolCall("call_1", "look")

    model_of(provider).explain(
        [user("?", first), assistant(call), tool_result(call, second), assistant(third), user("!")]
    )

    assert sorted(counting.encoded) == [b"\x00", b"\x01", b"\x02"]
