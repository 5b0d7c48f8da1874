"""Renames the properties of a schema's root whose names a vendor does not accept."""

import re
from collections.abc import Mapping

from chatmodels.core._schema.keywords import CONDITIONS, SEQUENCES, Schema, is_map
from chatmodels.core._schema.recursion import references
from chatmodels.core._schema.writing import noted, text_of

_OTHERS = (CONDITIONS | SEQUENCES) - {"dependentRequired"}
"""Keywords whose values can contain the names of properties, beside those that are renamed."""


def unaccepted_keys(root: Schema, longest: int, /) -> list[str]:
    """List the names of properties that are too long, or have other characters than `a-zA-Z0-9_.-`.

    Args:
        root: The schema.
        longest: The maximum length of a name.
    """
    return [
        name
        for name in root.get("properties", ())
        if not re.fullmatch(f"[a-zA-Z0-9_.-]{{1,{longest}}}", name)
    ]


def can_rename_keys(root: Schema, definitions: Mapping[str, Schema], /) -> bool:
    """Report whether all places that name the root's properties are known."""
    schemas = (root, *definitions.values())
    return root.keys().isdisjoint(_OTHERS) and not any("#" in references(each) for each in schemas)


def renamed_keys(root: Schema, names: list[str], longest: int, /) -> tuple[Schema, dict[str, str]]:
    """Rename properties, and return the schema and the former names by the new ones.

    Args:
        root: The schema.
        names: The names to replace; the description of each property contains its former name.
        longest: The maximum length of a name.
    """
    properties: Schema = root["properties"]
    taken = set(properties)
    new: dict[str, str] = {}
    for name in names:
        base = re.sub(r"[^a-zA-Z0-9_.-]", "_", name)[:longest] or "_"
        short, number = base, 2
        while short in taken:
            suffix = f"_{number}"
            short = base[: longest - len(suffix)] + suffix
            number += 1
        taken.add(short)
        new[name] = short
    renamed = {
        **root,
        "properties": {
            new.get(name, name): noted(inner, [f"name: {text_of(name)}"])
            if name in new and is_map(inner)
            else inner
            for name, inner in properties.items()
        },
    }
    if "required" in root:
        renamed["required"] = [new.get(name, name) for name in root["required"]]
    dependent: Mapping[str, list[str]] = root.get("dependentRequired", {})
    if dependent:
        renamed["dependentRequired"] = {
            new.get(name, name): [new.get(each, each) for each in others]
            for name, others in dependent.items()
        }
    return renamed, {short: name for name, short in new.items()}
