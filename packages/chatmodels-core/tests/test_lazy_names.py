"""Names that are imported on first use are the same whether they have been used or not."""

import subprocess
import sys

import pytest

import chatmodels.core
import chatmodels.core.extending

PRIVATE = sorted({*chatmodels.core._LAZY.values(), *chatmodels.core.extending._LAZY.values()})


def output(code: str) -> str:
    """Run code in an interpreter of its own, in which no name has been used."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_events_of_tools_are_pickled_under_their_public_names() -> None:
    code = """
import pickle
from chatmodels.core import ToolCall, stream_tools, tool
from chatmodels.providers.mock import MockChatModel

@tool
def work() -> str:
    "Work."
    return "done"

model = MockChatModel(responses=[ToolCall("1", "work", "{}"), "ok"])
with stream_tools(model, "Go", tools=[work]) as stream:
    events = [event for event in stream if event.type in ("tool_start", "tool_end")]
modules = {type(value).__module__ for value in (*events, stream, work)}
print(len(events), modules, b"chatmodels.core._" in pickle.dumps(events))
"""
    assert output(code) == "2 {'chatmodels.core'} False"


@pytest.mark.parametrize("module", PRIVATE)
def test_a_class_is_public_when_its_private_module_is_imported(module: str) -> None:
    code = f"""
from importlib import import_module
import chatmodels.core, chatmodels.core.extending

private = import_module("chatmodels.core.{module}")
for public in (chatmodels.core, chatmodels.core.extending):
    for name in (name for name, path in public._LAZY.items() if path == {module!r}):
        value = getattr(private, name)
        if isinstance(value, type) and value.__module__ != public.__name__:
            print(name, value.__module__)
"""
    assert output(code) == ""
