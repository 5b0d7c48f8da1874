"""Public modules list their names, and tracebacks and pickles name public modules only."""

import importlib
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path

import pytest

from chatmodels.core import ChatModelError, RateLimitError, user
from vendors import VENDORS, model_of


def modules(value: object) -> set[str]:
    """Return the modules of chatmodels that a pickle names."""
    words = {
        word for _, word, _ in pickletools.genops(pickle.dumps(value)) if isinstance(word, str)
    }
    return {word for word in words if word.startswith("chatmodels.")}


def is_public(module: str) -> bool:
    return not any(part.startswith("_") for part in module.split("."))


@pytest.mark.parametrize("provider", sorted(VENDORS))
def test_the_pickle_of_a_model_names_public_modules_only(provider) -> None:
    pickled = modules(model_of(provider))
    assert pickled
    assert all(map(is_public, pickled)), pickled


def test_the_pickle_of_an_error_names_public_modules_only() -> None:
    error: ChatModelError = RateLimitError("slow down")
    error.__cause__ = ExceptionGroup("both", [ValueError("x"), RateLimitError("y")])
    assert modules((error, user("Hi"))) == {"chatmodels.core"}


def test_a_public_name_of_two_modules_is_the_same_object() -> None:
    pinned = Path(__file__).with_name("public-names.txt").read_text("utf-8").split()
    homes: dict[str, list[str]] = {}
    for path in pinned:
        module, _, name = path.rpartition(".")
        if not module.startswith("chatmodels.providers."):  # all have a PROVIDER
            homes.setdefault(name, []).append(module)
    for name, modules in homes.items():
        values = [getattr(importlib.import_module(module), name) for module in modules]
        assert all(value is values[0] for value in values), (name, modules)


def test_every_public_module_lists_its_names_before_they_are_used() -> None:
    pinned = Path(__file__).with_name("public-names.txt").read_text("utf-8").split()
    names = sorted({name.rpartition(".")[0] for name in pinned})
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    module = importlib.import_module(name)\n"
        "    print(name, *sorted(set(module.__all__) - set(dir(module))))\n"
    )
    listed = subprocess.run(
        [sys.executable, "-c", script, *names], capture_output=True, text=True, check=True
    )

    assert listed.stdout.splitlines() == names


@pytest.mark.parametrize(
    "module", ["chatmodels.core.extending", "chatmodels.http", "chatmodels.openai_compatible"]
)
def test_a_module_with_lazy_names_has_no_others(module: str) -> None:
    with pytest.raises(AttributeError, match="unheard_of"):
        getattr(importlib.import_module(module), "unheard_of")  # noqa: B009 - not typed


def test_values_have_their_public_module_before_their_names_are_used() -> None:
    script = (
        "import sys\n"
        "from chatmodels.core._values.events import TextDelta\n"
        "import pickle, chatmodels.core as core\n"
        "assert 'TextDelta' not in vars(core)\n"
        "assert repr(TextDelta) == \"<class 'chatmodels.core.TextDelta'>\"\n"
        "assert pickle.loads(pickle.dumps(TextDelta('a'))) == TextDelta('a')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


_HINTS = """
import inspect, sys
from importlib import import_module
from typing import get_type_hints, is_typeddict
import msgspec

module = import_module(sys.argv[1])
def evaluate(value):
    if inspect.isfunction(value):
        get_type_hints(value)
        inspect.signature(value, eval_str=True)
    elif isinstance(value, type):
        get_type_hints(value)
        if not is_typeddict(value) and not issubclass(value, BaseException):
            inspect.signature(value, eval_str=True)
        if issubclass(value, msgspec.Struct):
            msgspec.structs.fields(value)
        for method in vars(value).values():
            if inspect.isfunction(method):
                get_type_hints(method)

# Functions come first, so that no class in their annotations has been imported by its name.
for name in sorted(module.__all__, reverse=True):
    try:
        evaluate(getattr(module, name))
    except NameError:
        print(name)
"""
_FOR_TYPE_CHECKERS = {
    "chatmodels.core": {"ToolStream", "AsyncToolStream"},
    "chatmodels.core.extending": {
        "AsyncMessageStreamer",
        "MessageStreamer",
        "StartedStream",
        "add_log_filter",
        "logger",
        "running_library",
        "tool_choice",
        "tool_definitions",
    },
    "chatmodels.http": {"WholeBody"},
    "chatmodels.resilience": {"Hedge", "RateLimit"},
    "chatmodels.testing": set[str](),
}
"""The names with annotations that only a type checker can evaluate."""


@pytest.mark.parametrize("module", _FOR_TYPE_CHECKERS)
def test_annotations_of_public_names_can_be_evaluated_after_the_import(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HINTS, module], capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == _FOR_TYPE_CHECKERS[module]


def test_a_container_creates_models_by_the_function_of_the_registry() -> None:
    script = (
        "from functools import partial\n"
        "from chatmodels.core import ChatModel, create_chat_model\n"
        "from chatmodels.core.container import Container\n"
        "container = Container()\n"
        "container.register(ChatModel, partial(create_chat_model, 'mock:m'))\n"
        "print(container.resolve(ChatModel).model)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "m\n"
