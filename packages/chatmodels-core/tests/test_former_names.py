"""Names of 0.1.0 work until 0.3, with a warning."""

import pickle
import sys

import pytest

import chatmodels.core
from chatmodels.core import ChatRequest, container, extending, from_json, to_json, user
from chatmodels.core.extending import (
    ProviderRegistry,
    StandardChatModel,
)

RENAMED = {
    "Call": "Send",
    "Opened": "StartedStream",
    "Signature": "ProviderState",
    "conversation": "as_messages",
}


@pytest.mark.parametrize(
    ("old", "module", "new"),
    [
        *((old, extending, new) for old, new in RENAMED.items()),
        ("StandardChatModel", extending, "StandardChatModel"),
        ("Container", container, "Container"),
    ],
)
def test_a_name_that_has_moved_is_found_with_a_warning(old, module, new) -> None:
    with pytest.warns(DeprecationWarning, match=f"import {new} from {module.__name__}") as caught:
        exec(f"from chatmodels.core import {old}")
    assert {warning.filename for warning in caught} == {"<string>"}
    with pytest.warns(DeprecationWarning, match="removed in 0.3"):
        assert getattr(chatmodels.core, old) is getattr(module, new)


@pytest.mark.parametrize("name", ["NoSuchName", "__wrapped__"])
def test_a_name_that_never_was_is_missed_as_usual(name) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        getattr(chatmodels.core, name)


def test_every_public_name_has_the_module_that_publishes_it() -> None:
    for module in (chatmodels.core, extending, container):
        for name in module.__all__:
            value = getattr(module, name)
            home = getattr(value, "__module__", module.__name__)
            assert not home.startswith("chatmodels.") or home == module.__name__, name


def test_the_former_module_of_a_class_exists_for_pickle_only() -> None:
    former = sys.modules["chatmodels.core._registry.secret"]
    assert former.Secret is chatmodels.core.Secret
    assert not hasattr(former, "__file__")
    pickled = b"cchatmodels.core._errors\nRateLimitError\n."
    assert pickle.loads(pickled) is chatmodels.core.RateLimitError


def test_the_former_name_of_an_option_is_accepted(fake) -> None:
    registry = ProviderRegistry()
    registry.register_provider(fake("acme"))
    with pytest.warns(DeprecationWarning, match="on_unsupported") as caught:
        options = registry.provider_options("acme", api_key="k", unsupported="warn")
    assert [warning.filename for warning in caught] == [__file__]
    assert options.on_unsupported == "warn"
    with pytest.warns(DeprecationWarning, match="on_unsupported"):
        assert options.unsupported == "warn"


def test_the_former_name_of_a_requests_field_is_accepted() -> None:
    request = ChatRequest(messages=(user("Hi"),), idempotent=False)
    with pytest.warns(DeprecationWarning, match="idempotent"):
        assert request.repeatable is False
    with pytest.warns(DeprecationWarning, match="idempotent"):
        assert ChatRequest(messages=(user("Hi"),), repeatable=False) == request
    assert b'"repeatable":false' in to_json(request)
    assert from_json(to_json(request), ChatRequest) == request


class Echo(StandardChatModel):
    def respond(self, request, call):
        assert request.idempotent is False
        return chatmodels.core.ChatResponse(message=chatmodels.core.assistant("Hi"))


def test_the_former_names_of_arguments_are_accepted() -> None:
    with pytest.warns(DeprecationWarning, match="on_unsupported"):
        model = Echo("acme", "m", unsupported="warn", supported_settings=frozenset())
    with pytest.warns(DeprecationWarning, match="idempotent"):
        response = model.generate("Hi", repeatable=False, seed=1)
    assert response.warnings


def test_names_that_are_imported_on_first_use_are_listed_and_public() -> None:
    assert {"ToolLoopOptions", "load_price_list", "json_schema"} <= set(dir(extending))
    assert extending.ToolLoopOptions.__module__ == "chatmodels.core.extending"
    assert extending.json_schema.__module__ == "chatmodels.core.extending"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(extending, "nothing")  # noqa: B009 - type checkers know that it does not exist
