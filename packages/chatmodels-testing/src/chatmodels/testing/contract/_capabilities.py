"""Checks of capabilities: claimed ones work, others are refused."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from chatmodels.core import ChatModelError, UnsupportedError, user
from chatmodels.core.extending import Capability, ToolDefinition
from chatmodels.testing.contract._contract import CheckContext, failure
from chatmodels.testing.contract._efforts import all_efforts
from chatmodels.testing.contract._requests import MEDIA
from chatmodels.testing.contract._settings import SETTINGS

_TOOL = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})
_STRICT_TOOL = ToolDefinition(
    "clock",
    "Return the time.",
    {
        "type": "object",
        "properties": {"zone": {"type": "string"}},
        "required": ["zone"],  # Cohere's strict tools require at least one
        "additionalProperties": False,
    },
    strict=True,
)

_OPTIONS: Mapping[Capability, Sequence[dict[str, Any]]] = {
    Capability.TOOLS: [{"tools": [_TOOL]}],
    Capability.STRICT_TOOLS: [{"tools": [_STRICT_TOOL]}],
    Capability.STRUCTURED_OUTPUT: [{"output_type": dict}],
    # Vendors have different efforts.
    Capability.REASONING: [
        {"reasoning_effort": effort} for effort in ("low", *all_efforts()) if effort != "none"
    ],
    **{
        capability: [{name: SETTINGS[name]}]
        for capability, name in (
            (Capability.AUDIO_OUTPUT, "audio_output"),
            (Capability.LOGPROBS, "logprobs"),
            (Capability.SEED, "seed"),
            (Capability.PREDICTION, "prediction"),
        )
    },
}


def the_capabilities_are_correct(context: CheckContext) -> None:
    """Requests for claimed capabilities are accepted, and requests for others are refused."""
    claimed = context.metadata.capabilities
    for capability in (*MEDIA, *_OPTIONS):
        errors = list(_errors(context, capability))
        error = None if errors[-1] is None else errors[0]
        if capability in claimed:
            assert error is None, (
                f"the metadata claim {str(capability)!r}, but a request that needs it fails: "
                f"{error!r}; support it, or remove it from ProviderMetadata.capabilities"
            )
        else:
            assert isinstance(error, UnsupportedError), (
                f"the metadata do not claim {str(capability)!r}, but a request that needs it "
                f"{'succeeds' if error is None else f'fails with {error!r}'}; claim it, or leave "
                "it out of the Profile, so that an UnsupportedError refuses it"
            )


def _errors(context: CheckContext, capability: Capability) -> Iterator[ChatModelError | None]:
    """Yield the errors of the requests that need a capability, until one is accepted."""
    part = MEDIA.get(capability)
    text = "What is this? Reply in JSON."  # a word that OpenAI requires for JSON
    prompt = user(text) if part is None else user(text, part)
    for options in _OPTIONS.get(capability, [{}]):
        error = failure(partial(context.model("{}").generate, prompt, **options))
        yield error
        if not isinstance(error, UnsupportedError):
            return


CHECKS = (the_capabilities_are_correct,)
