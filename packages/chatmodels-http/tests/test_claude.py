"""The generations of Claude: what each supports, and the schemas that are enforced."""

from typing import Any

import pytest

from chatmodels.core.extending import (
    ALL_TOOL_CHOICES,
    FREE_TOOL_CHOICES,
    Profile,
    translate_schema,
)
from chatmodels.http.claude import (
    CLAUDE_FAMILIES,
    ENFORCED_SCHEMAS,
    claude_profile,
    find_generation,
)

ALL = ("low", "medium", "high", "xhigh", "max")
SAMPLING = {"temperature": "t", "top_p": "p", "top_k": "k"}
SETTINGS = {
    **SAMPLING,
    "stop": "stop_sequences",
    "reasoning_effort": "effort",
    "reasoning_budget": "thinking",
}
BUDGET = ("reasoning_budget", "reasoning_effort")
BESIDE = {"temperature": (1,), "top_k": ()}


def profile(model: str, **fields: Any) -> Profile:
    generation = find_generation(model)
    assert generation is not None
    return claude_profile(Profile(settings=SETTINGS, **fields), generation)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-instant-1.2", 4_096),
        ("anthropic.claude-v2:1", 4_096),
        ("claude-2.1", 4_096),
        ("claude-3-opus-20240229", 4_096),
        ("claude-3-5-haiku-latest", 8_192),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", 64_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-opus-4-1", 32_000),
        ("claude-haiku-4-5", 64_000),
        ("claude-sonnet-4-5", 64_000),
        ("claude-opus-4-5", 64_000),
        ("claude-sonnet-4-6", 128_000),
        ("claude-opus-5", 128_000),
        ("claude-nova-9", 128_000),
    ],
)
def test_the_largest_output_depends_on_the_generation(model: str, tokens: int) -> None:
    generation = find_generation(model)
    assert generation is not None
    assert generation.max_tokens == tokens


def test_a_model_of_another_maker_has_no_generation() -> None:
    assert find_generation("amazon.nova-pro-v1:0") is None
    assert find_generation("sonnet-4-5") is None


@pytest.mark.parametrize(
    ("model", "late", "display"),
    [
        ("claude-3-opus-20240229", False, False),
        ("claude-3-7-sonnet-latest", False, False),
        ("claude-opus-4-5", False, False),
        ("claude-sonnet-4-6", False, False),
        ("claude-opus-4-7", False, True),
        ("claude-opus-4-8", True, True),
        ("claude-sonnet-5", True, True),
        ("claude-fable-5", True, True),
        ("claude-opus-5-5", True, True),
    ],
)
def test_later_generations_accept_system_messages_anywhere_and_omit_their_thinking(
    model: str, late: bool, display: bool
) -> None:
    generation = find_generation(model)
    assert generation is not None
    assert (generation.late_system, generation.display) == (late, display)


@pytest.mark.parametrize(
    ("model", "thinking", "off"),
    [
        ("claude-3-haiku-20240307", "", "disabled"),
        ("claude-opus-4-5", "budget", "disabled"),
        ("claude-opus-4-1", "budget", "disabled"),
        ("claude-opus-4-6", "adaptive", "disabled"),
        ("claude-haiku-5", "adaptive", "disabled"),
        ("claude-sonnet-5", "adaptive", "disabled"),
        ("claude-sonnet-5-5", "adaptive", "between_tools"),
        ("claude-opus-5-5", "adaptive", ""),
        ("claude-fable-5", "adaptive", ""),
        ("claude-fable-5-1", "adaptive", ""),
        ("claude-fable-5-2", "adaptive", ""),
        ("claude-mythos-5", "adaptive", ""),
        ("claude-mythos-5-1", "adaptive", ""),
    ],
)
def test_thinking_is_requested_and_switched_off_as_the_generation_does(
    model: str, thinking: str, off: str
) -> None:
    generation = find_generation(model)
    assert generation is not None
    assert (generation.thinking, generation.off) == (thinking, off)


@pytest.mark.parametrize(
    ("model", "efforts", "worded"),
    [
        ("claude-3-5-haiku-latest", ("none",), ()),
        ("claude-3-7-sonnet-latest", ("none", *ALL), ()),
        ("claude-opus-4-5", ("none", "low", "medium", "high"), ("low", "medium", "high")),
        ("claude-sonnet-4-5", ("none", *ALL), ()),
        (
            "claude-sonnet-4-6",
            ("none", "low", "medium", "high", "max"),
            ("low", "medium", "high", "max"),
        ),
        ("claude-opus-4-7", ("none", *ALL), ALL),
        ("claude-fable-5", ALL, ALL),
        ("claude-opus-5-5", ALL, ALL),
        ("claude-sonnet-5-5", ("none", *ALL), ALL),
    ],
)
def test_efforts_are_words_or_stand_for_budgets(
    model: str, efforts: tuple[str, ...], worded: tuple[str, ...]
) -> None:
    found = profile(model, values={"service_tier": ("auto",)})
    assert found.values == {"service_tier": ("auto",), "reasoning_effort": efforts}
    assert found.effort_words == {word: None for word in efforts if word not in worded}


def test_a_model_that_does_not_think_has_no_effort_to_send() -> None:
    found = profile("claude-3-opus-20240229", implied={"service_tier": ("auto",)})
    assert found.implied == {"service_tier": ("auto",), "reasoning_effort": ("none",)}
    assert found.not_with_reasoning == {}
    found = profile("claude-opus-5", implied={"service_tier": ("auto",)})
    assert found.implied == {"service_tier": ("auto",)}
    assert found.not_with_reasoning == BESIDE


@pytest.mark.parametrize(
    ("model", "left_out"),
    [
        ("claude-3-opus-20240229", {"reasoning_budget"}),
        ("claude-3-7-sonnet-latest", set[str]()),
        ("claude-sonnet-4-5", set[str]()),
        ("claude-opus-4-6", set[str]()),
        ("claude-opus-4-7", {*SAMPLING, "reasoning_budget"}),
        ("claude-sonnet-5", {*SAMPLING, "reasoning_budget"}),
        ("claude-fable-5", {*SAMPLING, "reasoning_budget"}),
        ("claude-nova-9", {*SAMPLING, "reasoning_budget"}),
    ],
)
def test_settings_that_a_generation_refuses_are_left_out(model: str, left_out: set[str]) -> None:
    found = profile(model).settings
    assert found == {name: field for name, field in SETTINGS.items() if name not in left_out}


def test_an_api_with_fewer_settings_keeps_those_it_has() -> None:
    generation = find_generation("claude-opus-5")
    assert generation is not None
    assert claude_profile(Profile(settings={"stop": "s"}), generation).settings == {"stop": "s"}
    assert claude_profile(Profile(settings=None), generation).settings == {}


@pytest.mark.parametrize(
    ("model", "both"),
    [
        ("claude-3-opus-20240229", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-opus-4-20250514", True),
        ("claude-opus-4-1", False),
        ("claude-haiku-4-5", False),
        ("claude-sonnet-4-5", False),
        ("claude-opus-4-5", False),
        ("claude-sonnet-4-6", False),
        ("claude-opus-4-6", False),
        ("claude-opus-5", True),
    ],
)
def test_temperature_excludes_top_p_in_some_generations(model: str, both: bool) -> None:
    assert profile(model).exclusive == ((BUDGET,) if both else (BUDGET, ("temperature", "top_p")))


@pytest.mark.parametrize(
    ("model", "always", "beside"),
    [
        ("claude-3-opus-20240229", ALL_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-opus-4-5", ALL_TOOL_CHOICES, FREE_TOOL_CHOICES),
        ("claude-opus-5", ALL_TOOL_CHOICES, FREE_TOOL_CHOICES),
        ("claude-haiku-5", ALL_TOOL_CHOICES, FREE_TOOL_CHOICES),
        ("claude-fable-5", ALL_TOOL_CHOICES, FREE_TOOL_CHOICES),
        ("claude-mythos-5", ALL_TOOL_CHOICES, FREE_TOOL_CHOICES),
        ("claude-sonnet-5-5", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-opus-5-5", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-fable-5-1", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-fable-5-2", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-mythos-5-1", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
        ("claude-nova-9", FREE_TOOL_CHOICES, ALL_TOOL_CHOICES),
    ],
)
def test_the_newest_models_cannot_be_forced_to_call_tools(
    model: str, always: frozenset[str], beside: frozenset[str]
) -> None:
    found = profile(model)
    assert (found.tool_choices, found.tool_choices_with_reasoning) == (always, beside)


@pytest.mark.parametrize(
    ("model", "structured"),
    [
        ("claude-instant-1.2", False),
        ("claude-3-5-haiku-latest", False),
        ("claude-3-7-sonnet-latest", False),
        ("claude-sonnet-4-20250514", False),
        ("claude-opus-4-20250514", False),
        ("claude-opus-4-1", False),
        ("claude-haiku-4-5", True),
        ("claude-opus-4-6", True),
        ("claude-nova-9", True),
    ],
)
def test_schemas_are_enforced_from_claude_4_5_on(model: str, structured: bool) -> None:
    found = profile(model)
    assert found.strict_tools is structured
    assert found.native_output == (frozenset({"strict"}) if structured else frozenset())
    assert not profile(model, strict_tools=False).strict_tools


def test_a_pattern_of_each_generation_matches_its_models() -> None:
    assert CLAUDE_FAMILIES[:7] == (
        "claude-3-5-*",
        "claude-3-7-*",
        "claude-3-*",
        "claude-v2*",
        "claude-2*",
        "claude-instant*",
        "claude-haiku-4-5*",
    )
    assert CLAUDE_FAMILIES[-3:] == ("claude-mythos-5-1*", "claude-mythos-*", "claude*")
    assert len(set(CLAUDE_FAMILIES)) == len(CLAUDE_FAMILIES)


def enforced(**field: Any) -> dict[str, Any]:
    """Translate a schema with one field, and return the field."""
    schema = {
        "type": "object",
        "properties": {"a": field},
        "required": ["a"],
        "additionalProperties": False,
    }
    translation = translate_schema(schema, ENFORCED_SCHEMAS)
    assert translation.problems == ()
    translated: Any = translation.schema
    found: dict[str, Any] = translated["properties"]["a"]
    return found


@pytest.mark.parametrize(
    ("kind", "keyword", "value"),
    [
        ("integer", "minimum", 1),
        ("integer", "maximum", 1),
        ("integer", "exclusiveMinimum", 1),
        ("integer", "exclusiveMaximum", 1),
        ("integer", "multipleOf", 2),
        ("string", "minLength", 2),
        ("string", "maxLength", 2),
        ("array", "maxItems", 2),
        ("array", "uniqueItems", True),
        ("array", "minContains", 2),
        ("array", "maxContains", 2),
    ],
)
def test_keywords_that_are_not_enforced_are_described(kind: str, keyword: str, value: Any) -> None:
    items = {"items": {"type": "string"}} if kind == "array" else {}
    found = enforced(type=kind, **items, **{keyword: value})
    assert keyword not in found
    assert keyword in found["description"]


def test_exclusive_choices_and_tuples_are_widened() -> None:
    types = [{"type": "string"}, {"type": "integer"}]
    assert enforced(oneOf=types) == {"anyOf": types}
    assert "prefixItems" not in enforced(type="array", prefixItems=types)


@pytest.mark.parametrize(
    "name",
    [
        *("date-time", "time", "date", "duration", "email", "hostname", "uri"),
        *("ipv4", "ipv6", "uuid"),
    ],
)
def test_formats_that_are_enforced_are_sent(name: str) -> None:
    assert enforced(type="string", format=name) == {"type": "string", "format": name}


def test_another_format_is_described() -> None:
    found = enforced(type="string", format="iri")
    assert "format" not in found
    assert "iri" in found["description"]


@pytest.mark.parametrize(("least", "sent"), [(0, True), (1, True), (2, False)])
def test_an_array_has_at_most_one_required_item(least: int, sent: bool) -> None:
    found = enforced(type="array", items={"type": "string"}, minItems=least)
    assert ("minItems" in found) is sent


def test_recursion_and_free_keys_cannot_be_enforced() -> None:
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/node"}},
        "required": [],
        "additionalProperties": False,
    }
    for schema in (
        {"$ref": "#/$defs/node", "$defs": {"node": node}},
        {"type": "object", "additionalProperties": {"type": "string"}},
    ):
        assert len(translate_schema(schema, ENFORCED_SCHEMAS).problems) == 1
