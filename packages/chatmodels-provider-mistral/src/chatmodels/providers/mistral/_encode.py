"""What Mistral wants otherwise than OpenAI does, in bodies that are OpenAI's so far."""

from chatmodels.http.wire import Json, is_list

TIERS = {"auto": "auto", "default": "standard_only"}
"""The vendor's words for tiers: `RequestedServiceTier` in its SDK."""


def adapt(body: dict[str, Json], problems: list[str]) -> None:
    """Change a body; nothing in it is refused here."""
    messages = [_message(message) for message in body["messages"] if not _is_empty(message)]
    if messages and messages[-1]["role"] == "assistant":
        messages[-1]["prefix"] = True  # else it is an error for the last message ("Prefix")
    body["messages"] = messages
    if body.get("tool_choice") == "required":
        body["tool_choice"] = "any"
    if "service_tier" in body:
        body["service_tier"] = TIERS[body["service_tier"]]


def _is_empty(message: dict[str, Json]) -> bool:
    """Tell whether nothing is left of what another vendor's model said, which would be an error."""
    said = message["content"] or "tool_calls" in message or "refusal" in message
    return message["role"] == "assistant" and not said


def _message(message: dict[str, Json]) -> dict[str, Json]:
    # Fields beyond its own are errors to this vendor.
    changed = {name: value for name, value in message.items() if name != "name"}
    if is_list(changed["content"]):
        changed["content"] = [_part(part) for part in changed["content"]]
    if "refusal" in changed:
        refusal = {"type": "text", "text": changed.pop("refusal")}
        content = changed["content"] or []
        said = content if is_list(content) else [{"type": "text", "text": content}]
        changed["content"] = [*said, refusal]
    return changed


def _part(part: dict[str, Json]) -> dict[str, Json]:
    """Write sound and documents as this vendor has them ("Audio", "Document QnA")."""
    match part:
        case {"type": "input_audio", "input_audio": {"data": data}}:
            return part | {"input_audio": data}
        case {"type": "file", "file": {"file_id": file_id}, **more}:
            return {"type": "file", "file_id": file_id, **more}
        case {"type": "file", "file": {"filename": name, "file_data": url}, **more}:
            return {"type": "document_url", "document_url": url, "document_name": name, **more}
        case _:
            return part
