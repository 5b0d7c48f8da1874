"""The translation of schemas into the part of JSON Schema that a vendor accepts."""

import copy
import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatmodels.core.extending import STRICT_SCHEMA, SchemaRules, translate_schema

TEXT = {"type": "string"}
LIST = {"type": "array"}
PLAIN = SchemaRules()
STRICT = msgspec.structs.replace(STRICT_SCHEMA, most_properties=None)


def rooted(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


def translated(schema: dict[str, Any], rules: SchemaRules = PLAIN, **more: Any) -> Any:
    made = translate_schema(schema, msgspec.structs.replace(rules, **more))
    assert made.problems == ()
    return made.schema


def problems(schema: dict[str, Any], rules: SchemaRules = PLAIN, **more: Any) -> Any:
    return list(translate_schema(schema, msgspec.structs.replace(rules, **more)).problems)


def field(inner: Any, rules: SchemaRules = PLAIN, **more: Any) -> Any:
    required = {
        "required": ["p"],
        "$defs": {"A": TEXT, "B": rooted({}, additionalProperties=False)},
    }
    made: Any = translated(rooted({"p": inner}, **required), rules, **more)
    return made["properties"]["p"]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param({"const": "cat"}, {"enum": ["cat"], "type": "string"}, id="const"),
        pytest.param({"const": True}, {"enum": [True], "type": "boolean"}, id="const of a boolean"),
        pytest.param({"const": 1.5}, {"enum": [1.5], "type": "number"}, id="const of a number"),
        pytest.param({"const": [1]}, {"enum": [[1]], "type": "array"}, id="const of an array"),
        pytest.param({"const": {}}, {"enum": [{}], "type": "object"}, id="const of an object"),
        pytest.param(
            {"const": 1, "enum": [1]}, {"const": 1, "enum": [1], "type": "integer"}, id="both"
        ),
        pytest.param(
            {"enum": ["a", None]}, {"enum": ["a", None], "type": ["string", "null"]}, id="enum"
        ),
        pytest.param({"enum": []}, {"enum": []}, id="empty enum"),
        pytest.param(True, {}, id="anything"),
        pytest.param(False, {"not": {}}, id="nothing"),
        pytest.param(
            {"type": "array", "items": [TEXT, True], "additionalItems": False},
            {"type": "array", "prefixItems": [TEXT, {}], "items": False},
            id="tuple of draft 7",
        ),
        pytest.param(
            {"type": "array", "items": [TEXT]},
            {"type": "array", "prefixItems": [TEXT]},
            id="open tuple",
        ),
        pytest.param(
            {"allOf": [{"$ref": "#/$defs/A"}], "title": "T"},
            {"$ref": "#/$defs/A", "title": "T"},
            id="all of one",
        ),
        pytest.param(
            {"allOf": [{"title": "A"}], "title": "B"},
            {"allOf": [{"title": "A"}], "title": "B"},
            id="all of one that differs",
        ),
        pytest.param(
            {"anyOf": [{"const": "a"}], "not": {"const": "b"}, "if": True},
            {
                "anyOf": [{"enum": ["a"], "type": "string"}],
                "not": {"enum": ["b"], "type": "string"},
                "if": {},
            },
            id="inside",
        ),
        pytest.param(
            {"patternProperties": {"^x": True}, "additionalProperties": False},
            {"patternProperties": {"^x": {}}, "additionalProperties": False},
            id="patterns",
        ),
        pytest.param(
            {"allOf": [{"allOf": [TEXT, LIST]}]}, {"allOf": [TEXT, LIST]}, id="all of one in one"
        ),
        pytest.param({"items": True}, {"items": {}}, id="items of any type"),
        pytest.param(
            {"unevaluatedItems": False, "additionalProperties": True, "contains": True},
            {"unevaluatedItems": False, "additionalProperties": True, "contains": {}},
            id="booleans",
        ),
        pytest.param(
            {"x-unit": "m", "default": {"const": 1}},
            {"x-unit": "m", "default": {"const": 1}},
            id="others",
        ),
    ],
)
def test_a_schema_has_one_form_with_the_same_meaning(inner: Any, expected: Any) -> None:
    assert field(inner) == expected


KEYWORDS = {
    "one": (
        "items additionalProperties unevaluatedProperties unevaluatedItems not if then else "
        "contains propertyNames"
    ),
    "list": "anyOf oneOf allOf prefixItems",
    "map": "properties patternProperties dependentSchemas",
}


@pytest.mark.parametrize(
    ("keyword", "shape"),
    [(word, shape) for shape, words in KEYWORDS.items() for word in words.split()],
)
def test_the_schemas_of_a_keyword_are_translated_and_named(keyword: str, shape: str) -> None:
    def holding(inner: Any) -> Any:
        return {keyword: {"one": inner, "list": [inner, inner], "map": {"x": inner}}[shape]}

    assert field(holding({"const": "a"})) == holding({"enum": ["a"], "type": "string"})
    place = {"items": "p[]", "properties": "p.x"}.get(keyword, "p")
    named = {"patternProperties": "p.x", "dependentSchemas": "p.x"}.get(keyword, place)
    assert problems(rooted({"p": holding({"$ref": "#/no"})})) == [
        f"{place} refers to '#/no', which is not a schema in it"
    ]
    assert set(problems(rooted({"p": holding({"type": 7})}))) == {f"{named} has a malformed 'type'"}


@pytest.mark.parametrize(
    "keyword",
    [
        *("not", "if", "then", "else", "patternProperties", "propertyNames", "contains"),
        *("dependentSchemas", "dependentRequired", "dependencies"),
        *("unevaluatedProperties", "unevaluatedItems"),
    ],
)
def test_a_condition_cannot_be_enforced(keyword: str) -> None:
    found = problems(rooted({"p": {"type": "string", keyword: {}}}), SchemaRules(enforced=True))
    assert f"p has conditions ({keyword})" in found


@pytest.mark.parametrize(
    "keyword", ["title", "discriminator", "$schema", "$id", "$anchor", "$comment"]
)
def test_a_keyword_without_a_constraint_is_not_described(keyword: str) -> None:
    assert field({**TEXT, keyword: "x"}, keywords=frozenset({"type", "properties"})) == TEXT


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("#/$defs/A", {"A": TEXT}),
        ("#/definitions/A", {"A": {"type": "integer"}}),
        ("#/properties/p/items", {"items": {"type": "null"}}),
        ("#/$defs/a~1b", {"a_b": {"type": "number"}}),
        ("#/$defs/e~0f", {"e_f": {"type": "array"}}),
        ("#/$defs/c%20d", {"c_d": {"type": "boolean"}}),
        ("#/properties/q/anyOf/1", {"1": {"type": "integer"}}),
    ],
)
def test_references_point_into_the_definitions(inner: str, expected: Any) -> None:
    made = translated(
        rooted(
            {
                "p": {"type": "array", "items": {"type": "null"}},
                "q": {"anyOf": [TEXT, {"type": "integer"}]},
                "r": {"$ref": inner},
            },
            **{
                "$defs": {
                    "A": TEXT,
                    "a/b": {"type": "number"},
                    "c d": {"type": "boolean"},
                    "e~f": {"type": "array"},
                },
                "definitions": {"A": {"type": "integer"}},
            },
        )
    )
    (name,) = expected
    assert made["properties"]["r"] == {"$ref": f"#/$defs/{name}"}
    assert made["$defs"] == expected
    assert "definitions" not in made


def test_definitions_with_the_same_name_are_distinguished() -> None:
    made = translated(
        rooted(
            {
                "a": {"$ref": "#/$defs/A"},
                "b": {"$ref": "#/definitions/A"},
                "A": {"type": "null"},
                "c": {"$ref": "#/properties/A"},
            },
            **{"$defs": {"A": TEXT}, "definitions": {"A": {"type": "integer"}}},
        )
    )
    assert made["properties"] == {
        "a": {"$ref": "#/$defs/A"},
        "b": {"$ref": "#/$defs/A_2"},
        "A": {"type": "null"},
        "c": {"$ref": "#/$defs/A_3"},
    }
    assert made["$defs"] == {"A": TEXT, "A_2": {"type": "integer"}, "A_3": {"type": "null"}}


@pytest.mark.parametrize(
    "ref",
    [
        "#/$defs/B",
        "#anchor",
        "https://example.com/a.json",
        "#/properties/p/enum/1",
        "#/properties/p/enum/3",
        "#/properties/p/enum/0/x",
        "#/properties/p/enum",
    ],
)
def test_a_reference_to_nothing_is_a_problem(ref: Any) -> None:
    schema = rooted({"p": {"enum": ["x"]}, "q": {"type": "array", "items": {"$ref": ref}}})
    assert problems(schema) == [f"q[] refers to {ref!r}, which is not a schema in it"]


def test_a_root_that_is_a_reference_is_resolved() -> None:
    node = rooted({"next": {"$ref": "#/$defs/Node"}})
    made = translated({"$ref": "#/$defs/Node", "title": "N", "$defs": {"Node": node}})
    assert made == {**node, "title": "N", "$defs": {"Node": node}}


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/$defs/X"}])
def test_a_root_that_refers_to_nothing_is_a_problem(schema: dict[str, Any]) -> None:
    assert problems(schema) == [
        f"the top level refers to {schema['$ref']!r}, which is not a schema in it"
    ]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, {"type": "object"}),
        ({"type": ["object", "null"]}, {"type": "object"}),
        (rooted({}), rooted({})),
    ],
)
def test_the_root_is_an_object(schema: dict[str, Any], expected: Any) -> None:
    assert translated(schema) == expected
    assert translated(schema, listed_root=True) == {"properties": {}, **expected}
    assert problems({"type": "array"}) == ["the top level is not an object"]
    assert translated({"anyOf": [TEXT]}, typed_root=False) == {"anyOf": [TEXT]}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            rooted(
                {"id": TEXT, "path": TEXT}, anyOf=[{"required": ["id"]}, {"required": ["path"]}]
            ),
            rooted(
                {"id": TEXT, "path": TEXT},
                description='(anyOf: [{"required":["id"]},{"required":["path"]}])',
            ),
            id="one of the keys",
        ),
        pytest.param(
            {
                "description": "Find.",
                "oneOf": [
                    rooted({"kind": {"const": "a"}, "n": TEXT}, required=["kind", "n"]),
                    {"$ref": "#/$defs/B"},
                ],
                "$defs": {"B": rooted({"kind": {"const": "b"}}, required=["kind"])},
            },
            {
                "type": "object",
                "properties": {
                    "kind": {
                        "anyOf": [
                            {"enum": ["a"], "type": "string"},
                            {"enum": ["b"], "type": "string"},
                        ]
                    },
                    "n": TEXT,
                },
                "required": ["kind"],
                "description": 'Find. (oneOf: [{"type":"object","properties":{"kind":{"const":"a"},'
                '"n":{"type":"string"}},"required":["kind","n"]},{"type":"object","properties":'
                '{"kind":{"const":"b"}},"required":["kind"]}])',
            },
            id="tagged objects",
        ),
        pytest.param(
            rooted(
                {"a": TEXT},
                allOf=[rooted({"b": TEXT}, required=["b"]), True, rooted({"a": {"minLength": 1}})],
            ),
            rooted({"a": {"allOf": [TEXT, {"minLength": 1}]}, "b": TEXT}, required=["b"]),
            id="all of",
        ),
        pytest.param(
            rooted({"a": TEXT}, allOf=[rooted({"b": TEXT}, title="T", description="D.")]),
            rooted({"a": TEXT, "b": TEXT}),
            id="all of what can be joined",
        ),
        pytest.param(
            rooted({"a": TEXT}, allOf=[{"not": {"required": ["b"]}}, {"title": "T"}]),
            rooted({"a": TEXT}, description='(allOf: [{"not":{"required":["b"]}},{"title":"T"}])'),
            id="all of conditions",
        ),
        pytest.param(
            rooted(
                {"k": TEXT}, anyOf=[rooted({"k": {"const": n}}) for n in ("a", "b", "a")], enum=[{}]
            ),
            rooted(
                {
                    "k": {
                        "anyOf": [
                            TEXT,
                            {"enum": ["a"], "type": "string"},
                            {"enum": ["b"], "type": "string"},
                        ]
                    }
                },
                description="(enum: [{}], anyOf: ["
                '{"type":"object","properties":{"k":{"const":"a"}}},'
                '{"type":"object","properties":{"k":{"const":"b"}}},'
                '{"type":"object","properties":{"k":{"const":"a"}}}])',
            ),
            id="the same twice",
        ),
        pytest.param(
            rooted({"a": TEXT, "b": TEXT}, required=["b"], allOf=[{"required": ["b", "a"]}]),
            rooted({"a": TEXT, "b": TEXT}, required=["b", "a"]),
            id="all of the keys",
        ),
        pytest.param(
            {"type": "object", "not": {"required": ["a"]}, "enum": [{"b": 1}]},
            {"type": "object", "description": '(not: {"required":["a"]}, enum: [{"b":1}])'},
            id="neither",
        ),
    ],
)
def test_choices_of_the_root_are_described(schema: dict[str, Any], expected: Any) -> None:
    assert translated(schema, plain_root=True) == expected


def test_branches_of_the_root_that_are_not_objects_are_a_problem() -> None:
    assert problems({"anyOf": [TEXT, rooted({})]}, plain_root=True) == [
        "the top level is not an object in every branch of its anyOf"
    ]


def test_a_branch_of_the_root_may_be_the_root() -> None:
    schema = {"properties": {"a": TEXT}, "allOf": [{"$ref": "#"}]}
    made = translated(schema, plain_root=True)
    assert (made["type"], made["properties"]) == ("object", {"a": TEXT})


def test_a_choice_of_the_root_cannot_be_enforced() -> None:
    schema = rooted({"id": TEXT}, anyOf=[{"required": ["id"]}])
    assert problems(schema, STRICT) == ['the top level has a choice (anyOf: [{"required":["id"]}])']
    assert problems({**schema, "not": TEXT}, STRICT) == [
        'the top level has a choice (not: {"type":"string"}; anyOf: [{"required":["id"]}])'
    ]


def test_arrays_have_items_if_required() -> None:
    inner = {"type": "array", "items": {"type": ["array", "null"]}}
    assert field(inner, typed_items=True) == {
        "type": "array",
        "items": {"type": ["array", "null"], "items": {}},
    }
    assert field(inner) == inner


@pytest.mark.parametrize("name", ["$filter", "", "größe", "x" * 65, "a b"])
def test_keys_of_the_root_may_be_renamed(name: str) -> None:
    schema = rooted({name: TEXT, "a.b-C_1": rooted({"$deep": TEXT})})
    schema |= {"required": [name], "dependentRequired": {name: ["a.b-C_1"]}}
    translation = translate_schema(schema, SchemaRules(root_keys=64))
    ((short, former),) = translation.renamed.items()

    assert former == name
    assert re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", short)
    renamed = translation.schema["properties"]
    assert renamed[short]["description"] == f"(name: {json.dumps(name, ensure_ascii=False)})"
    assert renamed["a.b-C_1"] == rooted({"$deep": TEXT})
    assert translation.schema["required"] == [short]
    assert translation.schema["dependentRequired"] == {short: ["a.b-C_1"]}
    assert problems(schema) == []
    assert translate_schema(schema, SchemaRules()).renamed == {}
    assert translate_schema({}, SchemaRules(root_keys=64)).renamed == {}


def test_renamed_keys_stay_apart() -> None:
    schema = rooted({"$a": TEXT, "_a": TEXT, "#a": True, "x" * 70: TEXT, "x" * 71: TEXT})
    renamed = translate_schema(schema, SchemaRules(root_keys=64)).renamed
    assert renamed == {
        "_a_2": "$a",
        "_a_3": "#a",
        "x" * 64: "x" * 70,
        "x" * 62 + "_2": "x" * 71,
    }


@pytest.mark.parametrize(
    "more",
    [
        {"patternProperties": {"^x": TEXT}},
        {"not": {"required": ["$a"]}},
        {"properties": {"$a": {"$ref": "#"}}},
        {"properties": {"$a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"items": {"$ref": "#"}}}},
    ],
)
def test_keys_that_other_places_can_name_are_refused(more: dict[str, Any]) -> None:
    schema = rooted({"$a": TEXT, "": TEXT}) | more
    problem = problems(schema, root_keys=64)[0]
    assert problem.startswith("$a is not a name of 1 to 64 ASCII letters")
    assert problem.endswith("in a schema that refers to it in another place")


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (
            {"enum": ["a", 1, None]},
            {"anyOf": [{"enum": ["a", 1], "type": ["string", "integer"]}, {"type": "null"}]},
        ),
        (
            {"const": True, "type": "boolean", "title": "T"},
            {"type": "boolean", "title": "T", "description": "(one of: [true])"},
        ),
        ({"const": None}, {"type": "null"}),
        (
            {"enum": ["a", None], "type": ["string", "null"]},
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
        ),
        ({"enum": ["a"]}, {"enum": ["a"], "type": "string"}),
    ],
)
def test_values_that_an_enumeration_cannot_contain_become_branches(
    inner: Any, expected: Any
) -> None:
    assert field(inner, enum_types=frozenset({"string", "integer"})) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ({"$ref": "#/$defs/A", "title": "T"}, {"anyOf": [{"$ref": "#/$defs/A"}], "title": "T"}),
        (
            {"$ref": "#/$defs/A", "type": "string", "title": "T"},
            {"anyOf": [{"$ref": "#/$defs/A"}], "title": "T"},
        ),
        ({"$ref": "#/$defs/A", "type": "null"}, {"anyOf": [{"$ref": "#/$defs/A"}], "type": "null"}),
        ({"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}),
        (
            {"$ref": "#/$defs/A", "anyOf": [TEXT]},
            {"anyOf": [TEXT], "allOf": [{"$ref": "#/$defs/A"}]},
        ),
        (
            {"$ref": "#/$defs/A", "anyOf": [TEXT], "allOf": [TEXT, TEXT]},
            {"anyOf": [TEXT], "allOf": [TEXT, TEXT, {"$ref": "#/$defs/A"}]},
        ),
    ],
)
def test_a_reference_has_no_siblings_if_required(inner: Any, expected: Any) -> None:
    assert field(inner, lone_refs=True) == expected


def test_a_reference_to_a_schema_without_a_type_has_no_siblings() -> None:
    schema = rooted(
        {"p": {"$ref": "#/$defs/A", "title": "T"}}, **{"$defs": {"A": {"anyOf": [TEXT]}}}
    )
    assert translated(schema, lone_refs=True)["properties"] == {
        "p": {"anyOf": [{"$ref": "#/$defs/A"}], "title": "T"}
    }


NODE = rooted(
    {"name": TEXT, "next": {"$ref": "#/$defs/Node"}},
    required=["name", "next"],
    additionalProperties=False,
    default={"required": {"$ref": "#/$defs/Node"}},
)
LISTED = {"type": "array", "items": {"anyOf": [TEXT, {"$ref": "#/$defs/Listed"}]}}


@pytest.mark.parametrize(
    ("definition", "relaxed"),
    [
        pytest.param(NODE, {**NODE, "required": ["name"]}, id="property"),
        pytest.param(
            rooted(
                {
                    "in": rooted(
                        {"up": {"type": "array", "items": {"$ref": "#"}}, "x": {"not": True}},
                        required=["up"],
                    )
                }
            ),
            rooted(
                {
                    "in": rooted(
                        {"up": {"type": "array", "items": {"$ref": "#"}}, "x": {"not": {}}},
                        required=[],
                    )
                }
            ),
            id="deep",
        ),
        pytest.param(
            rooted({"x": {"$ref": "#/$defs/Node"}, "y": {"$ref": "#/$defs/Node"}}),
            rooted({"x": {"$ref": "#/$defs/Node"}, "y": {"$ref": "#/$defs/Node"}}),
            id="twice",
        ),
    ],
)
def test_properties_that_lead_back_become_optional(definition: Any, relaxed: Any) -> None:
    made = translated(
        rooted({"a": {"$ref": "#/$defs/Node"}}, required=["a"], **{"$defs": {"Node": definition}}),
        recursion="optional",
    )
    assert made["$defs"]["Node"] == relaxed


def test_only_recursive_properties_become_optional() -> None:
    schema = rooted(
        {"a": {"$ref": "#/$defs/A"}},
        required=["a"],
        **{
            "$defs": {
                "A": rooted({"b": {"$ref": "#/$defs/B"}, "c": TEXT}, required=["b"]),
                "B": TEXT,
            }
        },
    )
    assert translated(schema, recursion="optional") == schema
    assert problems(schema, recursion="nowhere") == []


def test_recursion_outside_of_properties_is_a_problem() -> None:
    schema = rooted({"a": {"$ref": "#/$defs/Listed"}}, **{"$defs": {"Listed": LISTED}})
    assert problems(schema, recursion="optional") == ["Listed refers to itself"]
    assert translated(schema)["$defs"] == {"Listed": LISTED}


def test_recursion_is_a_problem_if_it_is_not_allowed() -> None:
    mutual = {
        "A": rooted({"b": {"$ref": "#/$defs/B"}}),
        "B": {"patternProperties": {"x": {"$ref": "#/$defs/A"}}},
    }
    schema = rooted({"a": {"$ref": "#/$defs/A"}, "me": {"$ref": "#"}}, **{"$defs": mutual})
    assert problems(schema, recursion="nowhere") == [
        "the top level refers to itself",
        "A refers to itself",
        "B refers to itself",
    ]


def test_recursion_is_found_behind_other_references_and_at_any_distance() -> None:
    definitions = {
        "A": rooted({"b": {"$ref": "#/$defs/B"}}, additionalProperties={"$ref": "#/$defs/D"}),
        "B": {"type": "array", "items": {"$ref": "#/$defs/C"}},
        "C": {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/D"}]},
        "D": {"type": "array", "items": {"$ref": "#/$defs/D"}, "contains": {"$ref": "#/$defs/E"}},
        "E": TEXT,
    }
    schema = rooted({"a": {"$ref": "#/$defs/A"}, "x": {"$ref": "#/none"}}, **{"$defs": definitions})
    assert problems(schema, recursion="nowhere") == [
        "x refers to '#/none', which is not a schema in it",
        *(f"{name} refers to itself" for name in "ABDC"),
    ]


def test_keywords_are_described_if_they_are_not_accepted() -> None:
    rules = SchemaRules(
        described=frozenset({"maximum"}), formats=frozenset({"date"}), min_items=frozenset({1})
    )
    assert field({"type": "number", "maximum": 3, "minimum": 1, "description": "N."}, rules) == {
        "type": "number",
        "minimum": 1,
        "description": "N. (maximum: 3)",
    }
    assert field({"format": "uri"}, rules) == {"description": '(format: "uri")'}
    assert field({"format": "date"}, rules) == {"format": "date"}
    assert field({"minItems": 2}, rules) == {"description": "(minItems: 2)"}
    assert field({"minItems": 1}, rules) == {"minItems": 1}


CLOSED = rooted({"a": TEXT}, required=["a"], additionalProperties=False)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param(
            {"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}, id="types"
        ),
        pytest.param({"type": ["string", "null"]}, {"type": ["string", "null"]}, id="null already"),
        pytest.param({"const": None}, {"enum": [None], "type": "null"}, id="null alone"),
        pytest.param(
            {"enum": [1, None]}, {"enum": [1, None], "type": ["integer", "null"]}, id="null listed"
        ),
        pytest.param(
            {"const": "a"},
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
            id="const",
        ),
        pytest.param({"$ref": "#/$defs/N"}, {"$ref": "#/$defs/N"}, id="null behind a reference"),
        pytest.param(
            {"$ref": "#/$defs/A"},
            {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]},
            id="reference",
        ),
        pytest.param(
            {"$ref": "#/$defs/L"},
            {"anyOf": [{"$ref": "#/$defs/L"}, {"type": "null"}]},
            id="reference to itself",
        ),
        pytest.param(
            {"oneOf": [TEXT, {"type": "null"}]},
            {"anyOf": [TEXT, {"type": "null"}]},
            id="choice with null",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": False},
            {
                "anyOf": [
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {},
                        "required": [],
                    },
                    {"type": "null"},
                ]
            },
            id="closed object",
        ),
        pytest.param({"allOf": [{"type": "null"}]}, {"type": "null"}, id="all of null"),
        pytest.param(
            {"type": "string", "enum": ["a", None]},
            {"anyOf": [{"type": "string", "enum": ["a", None]}, {"type": "null"}]},
            id="null listed beside a type that excludes it",
        ),
        pytest.param(
            {"$ref": "#/$defs/N", "type": "string"},
            {"anyOf": [{"anyOf": [{"$ref": "#/$defs/N"}], "type": "string"}, {"type": "null"}]},
            id="null behind a reference beside a type that excludes it",
        ),
        pytest.param(
            {"properties": {"a": TEXT}, "required": ["a"]},
            {"anyOf": [CLOSED, {"type": "null"}]},
            id="object without a type",
        ),
        pytest.param({"$ref": "#"}, {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, id="the root"),
        pytest.param(
            {"type": "string", "anyOf": [{**TEXT, "pattern": "a"}, TEXT]},
            {
                "anyOf": [
                    {"type": "string", "anyOf": [{**TEXT, "pattern": "a"}, TEXT]},
                    {"type": "null"},
                ]
            },
            id="a choice beside a type",
        ),
        pytest.param(
            {"enum": ["a"]},
            {"anyOf": [{"enum": ["a"], "type": "string"}, {"type": "null"}]},
            id="enum without null",
        ),
        pytest.param(
            {"oneOf": [TEXT, {"type": "integer"}], "description": "D."},
            {"anyOf": [TEXT, {"type": "integer"}, {"type": "null"}], "description": "D."},
            id="choice without null",
        ),
        pytest.param(
            {"type": "array", "items": TEXT, "description": "D."},
            {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}], "description": "D."},
            id="array with a description",
        ),
    ],
)
def test_optional_properties_of_a_strict_schema_may_be_null(inner: Any, expected: Any) -> None:
    definitions = {
        "N": {"type": ["null", "string"]},
        "A": TEXT,
        "L": {"anyOf": [{"$ref": "#/$defs/L"}]},
    }
    made = translated(rooted({"p": inner}, **{"$defs": definitions}), STRICT)
    assert made["properties"]["p"] == expected
    assert made["required"] == ["p"]


@pytest.mark.parametrize("more", [{}, {"type": ["object", "null"]}, {"type": "object"}])
def test_a_reference_to_the_root_has_no_null_although_its_own_schema_has(more: Any) -> None:
    schema = {"properties": {"next": {"$ref": "#"}}, **more}
    assert translated(schema, STRICT)["properties"] == {
        "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}
    }


@pytest.mark.parametrize(
    ("branches", "has_null"),
    [
        ([{"type": ["string", "null"]}, {"type": ["integer", "null"]}], True),
        ([{"type": ["string", "null"]}, TEXT], False),
    ],
)
def test_null_fits_all_of_several_schemas_if_it_fits_each(branches: Any, has_null: bool) -> None:
    rules = SchemaRules(enforced=True, required="all")
    inner = {"type": ["string", "null"], "allOf": branches}
    made = translated(rooted({"p": inner}), rules)["properties"]["p"]
    assert made == (inner if has_null else {"anyOf": [inner, {"type": "null"}]})


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ({"type": ["object", "null"]}, "p is an object with free keys"),
        ({"type": ["array", "null"]}, "p is a list of anything"),
        (True, "p can be anything"),
        (False, "p accepts nothing"),
        ({"anyOf": [True, TEXT]}, "p can be anything"),
        ({"anyOf": [TEXT], "oneOf": [TEXT]}, "p has conditions (oneOf)"),
        ({"type": "string", "allOf": [TEXT, TEXT]}, "p has conditions (allOf)"),
        ({"type": "string", "propertyNames": TEXT}, "p has conditions (propertyNames)"),
    ],
)
def test_a_place_that_cannot_be_enforced_is_named(inner: Any, problem: str) -> None:
    assert problems(rooted({"p": inner}, required=["p"]), STRICT) == [problem]


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param(
            {"type": "array", "items": [TEXT, TEXT], "additionalItems": {"type": "null"}},
            {"type": "array", "items": {"anyOf": [TEXT, {"type": "null"}]}},
            id="tuple of draft 7",
        ),
        pytest.param(
            {"$ref": "#/$defs/B", "type": "object"},
            {"anyOf": [{"$ref": "#/$defs/B"}]},
            id="reference",
        ),
        pytest.param(
            {"properties": {"a": TEXT}},
            {
                "type": "object",
                "properties": {"a": {"type": ["string", "null"]}},
                "required": ["a"],
                "additionalProperties": False,
            },
            id="object without a type",
        ),
        pytest.param(
            {"type": "string", "title": "T", "$comment": "c", "default": None},
            TEXT,
            id="annotations",
        ),
    ],
)
def test_schemas_of_others_can_be_enforced(inner: Any, expected: Any) -> None:
    assert field(inner, STRICT) == expected


def test_a_place_is_named_by_its_definition_and_from_the_root() -> None:
    schema = rooted({"p": {"$ref": "#/$defs/A"}}, required=["p"], **{"$defs": {"A": LIST}})
    assert problems(schema, STRICT) == ["A is a list of anything"]
    array = {"type": "array", "items": LIST}
    assert problems(array, SchemaRules(enforced=True, typed_root=False)) == [
        "[] is a list of anything"
    ]


def test_conditions_that_are_not_accepted_are_named_together() -> None:
    rules = SchemaRules(enforced=True, described=frozenset({"allOf"}))
    inner = {"type": "string", "allOf": [TEXT, TEXT], "not": TEXT}
    assert problems(rooted({"p": inner}), rules) == ["p has conditions (allOf, not)"]
    inner = {"type": "string", "anyOf": [TEXT], "oneOf": [TEXT], "not": TEXT}
    assert problems(rooted({"p": inner}), rules) == ["p has conditions (not, oneOf)"]


@pytest.mark.parametrize("word", ["anyOf", "oneOf", "allOf", "enum"])
def test_a_place_may_be_restricted_without_a_type(word: str) -> None:
    inner = {word: [] if word == "enum" else [TEXT, TEXT]}
    assert problems(rooted({"p": inner}), SchemaRules(enforced=True)) == []


@pytest.mark.parametrize(
    ("kinds", "items"),
    [
        ([{**TEXT, "default": "a"}, {**TEXT, "default": "b"}], TEXT),
        ([{**TEXT, "default": "a"}], TEXT),
        ([True, TEXT], {"anyOf": [{}, TEXT]}),
    ],
)
def test_a_tuple_may_be_an_array_of_any_of_its_types(kinds: Any, items: Any) -> None:
    inner = {"type": "array", "prefixItems": kinds, "items": False}
    made = field(inner, described=frozenset({"prefixItems"}))
    assert made == {"type": "array", "items": items}


def test_an_open_tuple_is_an_array_of_its_types() -> None:
    made = field({"prefixItems": [TEXT]}, described=frozenset({"prefixItems"}))
    assert made == {"items": TEXT}


def test_one_of_becomes_any_of_if_that_is_accepted() -> None:
    assert field({"oneOf": [TEXT, LIST]}, described=frozenset({"oneOf"})) == {"anyOf": [TEXT, LIST]}


@pytest.mark.parametrize("more", [{"oneOf": [TEXT, TEXT]}, {"$ref": "#/$defs/A"}])
def test_null_is_a_branch_beside_a_type_with_other_constraints(more: Any) -> None:
    rules = SchemaRules(enforced=True, required="all")
    made = translated(rooted({"p": {**TEXT, **more}}, **{"$defs": {"A": TEXT}}), rules)
    assert made["properties"]["p"] == {"anyOf": [{**TEXT, **more}, {"type": "null"}]}


def test_a_vendor_may_enforce_optional_properties() -> None:
    schema = rooted({"a": TEXT, "b": TEXT}, required=["a"])
    rules = SchemaRules(enforced=True)
    assert translated(schema, rules) == {**schema, "additionalProperties": False}
    assert translated(schema, rules, required="some") == {**schema, "additionalProperties": False}
    assert problems(rooted({"a": TEXT}), rules, required="some") == [
        "the top level is an object that requires nothing"
    ]
    assert problems(rooted({"a": rooted({})}, required=["a"]), rules, required="some") == [
        "a is an object that requires nothing"
    ]


def test_the_size_of_a_schema_may_be_limited() -> None:
    schema = rooted({"a": rooted({"b": rooted({"c": TEXT})})})
    assert translate_schema(schema, PLAIN).properties == 3
    assert problems(schema, most_properties=3, most_levels=3) == []
    deep = rooted({"c": {"patternProperties": {"x": rooted({"d": TEXT})}}})
    listed = {"type": "array", "items": rooted({"b": {"anyOf": [deep]}})}
    assert problems(rooted({"a": listed}), most_levels=3) == [
        "a[].b.c is an object at level 4; the limit is 3"
    ]
    behind = rooted({"a": {"$ref": "#/$defs/A"}}, **{"$defs": {"A": rooted({"b": TEXT})}})
    assert problems(behind, most_properties=2, most_levels=1) == []
    assert problems(schema, most_properties=2, most_levels=2) == [
        "a.b is an object at level 3; the limit is 2",
        "the top level has 3 properties; the limit is 2",
    ]


@pytest.mark.parametrize(
    ("inner", "problem"),
    [
        ("text", "p is not a schema"),
        ({"required": True}, "p has a malformed 'required'"),
        ({"required": [1]}, "p has a malformed 'required'"),
        ({"type": {}}, "p has a malformed 'type'"),
        ({"type": ["string", None]}, "p has a malformed 'type'"),
        ({"properties": []}, "p has a malformed 'properties'"),
        ({"properties": {"q": 1}}, "p.q is not a schema"),
        ({"items": [{"anyOf": {}}]}, "p has a malformed 'anyOf'"),
        ({"items": {"enum": "a"}}, "p[] has a malformed 'enum'"),
        ({"$ref": 7}, "p has a malformed '$ref'"),
        ({"format": 7}, "p has a malformed 'format'"),
        ({"description": 7}, "p has a malformed 'description'"),
        ({"minItems": "7"}, "p has a malformed 'minItems'"),
        ({"definitions": []}, "p has a malformed 'definitions'"),
        ({"oneOf": [None]}, "p is not a schema"),
    ],
)
def test_a_malformed_schema_is_a_problem(inner: Any, problem: str) -> None:
    assert problems(rooted({"p": inner})) == [problem]


def test_a_malformed_schema_is_not_translated() -> None:
    made = translate_schema({"type": 7, "items": 7}, PLAIN)
    assert made.problems == ("the top level has a malformed 'type'", "[] is not a schema")
    assert (made.schema, made.properties) == ({}, 0)
    assert problems({"minItems": 2.0}) == []


def test_optional_properties_that_are_not_objects_cannot_be_enforced() -> None:
    assert problems(rooted({"p": True}), STRICT) == ["p can be anything"]
    assert problems(rooted({"p": False}), STRICT) == ["p accepts nothing"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["string", "object", "#", "#/$defs/A", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "type",
                        "properties",
                        "items",
                        "anyOf",
                        "oneOf",
                        "allOf",
                        "$ref",
                        "$defs",
                        "enum",
                    ),
                    *(
                        "const",
                        "required",
                        "not",
                        "additionalProperties",
                        "prefixItems",
                        "a",
                        "format",
                    ),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(
    st.dictionaries(
        st.sampled_from(["type", "properties", "anyOf", "$defs", "$ref", "required"]), JSON
    )
)
def test_any_schema_is_translated_or_refused(schema: dict[str, Any]) -> None:
    before = copy.deepcopy(schema)
    for rules in (
        PLAIN,
        STRICT,
        SchemaRules(plain_root=True, root_keys=64, recursion="optional", lone_refs=True),
        SchemaRules(enforced=True, recursion="nowhere", enum_types=frozenset({"string"})),
    ):
        made = translate_schema(schema, rules)
        again = translate_schema(made.schema, rules)
        if not made.problems:
            assert (again.schema, again.problems) == (made.schema, ())
    assert schema == before
