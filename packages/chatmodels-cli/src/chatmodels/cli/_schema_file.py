"""The schema of structured output, from a file."""

import os
import re
from typing import Any

import click
import msgspec

from chatmodels.core.extending import OutputSchema


def read_schema(path: str, /) -> OutputSchema:
    """Read a JSON Schema.

    Args:
        path: The path of the file. Its name, or the title of the schema, is the name of the output.

    Raises:
        UsageError: The file cannot be read, or contains no JSON object.
    """
    try:
        with open(path, "rb") as source:
            schema = msgspec.json.decode(source.read(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"the schema {path} cannot be read: {error}") from None
    title = schema.get("title") or os.path.splitext(os.path.basename(path))[0]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(title)).strip("_")[:64]
    return OutputSchema(name or "output", schema)
