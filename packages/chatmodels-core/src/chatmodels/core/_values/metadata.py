"""What is known of providers and models without asking them, and how they fare when asked."""

from enum import StrEnum
from typing import Literal

import msgspec

from chatmodels.core._values.parts import FrozenValue, Json


class Capability(StrEnum):
    """Something that a provider or a model can do."""

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


class ModelInfo(FrozenValue, frozen=True, kw_only=True):
    """What is known of a model; None or empty where nothing is known.

    Attributes:
        name: The model's name at the provider.
        provider: The provider's registered name.
        context_window: Tokens that input and output may have together.
        max_output_tokens: Tokens that the output may have.
        input_modalities: As "text", "image", "audio", "file".
        output_modalities: Likewise.
        capabilities: What the model can do.
        created: When the provider published it, in Unix seconds.
        deprecated: When the provider will stop or has stopped serving it, as an ISO date, or
            "yes" where no date is known.
        owner: Who made it, as the provider tells.
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
    """An option that a provider takes when a model is created.

    Attributes:
        name: The keyword argument.
        description: What it is for.
        env: Environment variables that give it, the first that is set counts.
        required: Whether a model cannot do without it.
        secret: Whether its value must never be shown.
    """

    name: str
    description: str
    env: tuple[str, ...] = ()
    required: bool = False
    secret: bool = False


class ProviderMetadata(FrozenValue, frozen=True, kw_only=True):
    """What a provider is, known without any request.

    Attributes:
        name: What it is registered under, as in `"openai:gpt-6.1-terra"`.
        description: One sentence.
        distribution: What to `pip install`.
        capabilities: What at least one of its models can do.
        options: The options beyond those that every HTTP provider takes.
        base_url: Where it is reached by default; None if it is not reached by a URL.
        models: Models known when the package was released, with what is known of them. Others
            are accepted all the same.
        model_prefixes: How names of its models begin, such as `"gpt-"`.
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


class HealthReport(FrozenValue, frozen=True, kw_only=True):
    """How a provider fared when it was asked.

    Attributes:
        provider: The provider's registered name.
        status: "unknown" is what cannot be probed, as without credentials.
        latency: Seconds that the probe took.
        message: What was found, in words.
        code: The code of the error, if one was met.
    """

    provider: str
    status: HealthStatus
    latency: float | None = None
    message: str = ""
    code: str | None = None


class Explanation(FrozenValue, frozen=True, kw_only=True):
    """The HTTP request that a call would make; secrets are masked.

    Attributes:
        method: As in "POST".
        url: The full address.
        headers: Name to value, with masked secrets.
        body: The JSON body.
        mapped: What in the neutral request became what in the body, as
            `{"max_output_tokens": "max_completion_tokens"}`.
        warnings: What would not be honoured.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Json
    mapped: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    warnings: tuple[str, ...] = ()
