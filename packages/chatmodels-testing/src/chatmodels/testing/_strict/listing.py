"""The models that a vendor lists, which are those that it has not retired."""

from chatmodels.testing._strict.chat_vendors import retired_model
from chatmodels.testing._strict.gemini import vendor_at
from chatmodels.testing._strict.retirement import ANTHROPIC, BEDROCK, COHERE, MISTRAL
from chatmodels.testing._strict.rule import CheckedRequest

_VENDORS = {
    "anthropic.messages": ANTHROPIC,
    "bedrock.converse": BEDROCK,
    "cohere.chat_v2": COHERE,
    "mistral.chat": MISTRAL,
}


def listed(models: tuple[str, ...], protocol: str, path: str, as_of: str, /) -> tuple[str, ...]:
    """Return the models without those that the vendor has retired.

    Args:
        models: All models.
        protocol: The name of the wire format.
        path: The path of the request.
        as_of: The ISO date.
    """
    return tuple(name for name in models if not _is_retired(name, protocol, path, as_of))


def _is_retired(model: str, protocol: str, path: str, as_of: str) -> bool:
    if protocol == "openai.chat":
        return retired_model(CheckedRequest({}, model, {}, 0, path=path, as_of=as_of)) is not None
    vendor = vendor_at(path) if protocol == "gemini.generate_content" else _VENDORS.get(protocol)
    return vendor is not None and vendor.is_retired(model, as_of)
