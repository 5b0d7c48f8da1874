"""Refusals of retired models by the vendors with OpenAI's APIs, distinguished by path and name."""

from chatmodels.testing._strict.retirement import DEEPSEEK, GROQ, OPENAI
from chatmodels.testing._strict.rule import CheckedRequest, Refusal

_AZURE = ("/openai/", "/models/")
_GROQ = "/groq/"
_ENTERPRISE = frozenset({"llama-3.1-8b-instant", "llama-3.3-70b-versatile"})
"""Models that Groq still has for some customers; others receive the error of an unknown model."""


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return Refusal(message=message, status=404, code="model_not_found")


def is_azure(request: CheckedRequest, /) -> bool:
    """Check for a path of Azure, whose deployments can have any name."""
    return request.path.startswith(_AZURE)


def is_retired_by_openai(request: CheckedRequest, /) -> bool:
    """Check whether OpenAI has retired a model; models of Azure have other dates."""
    return not is_azure(request) and OPENAI.is_retired(request.model, request.as_of)


def retired_model(request: CheckedRequest, /) -> Refusal | None:
    """Return the refusal of a retired model."""
    model, as_of = request.model, request.as_of
    if request.path.startswith(_GROQ):
        if not GROQ.is_retired(model, as_of):
            return None
        if model in _ENTERPRISE:
            return unknown_model(model)
        message = f"The model `{model}` has been decommissioned and is no longer supported."
        return Refusal(message=message, code="model_decommissioned")
    if is_retired_by_openai(request):
        message = f"The model `{model}` has been deprecated"
        return Refusal(message=message, status=404, code="model_not_found")
    if DEEPSEEK.is_retired(model, as_of):
        return Refusal(message="Model Not Exist", code="invalid_request_error")
    return None
