"""Rules of Ollama's API."""

from chatmodels.testing._strict.pairing import objects
from chatmodels.testing._strict.rule import CheckedRequest, Refusal, StrictRule

_ROLES = frozenset({"assistant", "system", "tool", "user"})


def unknown_model(model: str, /) -> Refusal:
    """Return the refusal of a model that does not exist."""
    return Refusal(status=404, message=f"model '{model}' not found")


def _model(request: CheckedRequest) -> Refusal | None:
    return None if request.model else Refusal(message="model is required")


def _role(request: CheckedRequest) -> Refusal | None:
    for message in objects(request.body.get("messages")):
        if message.get("role") not in _ROLES:
            return Refusal(message=f"invalid role: {message.get('role')}")
    return None


def _format(request: CheckedRequest) -> Refusal | None:
    value = request.body.get("format")
    if not isinstance(value, str) or value in {"", "json"}:
        return None
    return Refusal(message=f'invalid format: "{value}"; expected "json" or a JSON Schema object')


RULES = (
    StrictRule(
        "model", "a request without a model", "API reference, Generate a chat message", _model
    ),
    StrictRule(
        "role", "a role that the API does not have", "source of the server, api/types.go", _role
    ),
    StrictRule(
        "format",
        "another format than JSON or a schema",
        "source of the server, llm/server.go",
        _format,
    ),
)
