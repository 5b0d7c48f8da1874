"""Results of the content filters of a resource ("Content filtering", Microsoft Foundry)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chatmodels.core import ChatResponse
from chatmodels.http.wire import Json, is_list, is_object, objects

_PROMPT = ("prompt_filter_results", "prompt_annotations")
_SEVERITIES = ("safe", "low", "medium", "high")


class FilterResults(msgspec.Struct, frozen=True):
    """The filter results by category, as reported by Azure.

    Attributes:
        prompt: Results for the prompt: `{"jailbreak": {"filtered": False, "detected": False}}`.
        output: Results for the output: `{"hate": {"filtered": False, "severity": "safe"}}`.
    """

    prompt: Mapping[str, Json]
    output: Mapping[str, Json]

    @property
    def filtered(self) -> tuple[str, ...]:
        """The categories for which content was filtered."""
        results = [*self.prompt.items(), *self.output.items()]
        names = (name for name, result in results if is_object(result) and result.get("filtered"))
        return tuple(dict.fromkeys(names))


def filter_results(response: ChatResponse[Any], /) -> FilterResults:
    """Return the content filter results of a response from Azure, whole or streamed.

    If a prompt is refused, the error contains the results in
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
            for item in objects(body.get(name)):
                _merge(item.get("content_filter_results"), prompt)
        for choice in objects(body.get("choices")):
            if not choice.get("index"):
                _merge(choice.get("content_filter_results"), output)
        # The Responses API names the source of each result; its events contain the response.
        response_body = nested if is_object(nested := body.get("response")) else body
        for item in objects(response_body.get("content_filters")):
            of_prompt = item.get("source_type") == "prompt"
            _merge(item.get("content_filter_results"), prompt if of_prompt else output)
    return FilterResults(prompt, output)


def _merge(results: Json, merged: dict[str, Json]) -> None:
    """Add results; streams repeat them, and the most severe result of a category is kept."""
    for name, result in results.items() if is_object(results) else ():
        if name not in merged or _severity(result) >= _severity(merged[name]):
            merged[name] = result


def _severity(result: Json) -> tuple[bool, bool, int]:
    if not is_object(result):
        return False, False, -1
    severity = result.get("severity")
    rank = _SEVERITIES.index(severity) if severity in _SEVERITIES else 0
    return bool(result.get("filtered")), bool(result.get("detected")), rank
