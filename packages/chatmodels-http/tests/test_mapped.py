"""The fields that settings became."""

import msgspec
import pytest

from chatmodels.core import ChatRequest, Settings, user
from chatmodels.core.extending import Profile
from chatmodels.http import HttpRequest
from chatmodels.http._codec.mapped import mapped_settings

PROFILE = Profile(
    settings={
        "temperature": "options.heat",
        "service_tier": "X-Tier",
        "reasoning_effort": "thinking.effort",
        "seed": "seed",
    }
)


def encode(request: ChatRequest) -> HttpRequest:
    """Write an effort of "none" elsewhere, the tier as a header, and the seed never."""
    settings = request.settings
    body: dict[str, object] = {}
    if settings.temperature is not None:
        body["options"] = {"heat": settings.temperature}
    if settings.reasoning_effort == "none":
        body |= {"thinking": "off", "depth": 0}
    elif settings.reasoning_effort is not None:
        body["thinking"] = {"effort": settings.reasoning_effort}
    tier = settings.service_tier
    return HttpRequest(
        path="/chat",
        body=msgspec.json.encode(body) if body else b"",
        headers=() if tier is None else (("X-Tier", tier),),
    )


def mapped(request: ChatRequest, profile: Profile) -> dict[str, str]:
    wire = encode(request)
    body = msgspec.json.decode(wire.body) if wire.body else None
    return mapped_settings(request, wire, body, profile, encode)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param(Settings(), {}, id="nothing"),
        pytest.param(Settings(temperature=0.5), {"temperature": "options.heat"}, id="a field"),
        pytest.param(Settings(service_tier="flex"), {"service_tier": "X-Tier"}, id="a header"),
        pytest.param(
            Settings(reasoning_effort="low"),
            {"reasoning_effort": "thinking.effort"},
            id="the field of most values",
        ),
        pytest.param(
            Settings(reasoning_effort="none"),
            {"reasoning_effort": "thinking, depth"},
            id="other fields for one value",
        ),
        pytest.param(Settings(seed=1), {}, id="a setting that is not sent"),
    ],
)
def test_a_setting_has_the_field_that_is_sent(settings: Settings, expected: dict[str, str]) -> None:
    request = ChatRequest(messages=(user("Hi"),), settings=settings)
    assert mapped(request, PROFILE) == expected


def test_a_profile_without_fields_has_no_mapping() -> None:
    request = ChatRequest(messages=(user("Hi"),), settings=Settings(seed=1))
    assert mapped(request, Profile()) == {}


def test_the_body_is_not_decoded_again_for_fields_that_are_sent() -> None:
    request = ChatRequest(messages=(user("Hi"),), settings=Settings(temperature=0.5))
    wire = HttpRequest(path="/chat", body=b"not JSON")
    body = {"options": {"heat": 0.5}}
    assert mapped_settings(request, wire, body, PROFILE, encode) == {"temperature": "options.heat"}
