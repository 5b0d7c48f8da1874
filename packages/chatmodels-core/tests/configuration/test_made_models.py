"""Models of a config file that are made of other models."""

from collections.abc import Sequence
from functools import partial
from threading import Thread

import pytest

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import CallableModel

pytestmark = pytest.mark.usefixtures("policies")

LONG = 60.0  # seconds, of which none pass unless the test fails

FILE = """
    [models.pool]
    type = "pool"
    models = ["a", "acme:y"]
    limit = 3
    policies = ["count"]

    [models.a]
    model = "acme:{a}"

    [aliases]
    default = "pool"
    """


def test_a_type_makes_a_model_of_others(registry, write) -> None:
    registry.load_config(write(FILE.format(a="x")))
    model = registry.create_chat_model("default")
    assert model.generate("Hello").text == "acme:x"
    assert (model.provider, model.target.limit) == ("pool", 3)
    assert model.target._policies[0].calls == 1
    assert registry.aliases["pool"] == "pool:pool"
    second = registry.create_chat_model("pool")
    assert second.target.models is model.target.models


def test_it_has_no_provider_to_resolve(registry, write) -> None:
    registry.load_config(write(FILE.format(a="x")))

    for name in ("pool", "default"):
        with pytest.raises(ConfigurationError, match=rf"create_chat_model\('{name}'\)"):
            registry.resolve(name)
    assert registry.resolve("a")[1] == "x"


def test_it_follows_its_members(registry, write) -> None:
    registry.load_config(write(FILE.format(a="x")))
    model = registry.create_chat_model("pool")
    models = model.target.models
    write(FILE.format(a="x") + "[models.more]\nmodel = 'acme:z'")
    assert registry.reload_config() is True
    assert model.target.models is models
    write(FILE.format(a="changed"))
    assert registry.reload_config() is True
    assert model.generate("Hello").text == "acme:changed"


def test_another_thread_can_create_it_at_the_same_time(registry, write, monkeypatch) -> None:
    """A member can wait for a thread that needs the policies of the file."""
    import plugin_policies as plugin

    found = []

    class Waiting(plugin.Pool):
        def __init__(self, models: Sequence[CallableModel], limit: int = 1) -> None:
            super().__init__(models, limit)
            if registry.aliases and not found:
                found.append(None)
                create = partial(registry.create_chat_model, "pool")
                thread = Thread(target=lambda: found.append(create()), daemon=True)
                thread.start()
                thread.join(LONG)

    monkeypatch.setattr(plugin, "Pool", Waiting)
    registry.load_config(write(FILE.format(a="x")))
    model = registry.create_chat_model("pool")
    other = found[-1]
    assert model.target.models is other.target.models
    assert model.target._policies == other.target._policies


def test_it_has_no_options_of_its_own(registry, write) -> None:
    registry.load_config(write(FILE.format(a="x")))
    with pytest.raises(ConfigurationError, match="or those it is made of, with them"):
        registry.create_chat_model("pool", temperature=0)


def test_its_problems_are_reported(problems) -> None:
    assert problems("""
        [models.a]
        type = "pol"

        [models.b]
        type = "pool"
        models = ["c", "gone"]
        temperature = 0

        [models.c]
        type = "pool"
        models = ["c"]

        [models.d]
        type = "pool"
        model = "acme:x"

        [models.e]
        type = 5
        """) == {
        "models.a": "there is no type of model 'pol' (installed: pool); did you mean 'pool'?",
        "models.b": "there is no model or alias 'gone'",
        "models.b.temperature": "there is no parameter 'temperature'; there are: limit, models",
        "models.c": "alias 'c' refers to itself: c -> c",
        "models.d.type": "must be a string, in a table without `model`",
        "models.e.type": "must be a string, in a table without `model`",
        "models.e.model": 'must be a string, as in model = "openai:gpt-6.1-terra"',
    }
