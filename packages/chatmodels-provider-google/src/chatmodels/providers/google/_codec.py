"""The codec of generateContent and streamGenerateContent for the Gemini API and Vertex AI."""

from collections.abc import Mapping
from functools import partial

from chatmodels.core import ChatRequest
from chatmodels.core.extending import Profile
from chatmodels.http import (
    BatchFormat,
    Codec,
    ConversationRules,
    HttpRequest,
    Listing,
    PageToken,
    SseFramer,
    bearer,
    endpoint_of,
)
from chatmodels.providers.google._counting import GEMINI_COUNTING, VERTEX_COUNTING
from chatmodels.providers.google._decode import ChunkDecoder
from chatmodels.providers.google._encode import encode_request
from chatmodels.providers.google._errors import read_failure
from chatmodels.providers.google._listing import read_models
from chatmodels.providers.google._paths import Paths
from chatmodels.providers.google._profile import FAMILIES, profile_of
from chatmodels.providers.google._schemas import schemas_of

_CACHE_FIELDS = frozenset({"cachedContent", "cached_content"})
"""Fields for cached contents, which precede the contents of the request."""


def gemini_codec(
    provider: str,
    settings: Mapping[str, str],
    paths: Paths,
    batches: BatchFormat | None = None,
) -> Codec:
    """Create the codec of an API.

    Args:
        provider: The provider's registered name.
        settings: The supported settings: a mapping of neutral names to fields of the body.
        paths: The parts of the paths; if `location` is set, the secret is a token instead of an
            API key.
        batches: The batch API.
    """
    page_size = 100 if paths.publisher else 1_000  # the maximum of the API
    return Codec(
        profile=partial(_profile, settings),
        families=FAMILIES,
        conversation=ConversationRules(
            paired_calls=("googleapis.com",), held=_CACHE_FIELDS, state_scope=_scope
        ),
        encode=partial(_encode, provider, settings, paths),
        decoder=partial(_decoder, provider),
        failure=partial(read_failure, provider=provider),
        schemas=schemas_of,
        framer=_framer,
        authorization=bearer if paths.location else _api_key,
        models=Listing(
            paths.listing(page_size),
            partial(read_models, provider=provider),
            PageToken("nextPageToken", "pageToken"),
        ),
        counting=VERTEX_COUNTING if paths.publisher else GEMINI_COUNTING,
        batches=batches,
        health=paths.listing(1),
    )


def _encode(
    provider: str,
    settings: Mapping[str, str],
    paths: Paths,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    body, headers = encode_request(model, request, provider, settings)
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return HttpRequest(path=f"{paths.model(model, provider)}:{verb}", body=body, headers=headers)


def _profile(settings: Mapping[str, str], model: str) -> Profile:
    return profile_of(model, settings)


def _decoder(provider: str, request: ChatRequest) -> ChunkDecoder:
    return ChunkDecoder(provider)


def _framer() -> SseFramer:
    return SseFramer(bare_json=True)


def _api_key(secret: str) -> tuple[tuple[str, str], ...]:
    return (("x-goog-api-key", secret),)


def _scope(base_url: str) -> str | None:
    """Return the scope of signatures: those of one Google API are valid in the other."""
    host = endpoint_of(base_url) or ""
    return None if host.endswith(".googleapis.com") else host
