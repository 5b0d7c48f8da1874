"""The tables of a config file: their keys, types and references."""

import datetime as dt
from typing import Any

import pytest

from chatmodels.core import (
    AuthenticationError,
    ConfigurationError,
    Prices,
    ProviderNotFoundError,
    load_config,
)
from chatmodels.core._registry import front
from chatmodels.core._registry.config_file import read_config
from chatmodels.core.extending import OptionSpec, ProviderRegistry


def test_a_name_carries_its_own_options(registry, write) -> None:
    registry.load_config(
        write("""
        [providers.acme.settings]
        temperature = 0.1
        top_p = 0.2

        [models.production]
        model = "acme:large"
        temperature = 0.5
        max_retries = 7

        [aliases]
        default = "production"
        """)
    )
    options = registry.create_chat_model("default", max_retries=1).target.options
    assert options.settings.chosen() == {"temperature": 0.5, "top_p": 0.2}
    assert options.max_retries == 1
    assert registry.create_chat_model("production").target.options.max_retries == 7
    assert registry.aliases == {"production": "acme:large", "default": "production"}
    assert registry.create_chat_model("default").generate("Hello").text == "acme:large"


def test_the_options_of_a_name_take_precedence_over_the_environment(
    registry, write, monkeypatch
) -> None:
    monkeypatch.setenv("CHATMODELS_MAX_RETRIES", "3")
    registry.load_config(
        write(
            "[providers.acme]\nmax_retries = 4\n"
            '[models.a]\nmodel = "acme:x"\nmax_retries = 5\n[models.b]\nmodel = "acme:x"'
        )
    )
    assert registry.create_chat_model("a").target.options.max_retries == 5
    assert registry.create_chat_model("b").target.options.max_retries == 3


def test_a_name_of_a_name_adds_its_options(registry, write) -> None:
    registry.load_config(
        write(
            '[models.a]\nmodel = "acme:x"\nseed = 1\ntop_k = 2\n[models.b]\nmodel = "a"\nseed = 3'
        )
    )
    options = registry.create_chat_model("b").target.options
    assert options.settings.chosen() == {"seed": 3, "top_k": 2}


def test_every_problem_of_every_table_is_reported(problems) -> None:
    assert problems("""
        surplus = 1

        [provider.x]

        [providers]
        number = 5

        [providers.acme]
        max_retrys = 2
        timeout = -1

        [providers.acme.settings]
        temprature = 1

        [providers.otter]

        [providers.gone]
        like = 5

        [models.bad]
        model = "acme:x"
        temperature = 9

        [models.nothing]

        [models.lost]
        model = "zzz:x"

        [models."with:colon"]
        model = "acme:x"

        [models.both]
        model = "acme:x"

        [aliases]
        both = "acme:y"
        typo = "bat"
        number = 3
        short = "acme:"
        to-nothing = "nothing"
        """) == {
        "surplus": "there is no table 'surplus'; there are [providers.<name>], [models.<name>], "
        "[policies.<name>] and [aliases]",
        "provider": "there is no table 'provider'; did you mean 'providers'?",
        "providers.number": "must be a table, as in [providers.openai]",
        "providers.acme.max_retrys": "there is no option 'max_retrys'; did you mean 'max_retries'?",
        "providers.acme.timeout": "must be a number of seconds above 0 or a Timeout(...), not -1",
        "providers.acme.settings.temprature": "there is no setting 'temprature'; did you mean "
        "'temperature'?",
        "providers.otter": "no provider named 'otter' (registered: acme, other); did you mean "
        "'other'?; or declare it with like = ...",
        "providers.gone.like": 'must be the name of a provider, as in like = "openai"',
        "providers.gone": "no provider named 'gone' (registered: acme, other); register it with "
        "register_provider(...); or declare it with like = ...",
        "models.bad.temperature": "must be a number from 0 to 2, not 9",
        "models.nothing.model": 'must be a string, as in model = "openai:gpt-6.1-terra"',
        "models.lost": "no provider named 'zzz' (registered: acme, other); register it with "
        "register_provider(...)",
        'models."with:colon"': "'with:colon' cannot be an alias, which is a word without a colon",
        "models.both": "[aliases] has 'both' too; remove one of the two",
        "aliases.typo": "alias 'typo' refers to 'bat', which is neither 'provider:model' nor an "
        "alias; did you mean 'bad'?",
        "aliases.number": 'must be a string, as in default = "openai:gpt-6.1-terra"',
        "aliases.short": "alias 'short' refers to 'acme:', which is not 'provider:model'",
    }


@pytest.mark.parametrize("table", ["providers", "models", "policies", "aliases"])
def test_a_table_that_is_a_value_is_refused(problems, table: str) -> None:
    assert problems(f"{table} = 3")[table].startswith("must be a table of ")


def test_one_problem_is_one_line(registry, write) -> None:
    path = write("[logging]")
    with pytest.raises(ConfigurationError) as caught:
        registry.load_config(path)
    assert str(caught.value).startswith(f"{path}: logging: there is no table 'logging'; ")
    assert caught.value.op == "load_config"


def test_a_cycle_of_names_is_refused(problems) -> None:
    assert problems('[models.a]\nmodel = "b"\n[aliases]\nb = "c"\nc = "a"\nd = "a"') == {
        "models.a": "alias 'a' refers to itself: a -> b -> c -> a",
        "aliases.b": "alias 'b' refers to itself: b -> c -> a -> b",
        "aliases.c": "alias 'c' refers to itself: c -> a -> b -> c",
    }


def test_what_only_the_creation_of_a_model_shows_is_reported(registry, fake, problems) -> None:
    class Strict(fake):
        def create_chat_model(self, model, options):
            if options.settings.seed == 13:
                raise ConfigurationError("seed 13 is not lucky")
            if options.settings.seed == 14:
                raise RuntimeError("broken")
            raise AssertionError("no other seed is declared")

    registry.register_provider(Strict("strict"))
    found = problems("""
        [models.a]
        model = "strict:x"
        seed = 13

        [models.b]
        model = "a"

        [models.c]
        model = "strict:x"
        seed = 14
        """)
    assert found.keys() == {"models.a", "models.c"}
    assert found["models.a"] == "seed 13 is not lucky"
    assert "RuntimeError" in found["models.c"]


def test_hooks_and_observers_do_not_see_models_that_a_check_creates(registry, write) -> None:
    seen = []

    class Observer:
        def resolved(self, provider, error):
            seen.append(provider)

        def created(self, provider, duration, error):
            seen.append(provider)

    registry.add_observer(Observer())
    registry.add_model_hook(lambda model: seen.append(model) or model)
    registry.load_config(write('[models.a]\nmodel = "acme:x"'))
    assert seen == []
    registry.create_chat_model("a")
    assert len(seen) == 3


# Variables.


@pytest.fixture
def keyed(fake, registry) -> ProviderRegistry:
    registry.register_provider(
        fake(
            "keyed",
            base_url="https://keyed.test",
            options=(
                OptionSpec(
                    name="api_key", description="", env=("KEYED_KEY",), required=True, secret=True
                ),
                OptionSpec(name="region", description="", env=("KEYED_REGION",), required=True),
                OptionSpec(name="zone", description=""),
            ),
        )
    )
    return registry


def test_a_file_is_checked_without_the_environment(keyed, write, monkeypatch) -> None:
    for name in ("KEYED_KEY", "KEYED_REGION", "MINE"):
        monkeypatch.delenv(name, raising=False)
    path = write("""
        [models.a]
        model = "keyed:x"
        region = "eu"

        [models.b]
        model = "keyed:x"

        [models.c]
        model = "keyed:x"
        region = "eu"
        api_key_env = "MINE"
        """)
    keyed.check_config(path)
    assert keyed.aliases == {}
    keyed.load_config(path)
    with pytest.raises(AuthenticationError, match="set KEYED_KEY or pass api_key"):
        keyed.create_chat_model("a")
    with pytest.raises(AuthenticationError) as caught:
        keyed.create_chat_model("c")
    assert str(caught.value) == f"keyed has no API key; set MINE, as {path} [models.c] requires"


def test_a_variable_that_a_table_names_is_read_instead_of_others(keyed, write, monkeypatch) -> None:
    for name in ("KEYED_KEY", "KEYED_REGION", "OF_PROVIDER", "OF_MODEL", "ADDRESS", "ZONE"):
        monkeypatch.setenv(name, f"https://{name.lower()}")
    keyed.load_config(
        write("""
        [providers.keyed]
        api_key_env = "OF_PROVIDER"
        zone_env = "ZONE"

        [models.a]
        model = "keyed:x"

        [models.b]
        model = "keyed:x"
        api_key_env = "OF_MODEL"
        base_url_env = "ADDRESS"
        """)
    )
    a = keyed.create_chat_model("a").target.options
    assert (a.api_key.reveal(), a.extra["region"]) == (
        "https://of_provider",
        "https://keyed_region",
    )
    assert (a.api_key.origin, a.base_url) == ("OF_PROVIDER", "https://keyed.test")
    assert a.extra["zone"] == "https://zone"
    b = keyed.create_chat_model("b").target.options
    assert (b.api_key.reveal(), b.base_url) == ("https://of_model", "https://address")
    given = keyed.create_chat_model("b", api_key="given").target.options
    assert given.api_key.reveal() == "given"


def test_a_variable_that_is_not_set_has_no_substitute(keyed, write, monkeypatch) -> None:
    monkeypatch.setenv("KEYED_KEY", "sk-1")
    monkeypatch.setenv("KEYED_REGION", "eu")
    monkeypatch.delenv("ADDRESS", raising=False)
    monkeypatch.delenv("SECOND", raising=False)
    path = write('[providers.keyed]\nbase_url_env = "ADDRESS"\nregion_env = "SECOND"')
    keyed.load_config(path)
    with pytest.raises(ConfigurationError) as caught:
        keyed.create_chat_model("keyed:x")
    place = f"as {path} [providers.keyed] requires"
    assert str(caught.value) == (
        f"keyed: has no base_url; set ADDRESS, {place}; has no region; set SECOND, {place}"
    )
    model = keyed.create_chat_model("keyed:x", base_url="https://other.test", region="us")
    assert model.options.base_url == "https://other.test"


def test_wrong_variables_are_reported(problems) -> None:
    assert problems("""
        [providers.acme]
        api_key_env = 5
        proxy_env = ""
        base_url = "https://acme.test"
        base_url_env = "ADDRESS"
        zone_env = "ZONE"
        """) == {
        "providers.acme.api_key_env": "must be the name of an environment variable",
        "providers.acme.proxy_env": "must be the name of an environment variable",
        "providers.acme.base_url_env": "the table has 'base_url' too; remove one of the two",
        "providers.acme.zone_env": "there is no option 'zone'; acme accepts api_key, "
        "async_http_client, base_url, headers, http_client, max_retries, proxy, timeout, "
        "on_unsupported, prices, and settings such as temperature",
    }


@pytest.mark.parametrize(
    "options", ['api_key = "sk-very-secret"', 'api_key_env = "KEY"', 'headers = { X-Token = "t" }']
)
def test_credentials_need_the_name_of_a_provider(problems, options: str) -> None:
    text = f'[models.a]\nmodel = "b"\n{options}\n[models.b]\nmodel = "acme:x"'
    assert problems(text) == {
        "models.a": "has credentials, and 'b' can refer to another provider later; name the "
        "provider, as in 'openai:...'"
    }


def test_credentials_with_an_address_can_have_any_target(registry, write) -> None:
    text = '[models.a]\nmodel = "b"\napi_key = "sk"\nbase_url = "https://a.test"\n'
    registry.load_config(write(f'{text}[models.b]\nmodel = "acme:x"'))
    assert registry.create_chat_model("a").target.options.api_key.reveal() == "sk"


def test_no_declaration_shows_its_values(registry, write, policies) -> None:
    path = write(
        '[models.a]\nmodel = "acme:x"\napi_key = "sk-very-secret"\n'
        'policies = [{ type = "count", limit = 7654321 }]\n[providers.acme]\nheaders = { K = "s3" }'
    )
    registry.load_config(path)
    file = read_config(path)
    target = file.aliases["a"]
    rich = [*target.source.__rich_repr__(), *target.policies[0].__rich_repr__()]
    model = registry.create_chat_model("a")
    shown = f"{file!r} {file.aliases!r} {file.providers!r} {model!r} {rich}"
    for secret in ("very-secret", "7654321", "s3"):
        assert secret not in shown


# The environment's file and the front.


def test_the_file_of_the_environment_declares_models_and_providers(
    adaptable, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "ambient.toml"
    path.write_text(
        '[providers.mine]\nlike = "acme"\n[models.fast]\nmodel = "mine:small"\nseed = 7'
    )
    monkeypatch.setenv("CHATMODELS_CONFIG", str(path))
    registry = ProviderRegistry(discover=True)
    registry.register_provider(adaptable("acme"))
    assert registry.create_chat_model("mine:large").generate("Hello").text == "mine:large"
    assert registry.create_chat_model("fast").target.options.settings.seed == 7
    path.write_text('[models.fast]\nmodel = "acme:tiny"')
    assert registry.reload_config() is True
    assert registry.reload_config() is False
    assert registry.create_chat_model("fast").generate("Hello").text == "acme:tiny"
    with pytest.raises(ConfigurationError, match="no provider named 'mine'"):
        registry.create_chat_model("mine:large")


def test_an_unknown_provider_is_not_in_the_file_of_the_environment(
    fake, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "ambient.toml"
    path.write_text("")
    monkeypatch.setenv("CHATMODELS_CONFIG", str(path))
    with pytest.raises(ProviderNotFoundError, match="no provider named 'zz-gone'"):
        ProviderRegistry(discover=True).create_chat_model("zz-gone:large")


def test_a_wrong_file_of_the_environment_is_reported_by_each_use(
    fake, tmp_path, monkeypatch
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text("[modles]")
    monkeypatch.setenv("CHATMODELS_CONFIG", str(path))
    registry = ProviderRegistry(discover=True)
    registry.register_provider(fake("acme"))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="did you mean 'models'"):
            registry.create_chat_model("acme:large")


def test_a_registry_without_a_file_cannot_load_it_again(registry) -> None:
    with pytest.raises(ConfigurationError, match=r"call load_config\(path\) or set CHATMODELS_"):
        registry.reload_config()


def test_functions_use_the_global_registry(global_registry, fake, write) -> None:
    global_registry.register_provider(fake("zz-acme"))
    path = write('[models.zz]\nmodel = "zz-acme:x"\nseed = 1')
    front.check_config(path)
    assert "zz" not in global_registry.aliases
    load_config(path)
    assert front.create_chat_model("zz").target.options.settings.seed == 1
    assert front.reload_config() is False


def test_a_table_can_have_prices(registry, write) -> None:
    registry.load_config(
        write("""
            [models.large]
            model = "acme:large"
            prices = { input = 2, output = 8, currency = "EUR", date = 2026-10-01 }

            [models.tiered]
            model = "acme:tiered"

            [models.tiered.prices]
            input = 2.5
            output = 10
            tiers.flex = { input = 1, output = 4 }
            long_context.200000 = { input = 5, output = 20 }

            [providers.acme.prices."small-*"]
            input = 1
            output = 2
            """)
    )

    def prices(spec: str) -> Any:
        model = registry.create_chat_model(spec)
        return getattr(model, "target", model).options.prices

    assert prices("large") == Prices(input=2, output=8, currency="EUR", date=dt.date(2026, 10, 1))
    assert prices("tiered").tiers == {"flex": Prices(input=1, output=4)}
    assert prices("tiered").long_context == {200_000: Prices(input=5, output=20)}
    assert prices("acme:small-1") == {"small-*": Prices(input=1, output=2)}


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("3", "must be Prices(...), or a mapping of the names of models to them"),
        ("{ input = 1 }", "missing required field `output`"),
        ("{ input = -1, output = 2 }", "input must be a number of at least 0, not -1"),
        ("{ input = 1, output = 2, cashed_input = 3 }", "did you mean 'cached_input'?"),
        ("{ input = 1, output = 2, xyz = 3 }", "have no 'xyz'; there are cache_write,"),
        (
            "{ input = 1, output = 2, tiers.flex = { input = 1, output = 2, outputs = 3 } }",
            "have no 'outputs'",
        ),
        ("{ large = { input = 1, output = 2, reasonin = 3 } }", "have no 'reasonin'"),
    ],
)
def test_wrong_prices_are_reported(problems, table: str, problem: str) -> None:
    found = problems(f'[models.large]\nmodel = "acme:large"\nprices = {table}')

    assert list(found) == ["models.large.prices"]
    assert problem in found["models.large.prices"]
