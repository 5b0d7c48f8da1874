"""What the content filters of a resource found ("Content filtering", Microsoft Foundry)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chatmodels.core import ChatResponse
from chatmodels.http.wire import Json, is_list, is_object, objects

_PROMPT = ("prompt_filter_results", "prompt_annotations")
_SEVERITIES = ("safe", "low", "medium", "high")


class FilterResults(msgspec.Struct, frozen=True):
    """The findings by category, as Azure gives them.

    Attributes:
        prompt: Of what was asked, as `{"jailbreak": {"filtered": False, "detected": False}}`.
        output: Of what was answered, as `{"hate": {"filtered": False, "severity": "safe"}}`.
    """

    prompt: Mapping[str, Json]
    output: Mapping[str, Json]

    @property
    def filtered(self) -> tuple[str, ...]:
        """The categories for which something was kept back."""
        found = [*self.prompt.items(), *self.output.items()]
        kept_back = (name for name, told in found if is_object(told) and told.get("filtered"))
        return tuple(dict.fromkeys(kept_back))


def filter_results(response: ChatResponse[Any], /) -> FilterResults:
    """Gather what the filters found in a response of Azure, whole or streamed.

    What they find in a prompt that they refuse is in the error, as
    `error.details["content_filter_result"]`.

    Examples:
        >>> response = model.generate("Why is the sky blue?")  # doctest: +SKIP
        >>> filter_results(response).output["violence"]  # doctest: +SKIP
        {'filtered': False, 'severity': 'safe'}
    """
    raw: Json = response.raw
    prompt: dict[str, Json] = {}
    output: dict[str, Json] = {}
    for body in objects(raw if is_list(raw) else [raw]):
        for name in _PROMPT:
            for found in objects(body.get(name)):
                _take(found.get("content_filter_results"), prompt)
        for choice in objects(body.get("choices")):
            if not choice.get("index"):
                _take(choice.get("content_filter_results"), output)
        # The Responses API, whose events have the response inside, tells them with the source.
        told = inner if is_object(inner := body.get("response")) else body
        for found in objects(told.get("content_filters")):
            of_prompt = found.get("source_type") == "prompt"
            _take(found.get("content_filter_results"), prompt if of_prompt else output)
    return FilterResults(prompt, output)


def _take(found: Json, into: dict[str, Json]) -> None:
    """Add some findings; those of a stream come again and again, the worst of them counts."""
    for name, told in found.items() if is_object(found) else ():
        if name not in into or _gravity(told) >= _gravity(into[name]):
            into[name] = told


def _gravity(told: Json) -> tuple[bool, bool, int]:
    if not is_object(told):
        return False, False, -1
    severity = told.get("severity")
    rank = _SEVERITIES.index(severity) if severity in _SEVERITIES else 0
    return bool(told.get("filtered")), bool(told.get("detected")), rank
