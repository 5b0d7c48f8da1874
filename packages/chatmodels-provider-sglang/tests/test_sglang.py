"""The contract, and tests specific to SGLang."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from msgspec import Meta

from chatmodels.core import (
    AudioPart,
    Message,
    TextPart,
    UnsupportedError,
    create_chat_model,
    user,
)
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="sglang", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_sglang_keeps_the_contract(check: Check) -> None:
    check()


def body(prompt: Any = "?", **options: Any) -> dict[str, Any]:
    explained = create_chat_model("sglang:any-model").explain(prompt, **options)
    assert explained.url == "http://127.0.0.1:30000/v1/chat/completions"
    found: dict[str, Any] = explained.body
    return found


def test_settings_have_the_names_of_sglang() -> None:
    sent = body(max_output_tokens=9, top_k=5, reasoning_effort="none")

    assert (sent["max_completion_tokens"], sent["top_k"]) == (9, 5)
    assert sent["reasoning_effort"] == "none"


def test_fields_of_sglang_are_provider_options() -> None:
    fields = {"min_p": 0.1, "regex": "yes|no", "separate_reasoning": False}

    assert body(provider_options=fields).items() >= fields.items()


def test_names_of_speakers_are_left_out() -> None:
    named = Message("user", (TextPart("Hi"),), "Ada")

    assert body(named)["messages"] == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("options", [{"user": "ada"}, {"store": True}])
def test_settings_without_an_effect_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError, match=next(iter(options))):
        body(**options)


def test_audio_as_bytes_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="audio"):
        body(user("?", AudioPart(data=b"RIFF", media_type="audio/wav")))


@dataclass
class Row:
    code: Annotated[str, Meta(pattern="^[A-Z]+$", max_length=9)]
    step: Annotated[int, Meta(ge=0, multiple_of=7)]


def test_constraints_that_sglang_rejects_are_not_sent() -> None:
    explained = create_chat_model("sglang:any-model").explain("?", output_type=Row)
    schema = explained.body["response_format"]["json_schema"]["schema"]

    assert schema["properties"]["code"]["pattern"] == "^[A-Z]+$"
    assert "maxLength" not in schema["properties"]["code"]
    assert schema["properties"]["step"]["minimum"] == 0
    assert "multipleOf" not in schema["properties"]["step"]
    (warning,) = explained.warnings
    assert "maxLength of code" in warning
    assert "multipleOf of step" in warning
