"""The subset of JSON Schema that a vendor accepts, as data."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from chatmodels.core._schema.keywords import Schema

Adapt = Callable[[Schema], tuple[Schema, Sequence[str]]]
"""Rewrites one subschema, and lists its keywords that the vendor does not enforce."""


class SchemaRules(msgspec.Struct, frozen=True, kw_only=True):
    """The subset of JSON Schema that a vendor accepts in one place of its API.

    By default, all keywords are accepted that have the same form in all drafts. `const` is always
    written as an `enum`, boolean schemas as objects, draft 7's tuples as `prefixItems`, and
    references point into `$defs`.

    Attributes:
        keywords: The keywords to keep; None for all. Others are written into the description.
        described: Further keywords to write into the description.
        formats: The values of `format` to keep; None for all.
        min_items: The values of `minItems` to keep; None for all.
        enum_types: The JSON types that an `enum` may contain; None for all.
        typed_root: Whether the root needs `"type": "object"`.
        listed_root: Whether the root needs `properties`.
        plain_root: Whether the root must not have `anyOf`, `oneOf`, `allOf`, `enum` or `not`.
        root_keys: The maximum length of a property name of the root, in characters; 0 for no limit.
            With a limit, names are restricted to ASCII letters, digits and `_.-`. Others are
            renamed.
        typed_items: Whether arrays need `items`.
        lone_refs: Whether a `$ref` must not have other keywords beside it.
        recursion: The places in which a schema may refer to itself: everywhere, only in properties
            that are not required, or nowhere.
        enforced: Whether the vendor enforces the schema. If so, objects are closed, and conditions
            and subschemas that accept anything are problems.
        required: The properties of enforced objects that must be `required`: all of them, with
            null for the optional ones, or at least one of each object.
        most_properties: The maximum number of properties; None for no limit.
        most_levels: The maximum nesting depth of objects; None for no limit.
        adapt: Rewrites one subschema after the other rules, and lists its keywords that the vendor
            accepts but does not enforce; None for no change.
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
    adapt: Adapt | None = None
