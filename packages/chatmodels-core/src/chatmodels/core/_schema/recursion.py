"""Schemas that refer to themselves."""

from collections.abc import Mapping

from chatmodels.core._schema.keywords import MAPPINGS, SEQUENCES, SINGLES, Schema, is_map


def relax(schema: Schema, cyclic: set[str]) -> bool:
    """Leave properties with cyclic references optional; report whether others are left."""
    if schema.get("$ref") in cyclic:
        return True
    left = False
    for keyword, value in schema.items():
        if keyword == "properties":
            loose = [name for name, inner in value.items() if relax(inner, cyclic)]
            if "required" in schema:
                schema["required"] = [n for n in schema["required"] if n not in loose]
        elif keyword in SEQUENCES:
            for branch in value:
                left = relax(branch, cyclic) or left
        elif keyword in SINGLES and is_map(value):
            left = relax(value, cyclic) or left
    return left


def leads(start: str, goal: str, links: Mapping[str, set[str]]) -> bool:
    """Report whether references lead from one place to another."""
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


def references(schema: Schema) -> set[str]:
    """List the references in a schema."""
    found: set[str] = set()
    for keyword, value in schema.items():
        if keyword == "$ref":
            found.add(value)
        elif keyword in MAPPINGS:
            found = found.union(*map(references, value.values()))
        elif keyword in SEQUENCES:
            found = found.union(*map(references, value))
        elif keyword in SINGLES and is_map(value):
            found |= references(value)
    return found
