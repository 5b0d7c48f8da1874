"""Former names work with a deprecation warning until 0.3."""

import pytest

import chatmodels.testing
from chatmodels.testing import FAULTS, SimulatedResponse, samples
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing.contract import ProviderContract, checks


@pytest.mark.parametrize(
    ("former", "name"),
    [("Answer", "SimulatedResponse"), ("Drip", "RepeatedBytes"), ("fitting", "example_value")],
)
def test_a_former_name_is_an_alias_with_a_warning(former: str, name: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"{former} is deprecated .* use {name}") as caught:
        value = getattr(chatmodels.testing, former)

    assert value is getattr(chatmodels.testing, name)
    assert caught[0].filename == __file__


def test_a_name_that_never_existed_raises_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = chatmodels.testing.Nothing


def test_a_fault_is_applied_under_the_former_name_of_the_method() -> None:
    response, request = SimulatedResponse(), ParsedRequest(model="m")
    with pytest.warns(DeprecationWarning, match=r"use Fault\.apply") as caught:
        changed = FAULTS["empty-body"].commit(response, request, OpenAIChat())

    assert changed == FAULTS["empty-body"].apply(response, request, OpenAIChat())
    assert caught[0].filename == __file__


def test_a_recording_returns_its_response_under_the_former_name_of_the_method() -> None:
    recording = samples()["tide"]
    with pytest.warns(DeprecationWarning, match=r"use Recording\.simulated_response"):
        response = recording.answer()

    assert response == recording.simulated_response()


def test_unreported_fields_can_be_passed_under_their_former_name() -> None:
    with pytest.warns(DeprecationWarning, match="use unreported="):
        contract = ProviderContract(provider="acme", model="m", untold=frozenset({"id"}))

    assert contract.unreported == {"id"}


def test_a_check_can_be_exempt_under_its_former_name() -> None:
    exempt = {"the-metadata-is-true": "it is not"}
    with pytest.warns(DeprecationWarning, match="use 'the-metadata-is-correct'") as caught:
        names = [
            check.name
            for check in checks(ProviderContract(provider="acme", model="m", exempt=exempt))
        ]

    assert "the-metadata-is-correct" not in names
    assert caught[0].filename == __file__
