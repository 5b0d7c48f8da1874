"""Translates JSON Schemas into the subset of JSON Schema that a vendor accepts."""

import re
from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core._public import published_in
from chatmodels.core._schema.keywords import (
    CLOSING,
    CONDITIONS,
    DEFINITIONS,
    MAPPINGS,
    REF,
    SEQUENCES,
    SILENT,
    SINGLES,
    Schema,
    is_list,
    is_map,
)
from chatmodels.core._schema.malformed import malformed
from chatmodels.core._schema.nulls import accepts_null
from chatmodels.core._schema.pointers import target_of
from chatmodels.core._schema.recursion import leads, references, relax
from chatmodels.core._schema.renaming import can_rename_keys, renamed_keys, unaccepted_keys
from chatmodels.core._schema.rules import SchemaRules
from chatmodels.core._schema.writing import (
    is_object,
    joined_branches,
    joined_items,
    noted,
    nullable,
    text_of,
    type_of,
    types_of,
    unescaped,
    without,
)
from chatmodels.core._values.parts import Json

_CHOICES = ("allOf", "anyOf", "oneOf")
_JOINABLE = frozenset({"type", "properties", "required", "title", "description"})


@published_in("chatmodels.core.extending")
class SchemaTranslation(msgspec.Struct, frozen=True):
    """A schema in the subset of JSON Schema that a vendor accepts.

    Attributes:
        schema: The schema; incomplete if there are problems.
        problems: The subschemas that the vendor does not accept, with the reasons.
        properties: The number of properties.
        renamed: The former names of properties of the root that are renamed, by their new names.
        unenforced: The constraints that the vendor accepts but does not enforce, with their places.
    """

    schema: Schema
    problems: tuple[str, ...] = ()
    properties: int = 0
    renamed: Mapping[str, str] = {}
    unenforced: tuple[str, ...] = ()


def translate_schema(root: Mapping[str, Json], rules: SchemaRules, /) -> SchemaTranslation:
    """Rewrite the schema of an object for a vendor, if its meaning can be preserved.

    Keywords that the vendor does not accept are written into the description. The model still reads
    them, and chatmodels validates them when it parses the output. Unused definitions are omitted.

    Args:
        root: The schema; it is not changed.
        rules: The subset of JSON Schema that the vendor accepts.
    """
    schema = dict(root)
    problems = tuple(malformed(schema, ""))
    if problems:
        return SchemaTranslation({}, problems)
    return _Translator(schema, rules).translation()


class _Translator:
    def __init__(self, root: Schema, rules: SchemaRules) -> None:
        self._root = root
        self._rules = rules
        self._problems: list[str] = []
        self._names: dict[str, str] = {}  # of the definitions, by reference
        self._pending: list[tuple[str, Json]] = []
        self._count = 0
        self._unenforced: list[str] = []

    def translation(self) -> SchemaTranslation:
        rules = self._rules
        root = self._resolved(self._root)
        if rules.typed_root and "object" in types_of({"type": "object", **root}):
            root = {**root, "type": "object"}
            self._root = {**self._root, "type": "object"}  # for references to it
        if rules.plain_root:
            root = self._flat(root)
        if rules.typed_root and "object" not in types_of(root):
            self._add("", "is not an object")
        translated = self._schema(root, "", 1)
        if rules.listed_root:
            translated.setdefault("properties", {})
        definitions: dict[str, Schema] = {}
        while self._pending:
            name, schema = self._pending.pop(0)
            definitions[name] = self._schema(schema, name, 1)
        if rules.recursion != "everywhere":
            self._limit_recursion(translated, definitions)
        if rules.most_properties is not None and self._count > rules.most_properties:
            self._add("", f"has {self._count} properties; the limit is {rules.most_properties}")
        renamed: dict[str, str] = {}
        if rules.root_keys and (wrong := unaccepted_keys(translated, rules.root_keys)):
            if can_rename_keys(translated, definitions):
                translated, renamed = renamed_keys(translated, wrong, rules.root_keys)
            else:
                self._add_keys(wrong)
        if definitions:
            translated["$defs"] = definitions
        problems = tuple(dict.fromkeys(self._problems))
        unenforced = tuple(dict.fromkeys(self._unenforced))
        return SchemaTranslation(translated, problems, self._count, renamed, unenforced)

    def _schema(self, schema: Json, path: str, level: int) -> Schema:
        if schema is True:
            schema = {}
        if not is_map(schema):  # `false`; no vendor enforces it
            if self._rules.enforced:
                self._add(path, "accepts nothing")
            return {"not": {}}
        plain = self._simple(schema)
        if self._rules.enforced:
            self._check(plain, path)
        translated: Schema = {}
        notes: list[str] = []
        for keyword, value in plain.items():
            if keyword == "properties":
                translated[keyword] = self._fields(plain, path, level)
            elif keyword == "$ref":
                translated[keyword] = self._referred(value, path)
            elif keyword in DEFINITIONS:
                continue
            elif not self._is_supported(keyword, value):
                if keyword not in SILENT and (keyword, value) != ("default", None):
                    notes.append(f"{keyword}: {text_of(value)}")
            else:
                translated[keyword] = self._inner(keyword, value, path, level)
        if self._rules.enforced and is_object(plain):
            translated["additionalProperties"] = False
            fields: Schema = translated.setdefault("properties", {})
            if self._rules.required == "all":
                translated["required"] = list(fields)
            elif self._rules.required == "some" and not translated.get("required"):
                self._add(path, "is an object that requires nothing")
        if self._rules.typed_items and "array" in types_of(translated):
            translated.setdefault("items", {})
        if self._rules.adapt is not None:
            translated, ignored = self._rules.adapt(translated)
            place = f" of {path}" if path else ""
            self._unenforced += [f"{keyword}{place}" for keyword in ignored]
        return noted(translated, notes)

    def _inner(self, keyword: str, value: Json, path: str, level: int) -> Json:
        if keyword in MAPPINGS:
            return {name: self._schema(inner, path, level) for name, inner in value.items()}
        if keyword in SEQUENCES:
            return [self._schema(branch, path, level) for branch in value]
        closing = isinstance(value, bool) and keyword in CLOSING
        if keyword in SINGLES and (not closing or (keyword, value) == ("items", True)):
            return self._schema(value, f"{path}[]" if keyword == "items" else path, level)
        return value

    def _fields(self, schema: Schema, path: str, level: int) -> Schema:
        rules = self._rules
        fields: Schema = {}
        required: Sequence[str] = schema.get("required", ())
        if rules.most_levels is not None and level > rules.most_levels:
            self._add(path, f"is an object at level {level}; the limit is {rules.most_levels}")
        for name, inner in schema["properties"].items():
            self._count += 1
            field = self._schema(inner, f"{path}.{name}" if path else name, level + 1)
            optional = rules.enforced and rules.required == "all" and name not in required
            fields[name] = (
                nullable(field) if optional and not accepts_null(inner, self._root) else field
            )
        return fields

    def _simple(self, schema: Schema) -> Schema:
        """Rewrite a schema with the few keywords that vendors support, with the same meaning."""
        rules = self._rules
        plain = dict(schema)
        merged: list[Json] = plain.get("allOf", [])
        single = merged[0] if len(merged) == 1 else None
        if is_map(single) and not single.keys() & (plain.keys() - {"allOf"}):
            del plain["allOf"]
            plain = {**single, **plain}
        if "const" in plain and "enum" not in plain:
            plain["enum"] = [plain.pop("const")]
        if plain.get("enum"):
            plain = self._typed_enum(plain)
        if is_list(plain.get("items")):  # a tuple of draft 7
            plain["prefixItems"] = plain.pop("items")
            if "additionalItems" in plain:
                plain["items"] = plain.pop("additionalItems")
        if "oneOf" in plain and "anyOf" not in plain and not self._is_supported("oneOf", None):
            plain["anyOf"] = plain.pop("oneOf")
        if "prefixItems" in plain and not self._is_supported("prefixItems", None):
            plain["items"] = joined_items(plain.pop("prefixItems"), plain.get("items", False))
        if rules.enforced and "properties" in plain:
            plain.setdefault("type", "object")
        if rules.lone_refs and "$ref" in plain and plain.keys() - DEFINITIONS - {"$ref"}:
            ref: str = plain.pop("$ref")
            target = target_of(ref, self._root)
            if is_map(target) and target.get("type") == plain.get("type"):
                plain.pop("type", None)
            if "anyOf" in plain:
                return {**plain, "allOf": [*plain.get("allOf", []), {"$ref": ref}]}
            return {"anyOf": [{"$ref": ref}], **plain}
        return plain

    def _typed_enum(self, plain: Schema) -> Schema:
        """Add the type of an enumeration; branches beside it accept its values of other types."""
        values: list[Json] = plain["enum"]
        types = list(dict.fromkeys(map(type_of, values)))
        allowed = self._rules.enum_types
        if allowed is None or allowed.issuperset(types):
            return {"type": types[0] if len(types) == 1 else types, **plain}
        supported = [value for value in values if type_of(value) in allowed]
        branches: list[Schema] = [{"type": name} for name in types if name not in allowed]
        if supported:
            branches.insert(0, self._typed_enum({"enum": supported}))
        rest = without(plain, "enum", "type")
        if "boolean" in types:
            rest = noted(rest, [f"one of: {text_of(values)}"])
        return {**rest, **(branches[0] if len(branches) == 1 else {"anyOf": branches})}

    def _is_supported(self, keyword: str, value: Json) -> bool:
        rules = self._rules
        if rules.keywords is not None and keyword not in rules.keywords:
            return False
        if keyword == "format" and rules.formats is not None:
            return value in rules.formats
        if keyword == "minItems" and rules.min_items is not None:
            return value in rules.min_items
        return keyword not in rules.described

    def _check(self, plain: Schema, path: str) -> None:
        """Record why a vendor cannot enforce a schema."""
        conditions = CONDITIONS & plain.keys()
        if "allOf" in plain and not self._is_supported("allOf", None):
            conditions |= {"allOf"}
        if "anyOf" in plain and "oneOf" in plain:
            conditions |= {"oneOf"}
        types = types_of(plain)
        if conditions:
            self._add(path, f"has conditions ({', '.join(sorted(conditions))})")
        if is_object(plain):
            free: Json = plain.get("additionalProperties", "properties" not in plain)
            if free is not False:
                self._add(path, "is an object with free keys")
        if "array" in types and not is_map(plain.get("items")):
            self._add(path, "is a list of anything")
        if not types and not plain.keys() & {"enum", "anyOf", "oneOf", "allOf", "$ref"}:
            self._add(path, "can be anything")

    def _add_keys(self, names: Sequence[str]) -> None:
        for name in names:
            self._add(
                name or "''",
                f"is not a name of 1 to {self._rules.root_keys} ASCII letters, digits, '_', '.' "
                "and '-', in a schema that refers to it in another place",
            )

    def _flat(self, root: Schema) -> Schema:
        """Rewrite a root without `anyOf` and the like, which are written into the description."""
        flat = without(root, "not", "enum", *_CHOICES)
        notes = [
            f"{keyword}: {text_of(root[keyword])}" for keyword in ("not", "enum") if keyword in root
        ]
        for keyword in _CHOICES:
            branches = [self._resolved(branch) for branch in root.get(keyword, ())]
            if not branches:
                continue
            if not all("object" in types_of({"type": "object", **branch}) for branch in branches):
                self._add("", f"is not an object in every branch of its {keyword}")
            if keyword != "allOf" or any(branch.keys() - _JOINABLE for branch in branches):
                notes.append(f"{keyword}: {text_of(branches)}")
            flat = joined_branches(flat, branches, every=keyword == "allOf")
        if notes and self._rules.enforced:
            self._add("", f"has a choice ({'; '.join(notes)})")
        return noted(flat, notes)

    def _resolved(self, schema: Json) -> Schema:
        """Follow a reference to its target; keywords beside it take precedence."""
        seen: set[str] = set()
        while is_map(schema) and "$ref" in schema:
            current = schema
            ref: str = current["$ref"]
            target = target_of(ref, self._root)
            if ref in seen or not is_map(target):
                self._add("", f"refers to {ref!r}, which is not a schema in it")
                return without(current, "$ref")
            seen.add(ref)
            schema = {**target, **without(current, "$ref")}
        return schema if is_map(schema) else {}

    def _referred(self, ref: str, path: str) -> str:
        """Point a reference to a definition of the translation."""
        if ref == "#":
            return ref
        target = target_of(ref, self._root)
        if not isinstance(target, dict | bool):
            self._add(path, f"refers to {ref!r}, which is not a schema in it")
            return ref
        if ref not in self._names:
            self._define(ref, target)
        return REF + self._names[ref]

    def _define(self, ref: str, target: Json) -> None:
        base = re.sub(r"[^a-zA-Z0-9_.-]", "_", unescaped(ref.rpartition("/")[2]))
        name = base
        number = 2
        while name in self._names.values():
            name = f"{base}_{number}"
            number += 1
        self._names[ref] = name
        self._pending.append((name, target))

    def _limit_recursion(self, root: Schema, definitions: dict[str, Schema]) -> None:
        """Make properties that refer back to their object optional, or report the recursion."""
        places = {"#": root} | {REF + name: schema for name, schema in definitions.items()}
        links = {ref: references(schema) for ref, schema in places.items()}
        for ref, schema in places.items():
            cyclic = {target for target in links[ref] if target == ref or leads(target, ref, links)}
            if not cyclic:
                continue
            if self._rules.recursion == "nowhere" or relax(schema, cyclic):
                self._add(ref.removeprefix(REF).removeprefix("#"), "refers to itself")

    def _add(self, path: str, problem: str) -> None:
        self._problems.append(f"{path or 'the top level'} {problem}")
