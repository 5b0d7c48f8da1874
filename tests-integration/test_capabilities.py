"""Each setting, at each family of models of each provider, is sent, refused or reported."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from capabilities import APIS, CLOCK, VALUES, Api, Unsupported, example, fate, is_implied
from chatmodels.core import (
    ChatRequest,
    Settings,
    UnsupportedError,
    create_chat_model,
    list_providers,
)
from chatmodels.core.extending import ProviderMetadata, ProviderOptions, provider
from chatmodels.http import HttpChatModel, HttpProvider, HttpRequest
from chatmodels.openai_compatible import Dialect, chat_completions_codec


@dataclass
class City:
    name: str


OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tools": ({}, {"tools": [CLOCK]}),
    "a strict tool": ({"tools": [CLOCK]}, {"tools": [replace(CLOCK, strict=True)]}),
    "no calls": ({"tools": [CLOCK]}, {"tools": [CLOCK], "tool_choice": "none"}),
    "any call": ({"tools": [CLOCK]}, {"tools": [CLOCK], "tool_choice": "required"}),
    "one call": ({"tools": [CLOCK]}, {"tools": [CLOCK], "tool_choice": "clock"}),
    "an output": ({}, {"output_type": City}),
    "an open output": ({}, {"output_type": dict}),
    "an output beside tools": ({"tools": [CLOCK]}, {"tools": [CLOCK], "output_type": City}),
    "the vendor's option": ({}, {"provider_options": {"odd": 1}}),
}
"""Arguments of a call besides settings, without something and with it. `tool_choice="auto"` is not
among them: it is the meaning of tools without a choice."""


def test_every_installed_http_provider_has_an_api_here() -> None:
    installed = {name for name in list_providers() if isinstance(provider(name), HttpProvider)}
    assert {api.provider for api in APIS} == installed


@pytest.mark.parametrize("tools", [False, True], ids=["alone", "with tools"])
@pytest.mark.parametrize("unsupported", ["error", "warn"])
@pytest.mark.parametrize("api", APIS, ids=str)
def test_a_setting_is_sent_or_refused_or_reported(
    api: Api, unsupported: Unsupported, tools: bool
) -> None:
    allowed = {"sent", "implied", "refused" if unsupported == "error" else "left out"}
    others = {"tools": [CLOCK]} if tools else {}
    models = {family: api.model(example(family), unsupported) for family in api.families()}
    wrong = [
        (family, name, value, found)
        for family, model in models.items()
        for name, values in VALUES.items()
        for value in values
        if (model.profile.tools and model.profile.tools_with_reasoning) or not tools
        if (found := fate(model, name, value, **others)).kind not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("setting", ["seed", "max_output_tokens"])
def test_a_setting_without_effect_is_dropped(setting: str) -> None:
    codec = replace(chat_completions_codec(Dialect(name="acme")), encode=encode_always_the_same)
    metadata = ProviderMetadata(
        name="acme", description="", distribution="acme", base_url="https://acme.example"
    )
    model = HttpChatModel(metadata, "m-1", codec, ProviderOptions())
    assert fate(model, setting, 7).kind == "dropped"


def encode_always_the_same(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    return HttpRequest(path="/chat", body=b'{"max_tokens": 5}')


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("api", APIS, ids=str)
def test_an_option_is_sent_or_refused_or_reported(api: Api, option: str) -> None:
    assert [family for family in api.families() if not _is_honest(api, family, option)] == []


def _is_honest(api: Api, family: str, option: str) -> bool:
    """Return whether an option changes the request, is refused, or is left out with a warning."""
    without, given_options = OPTIONS[option]
    strict, lenient = api.model(example(family)), api.model(example(family), "warn")
    before = lenient.explain("?", **without)
    try:
        return strict.explain("?", **given_options).body != before.body
    except UnsupportedError:
        pass
    try:
        return bool(lenient.explain("?", **given_options).warnings)
    except UnsupportedError:
        return True  # without it nothing would be left of what is wanted


@pytest.mark.parametrize("api", APIS, ids=str)
def test_a_family_is_the_first_one_that_its_example_matches(api: Api) -> None:
    families = api.families()
    examples = {family: example(family) for family in families}
    assert [_family(name, families) for name in examples.values()] == list(families)


@pytest.mark.parametrize("api", APIS, ids=str)
def test_the_first_pattern_that_a_name_matches_is_the_longest(api: Api) -> None:
    families = api.families()
    names = [known.name for known in provider(api.provider).metadata.models]
    for name in (*names, *map(example, families)):
        matching = [family for family in families if fnmatchcase(name, family)]
        assert matching[0] == max(matching, key=len)


@pytest.mark.parametrize("api", APIS, ids=str)
def test_a_known_model_has_the_abilities_of_its_family(api: Api) -> None:
    families = api.families()
    wrong = [
        known.name
        for known in provider(api.provider).metadata.models
        if api.model(known.name).profile
        != api.model(example(_family(known.name, families))).profile
    ]
    assert wrong == []


@pytest.mark.parametrize("api", APIS, ids=str)
def test_profiles_contain_only_values_that_core_accepts(api: Api) -> None:
    for family in api.families():
        for name, words in api.model(example(family)).profile.values.items():
            assert set(words) <= set(VALUES[name])


@pytest.mark.parametrize(
    "spec",
    ["alibaba:qwen3-max", "fireworks:accounts/fireworks/models/qwen3-8b", "openrouter:z-ai/glm-5"],
)
def test_a_reasoning_budget_beside_an_effort_is_refused_or_reported(spec: str) -> None:
    both = {"reasoning_budget": 2048, "reasoning_effort": "low"}
    with pytest.raises(UnsupportedError, match="reasoning_effort with reasoning_budget"):
        create_chat_model(spec, api_key="k").explain("?", **both)

    lenient = create_chat_model(spec, api_key="k", on_unsupported="warn")
    explained = lenient.explain("?", **both)

    assert "reasoning_effort with reasoning_budget" in "".join(explained.warnings)
    alone = create_chat_model(spec, api_key="k").explain("?", reasoning_budget=2048)
    assert explained.body == alone.body


# A busy machine is no failure.
@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_settings_together_are_sent_or_refused_or_reported(data: st.DataObject) -> None:
    api = data.draw(st.sampled_from(APIS))
    family = data.draw(st.sampled_from(api.families()))
    names = data.draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=2, unique=True))
    chosen = {name: data.draw(st.sampled_from(VALUES[name]), name) for name in names}
    strict, lenient = api.model(example(family)), api.model(example(family), "warn")
    others = {"tools": [CLOCK]} if data.draw(st.booleans()) and strict.profile.tools else {}

    explained = lenient.explain("?", **chosen, **others)

    reported = {name for name in names if any(f" {name}" in text for text in explained.warnings)}
    for name in chosen.keys() - reported - explained.mapped.keys():
        assert is_implied(lenient, Settings(**{name: chosen[name]}), tools=bool(others))
    if reported:
        with pytest.raises(UnsupportedError) as caught:
            strict.explain("?", **chosen, **others)
        assert all(f" {name}" in caught.value.message for name in reported)
    else:
        assert strict.explain("?", **chosen, **others).body == explained.body


def _family(name: str, families: Any) -> str:
    return next(family for family in families if fnmatchcase(name, family))
