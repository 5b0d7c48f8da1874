"""The input items of stored responses, and the compaction of conversations."""

from typing import Any

from chatmodels.testing._exchange import ReceivedRequest


def input_items(request: ReceivedRequest, /) -> dict[str, Any]:
    """Encode the input of a request as a page of items with ids ("List input items")."""
    items = [
        {"id": f"item_{position}", **_whole_item(item)}
        for position, item in enumerate(_items(request.json.get("input", [])))
    ]
    ids = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {}
    return {"object": "list", "data": items, "has_more": False, **ids}


def compacted(request: ReceivedRequest, /) -> dict[str, Any]:
    """Encode the messages of the user and one item for the rest ("Compact a response")."""
    users = [item for item in _items(request.json.get("input", [])) if item.get("role") == "user"]
    output = [
        {"id": f"msg_{position}", "status": "completed", **_whole_item(item)}
        for position, item in enumerate(users)
    ]
    state = {"type": "compaction", "id": "cmp_0", "encrypted_content": "simulated"}
    return {
        "id": "simulated-compaction",
        "object": "response.compaction",
        "created_at": 1_700_000_000,
        "output": [*output, state],
        "usage": {
            "input_tokens": len(output),
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": len(output) + 1,
        },
    }


def _items(value: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


def _whole_item(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with the fields that a request can leave out."""
    if "role" not in item:
        return item
    content: str | list[dict[str, Any]] = item.get("content", "")
    kind = "output_text" if item["role"] == "assistant" else "input_text"
    given = [{"type": kind, "text": content}] if isinstance(content, str) else content
    added: dict[str, Any] = {"annotations": []} if kind == "output_text" else {}
    return {**item, "type": "message", "content": [added | part for part in given]}
