"""The description of a server that both of OpenAI's APIs share."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypedDict

import msgspec

from chatmodels.core import ModelInfo
from chatmodels.core.extending import OutputForm
from chatmodels.http import HttpRequest, Listing, SchemaSupport
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS

Headers = tuple[tuple[str, str], ...]


class CodecFields(TypedDict):
    """The fields of a `Codec` that do not depend on the API."""

    schemas: Callable[[str], SchemaSupport]
    authorization: Callable[[str], Headers]
    models: Listing | None
    health: HttpRequest


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's API: its paths, credentials, settings and schemas.

    Attributes:
        name: The provider's registered name.
        models_path: The path of the list of models; None if the vendor has none.
        health_path: The cheapest path to fetch that verifies address and credentials; None for the
            list of models.
        key_header: The header that contains the key.
        key_prefix: The text before the key in the header.
        settings: The supported settings: neutral name to the field of the body. A dot descends
            into an object, as in `"reasoning.effort"`.
        values: The supported values of a setting, if not all are.
        ranges: The minimum and maximum of a setting, if narrower than core's.
        implied: The values of a setting that hold without being sent.
        not_with_reasoning: Settings that cannot be combined with reasoning.
        reasons_by_default: Whether models reason if the settings do not choose.
        exclusive: Settings that cannot be combined with each other; the first one takes precedence.
        schemas: The schemas and names of tools that the vendor accepts.
    """

    name: str
    models_path: str | None = "/models"
    health_path: str | None = None
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    settings: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    values: Mapping[str, Collection[Any]] = {}
    ranges: Mapping[str, tuple[float, float]] = {}
    implied: Mapping[str, Collection[Any]] = {}
    not_with_reasoning: Collection[str] = ()
    reasons_by_default: bool = False
    exclusive: Sequence[Sequence[str]] = ()
    schemas: SchemaSupport = OPENAI_SCHEMAS


def codec_fields(server: Server, headers: Headers) -> CodecFields:
    """Return the fields of a `Codec` that both APIs have in common."""
    health = server.health_path or server.models_path or "/models"
    models = None
    if server.models_path is not None:
        request = HttpRequest(method="GET", path=server.models_path, headers=headers)
        models = Listing(request, partial(_read_models, server.name))
    return {
        "schemas": partial(_schemas, server.schemas),
        "authorization": partial(_authorization, server.key_header, server.key_prefix),
        "models": models,
        "health": HttpRequest(method="GET", path=health, headers=headers),
    }


def output_forms(formats: Collection[str]) -> frozenset[OutputForm]:
    """Return the kinds of structured output that a server supports, from its response formats."""
    schema: tuple[OutputForm, ...] = ("strict", "schema") if "json_schema" in formats else ()
    objects: tuple[OutputForm, ...] = ("object",) if "json_object" in formats else ()
    return frozenset((*schema, *objects))


def _read_models(provider: str, body: bytes) -> Sequence[ModelInfo]:
    from chatmodels.openai_compatible._listing import read_models  # calls do not need it

    return read_models(body, provider)


def _schemas(schemas: SchemaSupport, model: str, /) -> SchemaSupport:
    return schemas


def _authorization(header: str, prefix: str, secret: str) -> Headers:
    return ((header, prefix + secret),)
