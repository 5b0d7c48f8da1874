"""Translates JSON Schemas into the part of JSON Schema that a vendor accepts."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeGuard

import msgspec

from chatmodels.core._values.parts import Json

Schema = dict[str, Any]

_REF = "#/$defs/"
_MAPPINGS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_SEQUENCES = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLES = frozenset(
    {
        *("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems"),
        *("not", "if", "then", "else", "contains", "propertyNames"),
    }
)
_CHOICES = ("allOf", "anyOf", "oneOf")
_JOINABLE = frozenset({"type", "properties", "required", "title", "description"})
_DEFINITIONS = frozenset({"$defs", "definitions"})
_CONDITIONS = frozenset(
    {
        *("not", "if", "then", "else", "patternProperties", "propertyNames", "contains"),
        *("dependentSchemas", "dependentRequired", "dependencies"),
        *("unevaluatedProperties", "unevaluatedItems"),
    }
)
_SILENT = frozenset({"title", "discriminator", "$schema", "$id", "$anchor", "$comment"})
"""Keywords without a constraint, which a vendor that does not know them need not see."""
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


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


class SchemaTranslation(msgspec.Struct, frozen=True):
    """A schema in the part of JSON Schema that a vendor accepts.

    Attributes:
        schema: The schema; not complete if there are problems.
        problems: The places that the vendor does not accept, with the reasons.
        properties: The number of properties.
    """

    schema: Schema
    problems: tuple[str, ...] = ()
    properties: int = 0


def translate_schema(root: Mapping[str, Json], rules: SchemaRules, /) -> SchemaTranslation:
    """Rewrite the schema of an object for a vendor, if its meaning can be kept.

    Keywords that the vendor does not accept are written into the description: the model still reads
    them, and they hold when its output is read. Definitions that nothing refers to are left out.

    Args:
        root: The schema; it is not changed.
        rules: The part of JSON Schema that the vendor accepts.
    """
    return _Translator(dict(root), rules).translation()


class _Translator:
    def __init__(self, root: Schema, rules: SchemaRules) -> None:
        self._root = root
        self._rules = rules
        self._problems: list[str] = []
        self._names: dict[str, str] = {}  # of the definitions, by reference
        self._waiting: list[tuple[str, Json]] = []
        self._count = 0

    def translation(self) -> SchemaTranslation:
        rules = self._rules
        root = self._resolved(self._root)
        if rules.typed_root and "object" in _types({"type": "object", **root}):
            root = {**root, "type": "object"}
        if rules.plain_root:
            root = self._flat(root)
        if rules.root_keys:
            self._check_keys(root)
        if rules.typed_root and "object" not in _types(root):
            self._add("", "is not an object")
        translated = self._schema(root, "", 1)
        if rules.listed_root:
            translated.setdefault("properties", {})
        definitions: dict[str, Schema] = {}
        while self._waiting:
            name, schema = self._waiting.pop(0)
            definitions[name] = self._schema(schema, name, 1)
        if rules.recursion != "everywhere":
            self._limit_recursion(translated, definitions)
        if rules.most_properties is not None and self._count > rules.most_properties:
            self._add("", f"has {self._count} properties, at most {rules.most_properties} may be")
        if definitions:
            translated["$defs"] = definitions
        return SchemaTranslation(translated, tuple(dict.fromkeys(self._problems)), self._count)

    def _schema(self, schema: Json, path: str, level: int) -> Schema:
        if schema is True:
            schema = {}
        if not _is_map(schema):
            # `false` accepts nothing: no vendor enforces that, and all of them can read it.
            if schema is not False or self._rules.enforced:
                self._add(path, "accepts nothing" if schema is False else "is not a schema")
            return {"not": {}}
        plain = self._simple(schema, path)
        if self._rules.enforced:
            self._check(plain, path)
        kept: Schema = {}
        notes: list[str] = []
        for keyword, value in plain.items():
            if keyword == "properties" and _is_map(value):
                kept[keyword] = self._fields(plain, path, level)
            elif keyword == "$ref":
                kept[keyword] = self._referred(value, path)
            elif keyword in _DEFINITIONS:
                continue
            elif not self._is_kept(keyword, value):
                if keyword not in _SILENT and (keyword, value) != ("default", None):
                    notes.append(f"{keyword}: {_text(value)}")
            else:
                kept[keyword] = self._inner(keyword, value, path, level)
        if self._rules.enforced and _is_object(plain):
            kept["additionalProperties"] = False
            fields: Schema = kept.setdefault("properties", {})
            if self._rules.required == "all":
                kept["required"] = list(fields)
            elif self._rules.required == "some" and not kept.get("required"):
                self._add(path, "is an object that requires nothing")
        if self._rules.typed_items and "array" in _types(kept):
            kept.setdefault("items", {})
        return _noted(kept, notes)

    def _inner(self, keyword: str, value: Json, path: str, level: int) -> Json:
        if keyword in _MAPPINGS and _is_map(value):
            return {name: self._schema(inner, path, level) for name, inner in value.items()}
        if keyword in _SEQUENCES and _is_list(value):
            return [self._schema(branch, path, level) for branch in value]
        if keyword in _SINGLES and not (
            isinstance(value, bool) and keyword.endswith(("Properties", "Items"))
        ):
            return self._schema(value, f"{path}[]" if keyword == "items" else path, level)
        return value

    def _fields(self, schema: Schema, path: str, level: int) -> Schema:
        rules = self._rules
        fields: Schema = {}
        required: Sequence[str] = schema.get("required", ())
        if rules.most_levels is not None and level > rules.most_levels:
            self._add(path, f"is an object at level {level}, at most {rules.most_levels} may be")
        for name, inner in schema["properties"].items():
            self._count += 1
            field = self._schema(inner, f"{path}.{name}" if path else name, level + 1)
            optional = rules.enforced and rules.required == "all" and name not in required
            fields[name] = _nullable(field) if optional and not self._has_null(inner) else field
        return fields

    def _simple(self, schema: Schema, path: str) -> Schema:
        """Write a schema with the few keywords that vendors know, with the same meaning."""
        rules = self._rules
        plain = dict(schema)
        merged: Json = plain.get("allOf")
        if _is_map(merged, list) and len(merged) == 1 and isinstance(merged[0]):
            only = merged[0]
            if not only.keys() & (plain.keys() - {"allOf"}):
                del plain["allOf"]
                plain = {**only, **plain}
        if "const" in plain and "enum" not in plain:
            plain["enum"] = [plain.pop("const")]
        if plain.get("enum") and _is_list(plain["enum"]):
            plain = self._typed_enum(plain)
        if _is_list(plain.get("items")):  # a tuple of draft 7
            plain["prefixItems"] = plain.pop("items")
            if "additionalItems" in plain:
                plain["items"] = plain.pop("additionalItems")
        if "oneOf" in plain and "anyOf" not in plain and not self._is_kept("oneOf", None):
            plain["anyOf"] = plain.pop("oneOf")
        if "prefixItems" in plain and not self._is_kept("prefixItems", None):
            plain["items"] = _joined_items(plain.pop("prefixItems"), plain.get("items", False))
        if rules.enforced and "properties" in plain:
            plain.setdefault("type", "object")
        if rules.lone_refs and plain.keys() - _DEFINITIONS - {"$ref"} and "$ref" in plain:
            return {"anyOf": [{"$ref": plain.pop("$ref")}], **plain}
        return plain

    def _typed_enum(self, plain: Schema) -> Schema:
        """Add the type of an enumeration; values of types that it may not hold stand beside it."""
        values: list[Json] = plain["enum"]
        types = list(dict.fromkeys(map(_type, values)))
        allowed = self._rules.enum_types
        if allowed is None or allowed.issuperset(types):
            return {"type": types[0] if len(types) == 1 else types, **plain}
        kept = [value for value in values if _type(value) in allowed]
        branches: list[Schema] = [{"type": name} for name in types if name not in allowed]
        if kept:
            branches.insert(0, self._typed_enum({"enum": kept}))
        rest = _without(plain, "enum", "type")
        if "boolean" in types:
            rest = _noted(rest, [f"one of: {_text(values)}"])
        return {**rest, **(branches[0] if len(branches) == 1 else {"anyOf": branches})}

    def _is_kept(self, keyword: str, value: Json) -> bool:
        rules = self._rules
        if rules.keywords is not None and keyword not in rules.keywords:
            return False
        if keyword == "format" and rules.formats is not None:
            return value in rules.formats
        if keyword == "minItems" and rules.min_items is not None:
            return value in rules.min_items
        return keyword not in rules.described

    def _check(self, plain: Schema, path: str) -> None:
        """Note why a vendor cannot enforce a schema."""
        conditions = _CONDITIONS & plain.keys()
        if "allOf" in plain and not self._is_kept("allOf", None):
            conditions |= {"allOf"}
        if "anyOf" in plain and "oneOf" in plain:
            conditions |= {"oneOf"}
        types = _types(plain)
        if conditions:
            self._add(path, f"has conditions ({', '.join(sorted(conditions))})")
        if _is_object(plain):
            free: Json = plain.get("additionalProperties", "properties" not in plain)
            if free is not False:
                self._add(path, "is an object with free keys")
        if "array" in types and not _is_map(plain.get("items")):
            self._add(path, "is a list of anything")
        if not types and not plain.keys() & {"enum", "anyOf", "oneOf", "allOf", "$ref"}:
            self._add(path, "may be anything")

    def _check_keys(self, root: Schema) -> None:
        longest = self._rules.root_keys
        for name in root.get("properties", ()):
            plain = name.replace("_", "").replace(".", "").replace("-", "")
            if not (plain.isascii() and (plain.isalnum() or not plain)) or not (
                0 < len(name) <= longest
            ):
                self._add(
                    name or "''",
                    f"is not a name of 1 to {longest} ASCII letters, digits, '_', '.' and '-'",
                )

    def _flat(self, root: Schema) -> Schema:
        """Write a root without choices; the choices are written into the description."""
        flat = _without(root, "not", "enum", *_CHOICES)
        notes = [f"{word}: {_text(root[word])}" for word in ("not", "enum") if word in root]
        for word in _CHOICES:
            branches = [self._resolved(branch) for branch in root.get(word, ())]
            if not branches:
                continue
            if not all("object" in _types({"type": "object", **branch}) for branch in branches):
                self._add("", f"is not an object in every branch of its {word}")
            if word != "allOf" or any(branch.keys() - _JOINABLE for branch in branches):
                notes.append(f"{word}: {_text(branches)}")
            flat = _joined(flat, branches, every=word == "allOf")
        if notes and self._rules.enforced:
            self._add("", f"has a choice ({'; '.join(notes)})")
        return _noted(flat, notes)

    def _resolved(self, schema: Json) -> Schema:
        """Follow a reference to its target; keywords beside it take precedence."""
        seen: set[str] = set()
        while _is_map(schema) and isinstance(schema.get("$ref"), str):
            found = schema
            ref = found["$ref"]
            target = self._target(ref)
            if ref in seen or not _is_map(target):
                self._add("", f"refers to {ref!r}, which is not a schema in it")
                return _without(found, "$ref")
            seen.add(ref)
            schema = {**target, **_without(found, "$ref")}
        return schema if _is_map(schema) else {}

    def _referred(self, ref: Json, path: str) -> Json:
        """Point a reference to a definition of the translation."""
        if ref == "#":
            return ref
        if not isinstance(ref, str) or (target := self._target(ref)) is None:
            self._add(path, f"refers to {ref!r}, which is not a schema in it")
            return ref
        if ref not in self._names:
            self._define(ref, target)
        return _REF + self._names[ref]

    def _define(self, ref: str, target: Json) -> None:
        wanted = re.sub(r"[^a-zA-Z0-9_.-]", "_", _unescaped(ref.rpartition("/")[2]))
        name = wanted
        number = 2
        while name in self._names.values():
            name = f"{wanted}_{number}"
            number += 1
        self._names[ref] = name
        self._waiting.append((name, target))

    def _target(self, ref: str) -> Json:
        """Find what a JSON pointer points to; None if it points to nothing."""
        if not ref.startswith("#"):
            return None
        found: Json = self._root
        for step in ref[1:].split("/")[1:]:
            key = _unescaped(step)
            if _is_map(found):
                found = found.get(key)
            elif _is_list(found) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found if ref == "#" or ref.startswith("#/") else None

    def _has_null(self, schema: Json, seen: frozenset[str] = frozenset()) -> bool:
        """Report whether null fits a schema."""
        if not _is_map(schema):
            return schema is True
        inner = schema
        ref: Json = inner.get("$ref")
        if isinstance(ref, str):
            return ref not in seen and self._has_null(self._target(ref), seen | {ref})
        if "enum" in inner:
            return None in inner["enum"]
        if "const" in inner:
            return inner["const"] is None
        for keyword in ("anyOf", "oneOf", "allOf"):
            if keyword in inner:
                fits = all if keyword == "allOf" else any
                return fits(self._has_null(branch, seen) for branch in inner[keyword])
        return "type" not in inner or "null" in _types(inner)

    def _limit_recursion(self, root: Schema, definitions: dict[str, Schema]) -> None:
        """Leave properties that lead back to their object optional, or report the recursion."""
        places = {"#": root} | {_REF + name: schema for name, schema in definitions.items()}
        links = {ref: _references(schema) for ref, schema in places.items()}
        for ref, schema in places.items():
            cyclic = {
                target for target in links[ref] if target == ref or _leads(target, ref, links)
            }
            if not cyclic:
                continue
            if self._rules.recursion == "nowhere" or _relax(schema, cyclic):
                self._add(ref.removeprefix(_REF).removeprefix("#"), "refers to itself")

    def _add(self, path: str, problem: str) -> None:
        self._problems.append(f"{path or 'the top level'} {problem}")


def _joined_items(tuple_: Sequence[Json], more: Json) -> Json:
    """Write a tuple as an array: any of its types may be at any place."""
    kinds: list[Json] = []
    for kind in [*tuple_, more]:
        bare = _without(kind, "default") if _is_map(kind) else kind
        if bare is not False and bare not in kinds:
            kinds.append(bare)
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _joined(flat: Schema, branches: Sequence[Schema], *, every: bool) -> Schema:
    """Join the properties of branches; all are required of which every branch has to say so."""
    properties: Schema = dict(flat.get("properties", {}))
    for branch in branches:
        for name, inner in branch.get("properties", {}).items():
            known: Json = properties.setdefault(name, inner)
            if known != inner:
                join = "allOf" if every else "anyOf"
                before: list[Json] = (
                    known[join] if _is_map(known) and set(known) == {join} else [known]
                )
                if inner not in before:
                    properties[name] = {join: [*before, inner]}
    wanted: list[set[str]] = [set(branch.get("required", ())) for branch in branches]
    more = set[str].union(*wanted) if every else set[str].intersection(*wanted)
    required: list[str] = list(flat.get("required", ()))
    required += sorted(more.difference(required))
    joined = {**flat, "properties": properties}
    if required:
        joined["required"] = required
    return joined


def _relax(schema: Schema, cyclic: set[str]) -> bool:
    """Leave properties with cyclic references optional; report whether others are left."""
    if schema.get("$ref") in cyclic:
        return True
    left = False
    for keyword, value in schema.items():
        if keyword == "properties":
            loose = [name for name, inner in value.items() if _relax(inner, cyclic)]
            if "required" in schema:
                schema["required"] = [n for n in schema["required"] if n not in loose]
        elif keyword in _SEQUENCES:
            for branch in value:
                left = _relax(branch, cyclic) or left
        elif keyword in _SINGLES and _is_map(value):
            left = _relax(value, cyclic) or left
    return left


def _leads(start: str, goal: str, links: Mapping[str, set[str]]) -> bool:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in links.get(waiting.pop(), ()):
            if target == goal:
                return True
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False


def _references(schema: Schema) -> set[str]:
    found: set[str] = set()
    for keyword, value in schema.items():
        if keyword == "$ref":
            found.add(value)
        elif keyword in _MAPPINGS:
            found = found.union(*map(_references, value.values()))
        elif keyword in _SEQUENCES:
            found = found.union(*map(_references, value))
        elif keyword in _SINGLES and _is_map(value):
            found |= _references(value)
    return found


def _nullable(schema: Schema) -> Schema:
    inner = _without(schema, "description")
    types = _types(inner)
    if "anyOf" in inner:
        inner = {**inner, "anyOf": [*inner["anyOf"], {"type": "null"}]}
    elif types and not types & {"object", "array"} and "enum" not in inner:
        inner = {**inner, "type": [*_listed(inner["type"]), "null"]}
    else:
        inner = {"anyOf": [inner, {"type": "null"}]}
    said: str = schema.get("description", "")
    return {"description": said, **inner} if said else inner


def _noted(schema: Schema, notes: Sequence[str]) -> Schema:
    if not notes:
        return schema
    said = f"{schema.get('description', '')} ({', '.join(notes)})".strip()
    return {"description": said, **_without(schema, "description")}


def _types(schema: Schema) -> set[str]:
    return set(_listed(schema.get("type", ())))


def _listed(types: Json) -> list[str]:
    return [types] if isinstance(types, str) else list(types)


def _is_object(schema: Schema) -> bool:
    return "object" in _types(schema)


def _type(value: object) -> str:
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "null")


def _is_map(value: object) -> TypeGuard[Schema]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[Json]]:
    return isinstance(value, list)


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _unescaped(step: str) -> str:
    # Imported here, since few schemas have such names.
    if "%" in step:
        from urllib.parse import unquote

        step = unquote(step)
    return step.replace("~1", "/").replace("~0", "~")


def _without(schema: Schema, *keywords: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keywords}
