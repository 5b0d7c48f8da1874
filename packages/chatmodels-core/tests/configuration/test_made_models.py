"""Models of a config file that are made of other models."""

import pytest

from chatmodels.core import ConfigurationError

pytestmark = pytest.mark.usefixtures("policies")

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
