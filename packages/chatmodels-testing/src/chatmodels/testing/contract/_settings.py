"""Checks of settings: each is applied or refused."""

from collections.abc import Mapping
from typing import Any

from chatmodels.core import (
    AudioOutput,
    ChatModel,
    InvalidRequestError,
    Settings,
    UnsupportedError,
)
from chatmodels.testing.contract._calls import WEATHER
from chatmodels.testing.contract._contract import CheckContext, failure

SETTINGS: Mapping[str, Any] = {
    "temperature": 0.25,
    "top_p": 0.5,
    "top_k": 7,
    "max_output_tokens": 123,
    "stop": ("END",),
    "seed": 7,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "logit_bias": {"50256": -100.0},
    "logprobs": True,
    "top_logprobs": 2,
    "reasoning_effort": "low",
    "reasoning_budget": 1024,
    "parallel_tool_calls": False,
    "user": "user-7",
    "metadata": {"job": "seven"},
    "store": True,
    "service_tier": "flex",
    "prompt_cache_key": "key-7",
    "prompt_cache_retention": "24h",
    "prediction": "The Arctic",
    "audio_output": AudioOutput("alloy"),
    "verbosity": "low",
}
"""A value for every setting that is not a default of a provider."""


def every_setting_is_applied_or_refused(context: CheckContext) -> None:
    """A setting changes the request, or raises an error with its name."""
    assert set(SETTINGS) == set(Settings.__struct_fields__), "the suite lacks a setting"
    model = context.model()
    model.generate("?", tools=[WEATHER])
    lost: list[str] = []
    for name, value in SETTINGS.items():
        refusal = _refusal(model, name, value)
        if refusal is not None:
            assert name in str(refusal), f"the refusal of {name} does not name it: {refusal}"
        elif context.contract.over_http:
            plain, *_, changed = (exchange.request for exchange in context.simulator.exchanges)
            if plain.json == changed.json and plain.headers.keys() == changed.headers.keys():
                lost.append(name)
    assert not lost, (
        f"these settings are accepted, but do not change the request: {', '.join(lost)}; encode "
        "them, or leave them out of Profile.settings, so that an UnsupportedError refuses them"
    )


def unsupported_settings_can_be_left_out(context: CheckContext) -> None:
    """With `on_unsupported="warn"`, the warnings name unsupported settings."""
    strict, lenient = context.model(), context.model(on_unsupported="warn")
    for name, value in SETTINGS.items():
        refusal = _refusal(strict, name, value)
        # The provider cannot leave out a setting that only the vendor refuses.
        if refusal is not None and refusal.status is None:
            setting: dict[str, Any] = {name: value}
            warnings = " ".join(lenient.generate("?", tools=[WEATHER], **setting).warnings)
            assert name in warnings, f"no warning names {name}: {warnings!r}"


def settings_of_the_model_apply_to_its_calls(context: CheckContext) -> None:
    """A default is sent unless a call overrides it, and calls do not change it."""
    model = context.model(max_output_tokens=57)
    if not context.contract.over_http:
        response = model.generate("?")
        assert response.text, f"a model with max_output_tokens=57 returned {response!r}"
        return
    model.generate("?")
    model.generate("?", max_output_tokens=58)
    model.generate("?")
    first, second, third = context.simulator.requests
    assert first != second, (
        "max_output_tokens=58 of a call does not override max_output_tokens=57 of its model"
    )
    assert first == third, (
        f"a setting of one call changes the next one: {first} was sent before it, {third} after it"
    )


def unknown_keywords_are_refused_with_the_nearest_name(context: CheckContext) -> None:
    """A misspelt setting raises an error with the nearest name, and no request is sent."""
    options: dict[str, Any] = {"temperatur": 1.0}
    model = context.model()
    for call in (model.generate, model.stream):
        error = failure(lambda call=call: call("?", **options))
        assert isinstance(error, InvalidRequestError), (
            f"the misspelt setting 'temperatur' "
            f"{'is accepted' if error is None else f'fails with {error!r}'}; an "
            "InvalidRequestError names the nearest setting"
        )
        assert "temperature" in str(error), f"the error does not name 'temperature': {error}"
    if context.contract.over_http:
        assert not context.simulator.exchanges, "a request with a misspelt setting was sent"


def provider_options_are_sent_unchanged(context: CheckContext) -> None:
    """`provider_options` are added to the body unchanged."""
    extra = {"x_contract": {"nested": [1, None, "two"]}}
    context.model().generate("?", provider_options=extra)

    sent: dict[str, Any] = context.simulator.requests[-1]
    assert sent.get("x_contract") == extra["x_contract"], (
        f"provider_options={extra} was sent as {sent.get('x_contract')!r}; add "
        "request.provider_options to the body, with add_options() of chatmodels.http.wire"
    )


def headers_of_the_options_are_sent(context: CheckContext) -> None:
    """Headers of a model are sent with each request."""
    context.model(headers={"X-Contract": "seven"}).generate("?")

    sent = context.simulator.exchanges[-1].request.headers.get("x-contract")
    assert sent == "seven", f"the header X-Contract of the option `headers` was sent as {sent!r}"


def _refusal(model: ChatModel, name: str, value: object) -> UnsupportedError | None:
    """Return the error of a model that refuses a setting, or None."""
    setting: dict[str, Any] = {name: value}
    error = failure(lambda: model.generate("?", tools=[WEATHER], **setting))
    assert error is None or isinstance(error, UnsupportedError), f"{name} fails: {error!r}"
    return error


CHECKS = (
    every_setting_is_applied_or_refused,
    unsupported_settings_can_be_left_out,
    settings_of_the_model_apply_to_its_calls,
    unknown_keywords_are_refused_with_the_nearest_name,
)
HTTP_CHECKS = (
    provider_options_are_sent_unchanged,
    headers_of_the_options_are_sent,
)
