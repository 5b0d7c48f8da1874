"""Aliases with options, and aliases of models, that code sets."""

import pickle

import pytest

from chatmodels.core import ConfigurationError, Secret, set_alias
from chatmodels.core.extending import ProviderRegistry, Send


def test_an_alias_has_options(registry) -> None:
    registry.set_alias("default", "acme:x", temperature=0.5, api_key="sk-1", headers=None)
    registry.set_alias("exact", "default", temperature=0)
    model = registry.create_chat_model("exact", max_retries=1)
    options = model.target.options
    assert (options.settings.temperature, options.max_retries) == (0, 1)
    assert options.api_key == Secret("sk-1")
    assert registry.create_chat_model("default").target.options.settings.temperature == 0.5
    registry.set_alias("default", "acme:x", temperature=0.7)
    registry.set_alias("exact", "default")
    assert model.target.options.settings.temperature == 0.7


def test_wrong_options_of_an_alias_name_it(registry) -> None:
    registry.set_alias("default", "acme:x", tempratur=0, settings={"seed": -1.5})
    with pytest.raises(ConfigurationError) as caught:
        registry.create_chat_model("default")
    assert "did you mean 'temperature'? (alias 'default')" in str(caught.value)
    assert "(alias 'default'.settings)" in str(caught.value)
    registry.set_alias("fast", "default", top_k=1)
    with pytest.raises(ConfigurationError, match=r"'temperature'\? \(alias 'default'\)"):
        registry.create_chat_model("fast")


@pytest.mark.parametrize("options", [{"api_key": "sk-secret"}, {"headers": {"X-Key": "sk-secret"}}])
def test_credentials_need_the_name_of_a_provider(registry, options) -> None:
    registry.set_alias("default", "acme:x")
    with pytest.raises(ConfigurationError, match="'default' can refer to another provider") as e:
        registry.set_alias("fast", "default", **options)
    assert "sk-secret" not in str(e.value)
    assert "sk-secret" not in str([frame.frame.f_locals for frame in e.traceback[1:]])
    registry.set_alias("fast", "default", base_url="https://gateway.test", **options)


def test_an_alias_of_a_model_calls_it(registry) -> None:
    seen = []

    def policy(call, request):
        seen.append(call.model)
        return (yield Send(request))

    model = registry.create_chat_model("acme:x").with_policies(policy)
    registry.set_alias("default", "other:y")
    aliased = registry.create_chat_model("default")
    registry.set_alias("default", model)
    assert registry.aliases == {"default": "acme:x"}
    assert aliased.target is model
    assert repr(aliased) == "<AliasedModel default -> acme:x>"
    assert (aliased.provider, aliased.generate("Hello").text, seen) == ("acme", "acme:x", ["x"])
    assert registry.resolve("default")[1] == "x"


def test_options_cannot_change_a_model(registry) -> None:
    model = registry.create_chat_model("acme:x")
    with pytest.raises(ConfigurationError, match="cannot change its options: seed; create"):
        registry.set_alias("default", model, seed=1)
    registry.set_alias("default", model)
    with pytest.raises(ConfigurationError, match="cannot change its options: seed; create"):
        registry.create_chat_model("default", seed=1)
    registry.set_alias("exact", "default", seed=1)
    with pytest.raises(ConfigurationError, match="cannot change its options: seed; create"):
        registry.create_chat_model("exact")


def test_policies_of_a_file_surround_a_model_of_code(registry, write, policies) -> None:
    registry.set_alias("given", registry.create_chat_model("acme:x"))
    registry.load_config(write('[models.a]\nmodel = "given"\npolicies = ["count"]'))
    model = registry.create_chat_model("a")
    model.generate("Hello")
    assert model.target._policies[0].calls == 1


def test_an_alias_cannot_be_its_own_model(registry, fake) -> None:
    registry.set_alias("default", "acme:x")
    model = registry.create_chat_model("default")
    with pytest.raises(ConfigurationError, match="refers to itself: default -> default"):
        registry.set_alias("default", model)
    registry.set_alias("second", model)
    with pytest.raises(ConfigurationError, match="default -> second -> default"):
        registry.set_alias("default", "second")
    elsewhere = ProviderRegistry()
    elsewhere.set_alias("default", model)
    assert elsewhere.create_chat_model("default").generate("Hello").text == "acme:x"


def test_an_alias_that_is_set_in_the_meantime_is_found(registry, monkeypatch) -> None:
    error = registry.target

    def target(name):
        registry.set_alias("late", "acme:x")
        return error(name)

    monkeypatch.setattr(registry, "target", target)
    assert registry.create_chat_model("late").generate("Hello").text == "acme:x"


def test_a_model_of_an_alias_with_options_pickles(global_registry, fake) -> None:
    global_registry.register_provider(fake("zz-acme"))
    set_alias("zz", "zz-acme:x", seed=5, api_key="sk-very-secret")
    pickled = pickle.dumps(global_registry.create_chat_model("zz"))
    assert b"very-secret" not in pickled
    assert pickle.loads(pickled).target.options.settings.seed == 5
