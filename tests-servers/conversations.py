"""Tools and conversations of the tests."""

from chatmodels.core import Message, ToolCall, tool, tool_result, user


@tool
def weather(city: str) -> str:
    """Return the weather of a city."""
    return "7 C" if city else ""


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def examples(*cities: str) -> list[Message]:
    """Return a conversation with calls, so that a small model calls a tool, too."""
    messages: list[Message] = []
    for place, city in enumerate(cities or ("Paris", "Rome", "Lima")):
        call = ToolCall(id=f"call_{place}", name="weather", arguments_json=f'{{"city": "{city}"}}')
        messages += [
            user(f"What is the weather in {city}?"),
            Message("assistant", (call,)),
            tool_result(weather.call(call)),
        ]
    return [*messages, user("What is the weather in Oslo?")]
