"""The part of JSON Schema that a vendor accepts, as data."""

from typing import Literal

import msgspec


class SchemaRules(msgspec.Struct, frozen=True, kw_only=True):
    """The part of JSON Schema that a vendor accepts at one place of its API.

    By default everything is accepted that has one form in all drafts. `const` is always written as
    an `enum`, boolean schemas as objects, draft 7's tuples as `prefixItems`, and references point
    into `$defs`.

    Attributes:
        keywords: The keywords to keep; None for all. Others are written into the description.
        described: Keywords to write into the description besides.
        formats: The values of `format` to keep; None for all.
        min_items: The values of `minItems` to keep; None for all.
        enum_types: The JSON types that an `enum` may hold; None for all.
        typed_root: Whether the root needs `"type": "object"`.
        listed_root: Whether the root needs `properties`.
        plain_root: Whether the root may have no choices (`anyOf`, `oneOf`, `allOf`, `enum`, `not`).
        root_keys: The longest name of a property of the root; 0 for any. Names are restricted to
            ASCII letters, digits and `_.-` then.
        typed_items: Whether arrays need `items`.
        lone_refs: Whether a `$ref` may have no keywords beside it.
        recursion: Whether a schema may refer to itself: everywhere, in properties that are not
            required, or nowhere.
        enforced: Whether the vendor enforces the schema. Objects are closed then, and conditions
            and places that accept anything are problems.
        required: The properties of enforced objects that have to be `required`: all of them, with
            null for the optional ones, or at least one of each object.
        most_properties: The largest number of properties; None for any.
        most_levels: The deepest nesting of objects; None for any.
    """

    keywords: frozenset[str] | None = None
    described: frozenset[str] = frozenset()
    formats: frozenset[str] | None = None
    min_items: frozenset[int] | None = None
    enum_types: frozenset[str] | None = None
    typed_root: bool = True
    listed_root: bool = False
    plain_root: bool = False
    root_keys: int = 0
    typed_items: bool = False
    lone_refs: bool = False
    recursion: Literal["everywhere", "optional", "nowhere"] = "everywhere"
    enforced: bool = False
    required: Literal["any", "some", "all"] = "any"
    most_properties: int | None = None
    most_levels: int | None = None
