"""Providers that a file or code declares by their likeness to another."""

import pytest

from chatmodels.core import (
    AuthenticationError,
    ConfigurationError,
    ModelInfo,
    ProviderConflictError,
    ProviderNotFoundError,
)
from chatmodels.core.extending import (
    AdaptableProvider,
    OptionSpec,
    ProviderRegistry,
    register_provider,
)


@pytest.fixture
def registry(adaptable, fake, monkeypatch) -> ProviderRegistry:
    made = ProviderRegistry()
    made.register_provider(
        adaptable(
            "acme",
            base_url="https://acme.test",
            documentation_url="https://acme.test/docs",
            models=(ModelInfo(name="large", provider="acme", context_window=5),),
            model_prefixes=("acme-",),
            options=(
                OptionSpec(
                    name="api_key", description="", env=("ACME_KEY",), required=True, secret=True
                ),
                OptionSpec(name="base_url", description="", env=("ACME_URL",)),
                OptionSpec(name="region", description="", env=("ACME_REGION",)),
            ),
        )
    )
    made.register_provider(fake("other"))
    monkeypatch.setenv("ACME_KEY", "sk-of-acme")
    monkeypatch.setenv("ACME_URL", "https://url-of-acme.test")
    monkeypatch.setenv("MINE", "sk-of-mine")
    return made


FILE = """
    [providers.mine]
    like = "acme"
    base_url = "https://mine.test/v1/"
    api_key_env = "MINE"
    """


def test_three_lines_declare_a_provider(registry, write) -> None:
    registry.load_config(write(FILE))
    model = registry.create_chat_model("mine:large")
    assert (model.provider, model.endpoint) == ("mine", "https://mine.test/v1")
    assert model.options.api_key.reveal() == "sk-of-mine"
    assert registry.list_providers() == ["acme", "mine", "other"]
    assert registry.create_chat_model("acme:large").options.api_key.reveal() == "sk-of-acme"


def test_code_declares_the_same(registry) -> None:
    registry.register_provider(
        "mine",
        like="acme",
        base_url="https://mine.test",
        api_key_env="MINE",
        region=None,
        temperature=0.5,
    )
    options = registry.create_chat_model("mine:large").options
    assert (options.base_url, options.api_key.reveal()) == ("https://mine.test", "sk-of-mine")
    assert options.settings.temperature == 0.5
    registry.unregister_provider("mine")
    with pytest.raises(ProviderNotFoundError):
        registry.create_chat_model("mine:large")


def test_a_file_adds_options_to_those_of_code(registry, write) -> None:
    registry.register_provider("mine", like="acme", api_key="sk-1", max_retries=7, temperature=1)
    registry.load_config(write("[providers.mine]\nmax_retries = 3"))
    options = registry.create_chat_model("mine:large").options
    assert (options.max_retries, options.settings.temperature) == (3, 1)
    assert options.api_key.reveal() == "sk-1"


def test_the_credentials_of_the_other_provider_are_not_used(registry, write) -> None:
    registry.load_config(write('[providers.mine]\nlike = "acme"\nbase_url = "https://mine.test"'))
    with pytest.raises(AuthenticationError, match="mine has no API key; pass api_key"):
        registry.create_chat_model("mine:large")


def test_models_are_known_if_the_address_is_the_same(registry, write) -> None:
    registry.load_config(write(f'{FILE}\n[providers.second]\nlike = "acme"\napi_key = "k"'))
    assert registry.providers_for_model("large") == ["acme", "second"]
    assert registry.providers_for_model("acme-x") == ["acme", "second"]
    second = registry.provider("second").metadata
    assert second.models[0].provider == "second"
    assert second.base_url == "https://acme.test"
    mine = registry.provider("mine").metadata
    assert (mine.models, mine.base_url, mine.documentation_url) == ((), None, None)
    assert isinstance(registry.provider("mine"), AdaptableProvider)


def test_models_follow_a_provider_that_the_file_changes(registry, write) -> None:
    registry.load_config(write(f'{FILE}\n[models.a]\nmodel = "mine:large"'))
    model = registry.create_chat_model("a")
    provider = registry.provider("mine")
    write(f'{FILE}\n[models.a]\nmodel = "mine:large"\n[models.b]\nmodel = "acme:large"')
    registry.reload_config()
    assert registry.provider("mine") is provider
    write(f'{FILE.replace("mine.test", "new.test")}\n[models.a]\nmodel = "mine:large"')
    registry.reload_config()
    assert model.target.endpoint == "https://new.test/v1"
    write('[providers.mine]\nlike = "acme"\napi_key = "k"\n[models.a]\nmodel = "mine:large"')
    registry.reload_config()
    assert registry.provider("mine") is not provider
    assert model.target.endpoint == "https://acme.test"
    del model
    registry.load_config(write(""))
    assert registry.list_providers() == ["acme", "other"]


def test_a_declared_provider_that_code_replaced_stays(registry, fake, write) -> None:
    registry.load_config(write(FILE))
    registry.register_provider(fake("mine"), replace=True)
    registry.load_config(write(""))
    assert registry.list_providers() == ["acme", "mine", "other"]


def test_wrong_declarations_are_reported(registry, problems) -> None:
    found = problems("""
        [providers.other]
        like = "acme"

        [providers.a]
        like = "amce"

        [providers.b]
        like = "other"

        [providers.c]
        like = "acme"
        regoin = "x"

        [providers.D]
        like = "acme"

        [models.x]
        model = "a:large"
        """)
    assert found == {
        "providers.other.like": "there is a provider named 'other' already; choose another name, "
        "or remove `like`",
        "providers.a.like": "no provider named 'amce' (registered: acme, other); did you mean "
        "'acme'?",
        "providers.b.like": "provider 'other' cannot serve under another name, because it has no "
        "with_metadata(...); name one with the wire format of an HTTP API, such as 'openai'",
        "providers.c.regoin": "there is no option 'regoin'; did you mean 'region'?",
        "providers.D.like": "'D' cannot be the name of a provider; use lower-case letters and "
        "digits, joined by '-' or '_'",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "'mine' is a name without a provider; pass the provider, or like="),
        ({"like": "acme", "api_key": "sk-very-secret", "max_retries": 99}, "mine: max_retries"),
        ({"like": "acme", "regoin": "x"}, "there is no option 'regoin'; did you mean 'region'?"),
        ({"like": "acme", "api_key_env": 5}, "there is no option 'api_key_env'"),
        ({"like": "other"}, "cannot serve under another name"),
        ({"like": "zzz"}, "no provider named 'zzz'"),
    ],
)
def test_a_wrong_declaration_in_code_is_refused(registry, arguments, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        registry.register_provider("mine", **arguments)
    assert words in str(caught.value)
    assert "very-secret" not in str(caught.value)
    assert registry.list_providers() == ["acme", "other"]


def test_a_provider_object_has_no_options(registry, fake) -> None:
    with pytest.raises(ConfigurationError, match="belong to the name of a new provider"):
        registry.register_provider(fake("third"), like="acme")
    with pytest.raises(ConfigurationError, match="belong to the name of a new provider"):
        registry.register_provider(fake("third"), base_url="https://x")


def test_a_name_is_registered_once(registry) -> None:
    registry.register_provider("mine", like="acme", api_key="k")
    with pytest.raises(ProviderConflictError, match="replace=True"):
        registry.register_provider("mine", like="acme", api_key="k")
    registry.register_provider("mine", like="acme", api_key="l", replace=True)
    assert registry.create_chat_model("mine:x").options.api_key.reveal() == "l"


def test_the_front_declares_in_the_global_registry(global_registry, adaptable) -> None:
    register_provider(adaptable("zz-acme"))
    register_provider("zz-mine", like="zz-acme", base_url="https://mine.test")
    assert global_registry.create_chat_model("zz-mine:x").generate("Hello").text == "zz-mine:x"
