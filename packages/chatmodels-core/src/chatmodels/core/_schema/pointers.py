"""JSON pointers, by which schemas refer to their parts."""

from chatmodels.core._schema.keywords import Schema, is_list, is_map
from chatmodels.core._schema.writing import unescaped
from chatmodels.core._values.parts import Json


def target_of(ref: str, root: Schema, /) -> Json:
    """Return the part of a schema that a reference points to; None if there is none.

    Args:
        ref: The value of `$ref`, such as "#/$defs/Point".
        root: The schema that contains it.
    """
    if ref != "#" and not ref.startswith("#/"):
        return None
    target: Json = root
    for step in ref[1:].split("/")[1:]:
        key = unescaped(step)
        if is_map(target):
            target = target.get(key)
        elif is_list(target) and key.isdecimal() and int(key) < len(target):
            target = target[int(key)]
        else:
            return None
    return target
