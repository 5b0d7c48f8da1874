"""Adaptation of OpenAI request bodies to Mistral's API."""

from chatmodels.http.wire import Json, is_list

TIERS = {"auto": "auto", "default": "standard_only"}
"""The names of service tiers: `RequestedServiceTier` in Mistral's SDK."""


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Change a body in place; no problems are added."""
    messages = [_message(message) for message in body["messages"] if not _is_empty(message)]
    if messages and messages[-1]["role"] == "assistant":
        messages[-1]["prefix"] = True  # required if the last message is the model's ("Prefix")
    body["messages"] = messages
    if body.get("tool_choice") == "required":
        body["tool_choice"] = "any"
    if "service_tier" in body:
        body["service_tier"] = TIERS[body["service_tier"]]


def _is_empty(message: dict[str, Json]) -> bool:
    """Check whether a message of the model is empty, which the API refuses.

    For example, reasoning of another provider's model is left out.
    """
    has_content = message["content"] or "tool_calls" in message or "refusal" in message
    return message["role"] == "assistant" and not has_content


def _message(message: dict[str, Json]) -> dict[str, Json]:
    # The API refuses unknown fields.
    changed = {name: value for name, value in message.items() if name != "name"}
    if is_list(changed["content"]):
        changed["content"] = [_part(part) for part in changed["content"]]
    if "refusal" in changed:
        refusal = {"type": "text", "text": changed.pop("refusal")}
        content = changed["content"] or []
        parts = content if is_list(content) else [{"type": "text", "text": content}]
        changed["content"] = [*parts, refusal]
    return changed


def _part(part: dict[str, Json]) -> dict[str, Json]:
    """Convert audio and documents to Mistral's format ("Audio", "Document QnA")."""
    match part:
        case {"type": "input_audio", "input_audio": {"data": data}}:
            return part | {"input_audio": data}
        case {"type": "file", "file": {"file_id": file_id}, **more}:
            return {"type": "file", "file_id": file_id, **more}
        case {"type": "file", "file": {"filename": name, "file_data": url}, **more}:
            return {"type": "document_url", "document_url": url, "document_name": name, **more}
        case _:
            return part
