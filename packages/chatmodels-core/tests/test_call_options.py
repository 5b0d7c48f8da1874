"""The options of calls are documented where users look for them, and all models accept the same."""

import ast
import inspect
import textwrap
import typing
from pathlib import Path

import pytest

from chatmodels.core import (
    ChatModel,
    Settings,
    Timeout,
    arun_tools,
    astream_tools,
    run_tools,
    stream_tools,
)
from chatmodels.core._calls import options
from chatmodels.core._loop import options as run_options
from chatmodels.core._values import setting_rules, settings, timeout
from chatmodels.core.extending import (
    AliasedModel,
    CallOptions,
    StandardChatModel,
    ToolLoopOptions,
)

METHODS = ("generate", "agenerate", "stream", "astream", "batch", "abatch", "explain")
MODELS = (ChatModel, StandardChatModel, AliasedModel)
SETTINGS = tuple(Settings.__struct_fields__)
OPTIONS = ("tools", "tool_choice", "timeout", "provider_options", "idempotent")


def documented_fields(module: typing.Any, name: str) -> dict[str, str]:
    """Read the docstrings below the fields of a class, as an editor does."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in zip(found.body, found.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
    }


def listed(text: str, section: str) -> dict[str, str]:
    """Read a section of a docstring: name to description."""
    body = text.partition(f"{section}:\n")[2].partition("\n\n")[0]
    entries: dict[str, str] = {}
    for line in body.splitlines():
        if not line.startswith("     "):
            name, _, rest = line.strip().partition(": ")
            entries[name] = rest
        else:
            entries[name] += f" {line.strip()}"
    return entries


def test_each_option_is_documented_where_it_is_declared() -> None:
    assert tuple(documented_fields(settings, "SettingsArguments")) == SETTINGS
    assert tuple(documented_fields(options, "CallOptions")) == OPTIONS
    assert set(CallOptions.__annotations__) == {*SETTINGS, *OPTIONS}


@pytest.mark.parametrize(
    ("cls", "module", "declared"),
    [
        (Settings, settings, "SettingsArguments"),
        (CallOptions, options, "CallOptions"),
        (Timeout, timeout, "Timeout"),
    ],
    ids=["Settings", "CallOptions", "Timeout"],
)
def test_a_class_lists_its_fields_as_their_declarations_do(cls, module, declared) -> None:
    assert listed(inspect.getdoc(cls) or "", "Attributes") == documented_fields(module, declared)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_description_of_a_setting_has_the_range_that_is_checked(name: str) -> None:
    _, wanted = setting_rules._RULES[name]
    assert wanted in documented_fields(settings, "SettingsArguments")[name]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_help_lists_every_option_and_setting(model: type, method: str) -> None:
    text = inspect.getdoc(getattr(model, method)) or ""
    assert listed(text, "Options") == documented_fields(options, "CallOptions")
    assert listed(text, "Settings") == documented_fields(settings, "SettingsArguments")
    assert "Args:\n    prompt" in text


def signatures(method: typing.Any) -> list[str]:
    """Read the signatures as they are written: each module has a type variable of its own."""
    return [written_signature(each) for each in (*typing.get_overloads(method), method)]


def written_signature(function: typing.Any) -> str:
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef)
    assert found.returns is not None
    written = f"{type(found).__name__} {ast.unparse(found.args)} -> {ast.unparse(found.returns)}"
    return written.replace("'", "")


@pytest.mark.parametrize("method", METHODS)
def test_every_kind_of_model_has_the_signatures_of_the_interface(method: str) -> None:
    declared = signatures(getattr(ChatModel, method))
    assert len(declared) == (1 if method == "explain" else 4)
    assert signatures(getattr(StandardChatModel, method)) == declared
    assert getattr(AliasedModel, method) is getattr(StandardChatModel, method)


@pytest.mark.parametrize("name", sorted(set(dir(ChatModel)) - set(METHODS)))
def test_every_kind_of_model_has_the_rest_of_the_interface(name: str) -> None:
    declared = getattr(ChatModel, name)
    if name.startswith("_") or isinstance(declared, property):
        return
    assert inspect.signature(getattr(StandardChatModel, name)) == inspect.signature(declared)
    assert inspect.signature(getattr(AliasedModel, name)) == inspect.signature(declared)


def test_without_docstrings_there_is_nothing_to_list() -> None:
    def bare() -> None: ...

    assert options.list_options(bare).__doc__ is None


@pytest.mark.parametrize("function", [run_tools, arun_tools, stream_tools, astream_tools])
def test_help_lists_every_option_of_a_run(function: typing.Any) -> None:
    text = inspect.getdoc(function) or ""
    shared = documented_fields(run_options, "_LoopOptions")
    own = documented_fields(run_options, "ToolLoopOptions")
    assert listed(text, "Options of the run") == own | shared
    assert set(ToolLoopOptions.__annotations__) == {*own, *shared, *SETTINGS, *OPTIONS}
    assert listed(text, "Options") == documented_fields(options, "CallOptions")
    assert listed(text, "Settings") == documented_fields(settings, "SettingsArguments")


def test_the_options_of_an_async_run_have_the_same_descriptions() -> None:
    sync = documented_fields(run_options, "ToolLoopOptions")
    assert documented_fields(run_options, "AsyncToolLoopOptions") == sync
