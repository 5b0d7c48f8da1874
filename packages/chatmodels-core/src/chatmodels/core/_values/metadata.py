"""Metadata and health of providers and models."""

from enum import StrEnum
from typing import Literal

import msgspec

from chatmodels.core._public import published_in
from chatmodels.core._values.parts import FrozenValue, Json


class Capability(StrEnum):
    """A capability of a provider or a model."""

    STREAMING = "streaming"
    TOOLS = "tools"
    PARALLEL_TOOLS = "parallel_tools"
    STRICT_TOOLS = "strict_tools"
    STRUCTURED_OUTPUT = "structured_output"
    VISION = "vision"
    AUDIO_INPUT = "audio_input"
    AUDIO_OUTPUT = "audio_output"
    DOCUMENTS = "documents"
    REASONING = "reasoning"
    LOGPROBS = "logprobs"
    SEED = "seed"
    PROMPT_CACHING = "prompt_caching"
    PREDICTION = "prediction"
    MODEL_LISTING = "model_listing"
    TOKEN_COUNTING = "token_counting"  # noqa: S105 - not a password


@published_in("chatmodels.core")
class ModelInfo(FrozenValue, frozen=True, kw_only=True):
    """Metadata of a model; None or empty if unknown.

    Attributes:
        name: The model's name at the provider.
        provider: The provider's registered name.
        context_window: Maximum number of tokens of input and output together.
        max_output_tokens: Maximum number of tokens of the output.
        input_modalities: Modalities such as "text", "image", "audio", "file".
        output_modalities: Modalities of the output.
        capabilities: The capabilities of the model.
        created: The time of publication, in Unix seconds.
        deprecated: The ISO date on which the provider retires the model, past or future; "yes" if
            the date is unknown.
        owner: The maker of the model, as reported by the provider.
        raw: The provider's own record, as parsed JSON.
    """

    name: str
    provider: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset()
    created: int | None = None
    deprecated: str | None = None
    owner: str | None = None
    raw: Json = None


class OptionSpec(FrozenValue, frozen=True, kw_only=True):
    """An option that a provider accepts when a model is created.

    Attributes:
        name: The name of the keyword argument.
        description: The purpose.
        env: Environment variables that can set it; the first that is set takes precedence.
        required: Whether a model cannot be created without it.
        secret: Whether its value must never be shown.
        type: The type of its values, as it is written in Python.
        default: The value without the option, as it is written in Python; empty if it depends on
            the model or the environment.
    """

    name: str
    description: str
    env: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False
    type: str = "str"
    default: str = ""


class ProviderMetadata(FrozenValue, frozen=True, kw_only=True):
    """Metadata of a provider, available without a request.

    Attributes:
        name: The registered name, as in `"openai:gpt-6.1-terra"`.
        description: One sentence.
        distribution: The name of the distribution to `pip install`.
        capabilities: The capabilities that at least one of its models has.
        options: The options besides those that every HTTP provider accepts.
        base_url: The default URL of its API; None if it has no URL.
        models: Models known at the release of the package. Others are accepted as well.
        model_prefixes: Prefixes of its models' names, such as `"gpt-"`.
        documentation_url: The vendor's reference.
    """

    name: str
    description: str
    distribution: str
    capabilities: frozenset[Capability] = frozenset()
    options: tuple[OptionSpec, ...] = ()
    base_url: str | None = None
    models: tuple[ModelInfo, ...] = ()
    model_prefixes: tuple[str, ...] = ()
    documentation_url: str | None = None


HealthStatus = Literal["healthy", "unhealthy", "unknown"]


@published_in("chatmodels.core")
class HealthReport(FrozenValue, frozen=True, kw_only=True):
    """The result of a health check of a provider.

    Attributes:
        provider: The provider's registered name.
        status: The health; "unknown" if it cannot be checked, for example without credentials.
        latency: The duration of the check in seconds.
        message: The result as text.
        code: The code of the error, if there was one.
    """

    provider: str
    status: HealthStatus
    latency: float | None = None
    message: str = ""
    code: str | None = None


class Explanation(FrozenValue, frozen=True, kw_only=True):
    """The HTTP request that a call would make; secrets are masked.

    Attributes:
        method: The method, such as "POST".
        url: The full URL.
        headers: Name to value, with masked secrets.
        body: The JSON body.
        mapped: Names in the neutral request to names in the body, as in
            `{"max_output_tokens": "max_completion_tokens"}`.
        warnings: The parts of the request that would be omitted or changed.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Json
    mapped: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
