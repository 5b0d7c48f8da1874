"""Schemas that refer to themselves."""

from collections.abc import Mapping

from chatmodels.core._schema.keywords import MAPPINGS, SEQUENCES, SINGLES, Schema, is_map


def relax(schema: Schema, cyclic: set[str]) -> bool:
    """Make properties with cyclic references optional; report whether other cycles remain."""
    if schema.get("$ref") in cyclic:
        return True
    remaining = False
    for keyword, value in schema.items():
        if keyword == "properties":
            optional = [name for name, inner in value.items() if relax(inner, cyclic)]
            if "required" in schema:
                schema["required"] = [n for n in schema["required"] if n not in optional]
        elif keyword in SEQUENCES:
            for branch in value:
                remaining = relax(branch, cyclic) or remaining
        elif keyword in SINGLES and is_map(value):
            remaining = relax(value, cyclic) or remaining
    return remaining


def leads(start: str, goal: str, links: Mapping[str, set[str]]) -> bool:
    """Report whether references lead from one place to another."""
    seen: set[str] = set()
    pending = [start]
    while pending:
        for target in links.get(pending.pop(), ()):
            if target == goal:
                return True
            if target not in seen:
                seen.add(target)
                pending.append(target)
    return False


def references(schema: Schema) -> set[str]:
    """List the references in a schema."""
    refs: set[str] = set()
    for keyword, value in schema.items():
        if keyword == "$ref":
            refs.add(value)
        elif keyword in MAPPINGS:
            refs = refs.union(*map(references, value.values()))
        elif keyword in SEQUENCES:
            refs = refs.union(*map(references, value))
        elif keyword in SINGLES and is_map(value):
            refs |= references(value)
    return refs
