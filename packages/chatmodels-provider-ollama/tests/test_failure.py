"""The remedy in failures of Ollama."""

import pytest

from chatmodels.core import ChatModelError, ResponseInvalidError
from chatmodels.http import HttpFailure
from chatmodels.providers.ollama._errors import read_failure, reject


def failed(status: int, text: str) -> ChatModelError:
    return read_failure(
        HttpFailure(status=status, headers={}, body=b'{"error": "%b"}' % text.encode())
    )


@pytest.mark.parametrize("text", ["model 'qwen9' not found", 'model \\"qwen9\\" not found'])
def test_a_missing_model_has_a_remedy(text: str) -> None:
    error = failed(404, text)
    assert error.message.endswith(
        "\"; fetch it with `ollama pull qwen9` or chatmodels.providers.ollama.pull('qwen9')"
    )
    assert str(error) == error.message
    assert error.message.startswith("ollama: 404 model not found: ")


@pytest.mark.parametrize(
    ("status", "text"), [(404, "model qwen9 not found"), (502, "model 'qwen9' not found")]
)
def test_other_failures_have_no_remedy(status: int, text: str) -> None:
    assert "fetch it" not in failed(status, text).message


def test_an_invalid_response_is_refused_or_its_error_raised() -> None:
    with pytest.raises(
        ResponseInvalidError, match=r"^ollama sent data that is not a response \(odd\)"
    ):
        reject(b"{}", "odd")
    with pytest.raises(ResponseInvalidError, match="not a listing"):
        reject(b"{}", "odd", "a listing")
    with pytest.raises(ChatModelError, match="reported in a 200 response"):
        reject(b'{"error": "broken"}', "odd")
