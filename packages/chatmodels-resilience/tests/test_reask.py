"""Invalid structured output is shown to the model and requested again."""

from typing import Any

import pytest

from chatmodels.core import (
    ChatResponse,
    ConfigurationError,
    OutputInvalidError,
    Usage,
    assistant,
)
from chatmodels.core.extending import CallInfo
from chatmodels.resilience import Reask

SEVEN = '{"value": 7}'


async def test_the_model_gets_its_response_and_the_error(call: Any, scripted: Any) -> None:
    model = scripted("seven", SEVEN)

    response = await call(model.with_policies(Reask()), output_type=int)

    assert response.parsed == 7
    turns = model.requests[1].messages
    assert [turn.role for turn in turns] == ["user", "assistant", "user"]
    assert turns[1].text == "seven"
    assert "is not JSON" in turns[2].text


async def test_the_usage_is_that_of_all_attempts(call: Any, scripted: Any) -> None:
    model = scripted("seven", "eight", SEVEN).with_policies(Reask())

    response = await call(model, output_type=int)

    assert response.usage == Usage(input_tokens=30, output_tokens=15)
    assert [each.code for each in response.failed_attempts] == ["output_invalid"] * 2


async def test_the_last_error_is_raised_with_the_usage_of_all(call: Any, scripted: Any) -> None:
    model = scripted("six", "seven").with_policies(Reask(1))

    with pytest.raises(OutputInvalidError) as raised:
        await call(model, output_type=int)

    assert raised.value.partial.text == "seven"
    assert raised.value.partial.usage.output_tokens == 10


async def test_a_call_without_output_is_left_alone(call: Any, scripted: Any) -> None:
    assert (await call(scripted("Hello").with_policies(Reask()))).text == "Hello"


async def test_a_request_that_is_not_idempotent_is_made_once(call: Any, scripted: Any) -> None:
    model = scripted("seven", SEVEN)

    with pytest.raises(OutputInvalidError):
        await call(model.with_policies(Reask()), output_type=int, idempotent=False)

    assert len(model.requests) == 1


async def test_a_response_without_content_is_not_repeated(call: Any, scripted: Any) -> None:
    class Empty(scripted):  # type: ignore[misc] - a class from a fixture
        def respond(self, request: Any, call: CallInfo, /) -> ChatResponse[Any]:
            if not self.requests:
                self.requests.append(request)
                return ChatResponse(message=assistant())
            return super().respond(request, call)

    model = Empty(SEVEN)

    assert (await call(model.with_policies(Reask()), output_type=int)).parsed == 7
    assert [turn.role for turn in model.requests[1].messages] == ["user", "user"]


async def test_an_error_without_a_response_is_raised(call: Any, scripted: Any) -> None:
    model = scripted(OutputInvalidError("no output"), SEVEN)

    with pytest.raises(OutputInvalidError, match="no output"):
        await call(model.with_policies(Reask()), output_type=int)


@pytest.mark.parametrize("times", [0, 1.5, True, "2"])
def test_times_must_be_a_positive_integer(times: Any) -> None:
    with pytest.raises(ConfigurationError, match="times must be an integer of at least 1"):
        Reask(times)


def test_its_repr_has_the_times() -> None:
    assert repr(Reask(3)) == "Reask(3)"
