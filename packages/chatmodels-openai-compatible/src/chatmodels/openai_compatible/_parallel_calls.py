"""Splits turns with several tool calls, for vendors that accept one result after each call."""

from collections.abc import Sequence

from chatmodels.http.wire import Json, objects


def split_parallel_calls(body: dict[str, Json], problems: list[str]) -> None:
    """Send each tool call in a message of its own, directly before its result.

    It is an `adapt` function of a `Dialect`. Some vendors translate chat completions for another
    API, and accept a result only directly after its call.

    Args:
        body: The body, whose messages are replaced.
        problems: The list of unsupported features, which stays as it is.
    """
    messages = objects(body["messages"])
    split: list[dict[str, Json]] = []
    place = 0
    while place < len(messages):
        message = messages[place]
        calls = objects(message.get("tool_calls"))
        results = _results(messages[place + 1 : place + 1 + len(calls)])
        if len(calls) > 1 and results.keys() == {call["id"] for call in calls}:
            for call in calls:
                turn = message if call is calls[0] else {"role": "assistant", "content": None}
                split += ({**turn, "tool_calls": [call]}, results[call["id"]])
            place += 1 + len(calls)
        else:
            split.append(message)
            place += 1
    body["messages"] = split


def _results(messages: Sequence[dict[str, Json]]) -> dict[Json, dict[str, Json]]:
    return {each["tool_call_id"]: each for each in messages if each["role"] == "tool"}
