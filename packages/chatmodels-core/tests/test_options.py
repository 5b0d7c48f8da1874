import contextlib
import copy
import pickle
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmodels.core import AuthenticationError, ConfigurationError, ErrorCode
from chatmodels.core._registry.config_file import environment_config, read_config
from chatmodels.core._registry.load_options import load_options
from chatmodels.core._registry.options import ProviderOptions
from chatmodels.core._values.metadata import OptionSpec, ProviderMetadata
from chatmodels.core._values.secret import Secret
from chatmodels.core._values.timeout import Timeout

KEY = "sk-very-secret"

METADATA = ProviderMetadata(
    name="acme",
    description="A vendor.",
    distribution="chatmodels-provider-acme",
    base_url="https://api.acme.test/v1",
    options=(
        OptionSpec(
            name="api_key",
            description="",
            env=("ACME_API_KEY", "ACME_KEY"),
            required=True,
            secret=True,
        ),
        OptionSpec(name="base_url", description="", env=("ACME_BASE_URL",)),
        OptionSpec(name="organization", description="", env=("ACME_ORG",)),
        OptionSpec(name="signing_key", description="", env=("ACME_SIGNING_KEY",), secret=True),
        OptionSpec(name="proxy", description="", env=("ACME_PROXY",)),
        OptionSpec(name="api", description=""),
    ),
)


def load(environment=None, file=None, metadata=METADATA, **arguments) -> ProviderOptions:
    given = {"ACME_API_KEY": KEY} if environment is None else environment
    table = None if file is None else file.providers.get(metadata.name)
    defaults = () if table is None else (table,)
    return load_options(metadata, arguments, environment=given, defaults=defaults)


@pytest.fixture
def config(tmp_path: Path):
    """Writes a config file and reads it."""

    def write(text: str):
        path = tmp_path / "chatmodels.toml"
        path.write_text(text, encoding="utf-8")
        return read_config(path)

    return write


# Sources of options.


def test_absent_options_have_their_defaults() -> None:
    options = load()
    assert options.api_key == Secret(KEY)
    assert options.base_url == "https://api.acme.test/v1"
    assert (options.timeout, options.max_retries, options.on_unsupported) == (Timeout(), 2, "error")
    assert (options.headers, options.extra, options.proxy) == ({}, {}, None)
    assert options.settings.chosen() == {}


def test_arguments_take_precedence_over_the_environment_and_that_over_the_file(config) -> None:
    file = config(
        '[providers.acme]\nbase_url = "http://file/"\norganization = "file"\nmax_retries = 1\n'
        'api = "file"'
    )
    environment = {
        "ACME_API_KEY": KEY,
        "ACME_BASE_URL": "http://variable",
        "ACME_ORG": "variable",
        "CHATMODELS_MAX_RETRIES": "3",
    }
    options = load(environment, file, base_url="http://argument")
    assert options.base_url == "http://argument"
    assert options.max_retries == 3
    assert options.extra == {"organization": "variable", "api": "file"}


def test_none_and_empty_variables_are_ignored() -> None:
    options = load({"ACME_API_KEY": "", "ACME_KEY": KEY, "ACME_BASE_URL": ""}, api_key=None)
    assert options.api_key.origin == "ACME_KEY"
    assert options.base_url == METADATA.base_url


def test_the_environment_of_the_process_is_the_default(monkeypatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    assert load_options(METADATA, {}).api_key.origin == "ACME_API_KEY"


def test_only_declared_variables_are_looked_at() -> None:
    read = []

    class Environment(dict[str, str]):
        def get(self, key, default=None):
            read.append(key)
            return super().get(key, default)

    load(Environment(ACME_ORG="o"), api_key=KEY)
    assert read == [
        "CHATMODELS_TIMEOUT",
        "CHATMODELS_MAX_RETRIES",
        "ACME_BASE_URL",
        "ACME_ORG",
        "ACME_SIGNING_KEY",
        "ACME_PROXY",
    ]


def test_generic_variables_apply_to_every_provider() -> None:
    options = load(
        {"ACME_API_KEY": KEY, "CHATMODELS_TIMEOUT": "2.5", "CHATMODELS_MAX_RETRIES": "0"}
    )
    assert (options.timeout.total, options.max_retries) == (2.5, 0)


def test_settings_are_taken_as_defaults_of_calls(config) -> None:
    file = config(
        "[providers.acme]\nseed = 7\n[providers.acme.settings]\ntemperature = 1.0\ntop_p = 0.5"
    )
    options = load(file=file, temperature=0.2, stop="END")
    assert options.settings.chosen() == {
        "temperature": 0.2,
        "top_p": 0.5,
        "stop": ("END",),
        "seed": 7,
    }


def test_the_table_of_another_provider_does_not_count(config) -> None:
    assert load(file=config('[providers.other]\nbase_url = "http://x"')).base_url == (
        METADATA.base_url
    )


def test_secret_options_are_secrets_wherever_they_come_from(config) -> None:
    file = config('[providers.acme]\nsigning_key = "file"\napi_key = "file-key"')
    assert load({}, file).extra["signing_key"] == Secret("file")
    assert load({}, file).api_key == Secret("file-key")
    from_variable = load({"ACME_KEY": KEY, "ACME_SIGNING_KEY": "variable"}).extra["signing_key"]
    assert (from_variable.reveal(), from_variable.origin) == ("variable", "ACME_SIGNING_KEY")
    secret = Secret("own")
    assert load(signing_key=secret).extra["signing_key"] is secret


def test_a_key_may_be_a_function() -> None:
    assert load({}, api_key=lambda: KEY).api_key.reveal() == KEY


def test_clients_are_passed_on_as_they_are() -> None:
    client, async_client = object(), object()
    options = load(http_client=client, async_http_client=async_client)
    assert options.http_client is client
    assert options.async_http_client is async_client


def test_headers_are_copied() -> None:
    headers = {"X-Team": "a\tb"}
    options = load(headers=headers)
    headers["X-Team"] = "c"
    assert options.headers == {"X-Team": "a\tb"}


@pytest.mark.parametrize(
    ("value", "total"),
    [
        pytest.param(5, 5.0, id="number"),
        pytest.param(Timeout(total=7.0), 7.0, id="Timeout"),
        pytest.param({"total": 9.0, "connect": 1}, 9.0, id="mapping"),
    ],
)
def test_a_timeout_is_a_number_limits_or_a_mapping(value, total: float) -> None:
    assert load(timeout=value).timeout.total == total


# Invalid options.


def test_a_missing_key_is_reported_with_its_remedies() -> None:
    with pytest.raises(AuthenticationError) as caught:
        load({})
    error = caught.value
    assert str(error) == "acme has no API key; set ACME_API_KEY or ACME_KEY or pass api_key=..."
    assert (error.code, error.op, error.provider) == (
        ErrorCode.AUTHENTICATION,
        "create_chat_model",
        "acme",
    )


def test_a_missing_option_without_a_variable_is_to_be_passed() -> None:
    metadata = msgspec.structs.replace(
        METADATA, options=(OptionSpec(name="region", description="", required=True),)
    )
    with pytest.raises(ConfigurationError) as caught:
        load(metadata=metadata)
    assert str(caught.value) == "acme has no region; pass region=..."


def test_every_problem_is_reported_at_once_with_its_source(config) -> None:
    file = config(
        '[providers.acme]\non_unsupported = "ignore"\n'
        "[providers.acme.settings]\ntop_k = 0\nlogprobs = 3"
    )
    environment = {"CHATMODELS_MAX_RETRIES": "many", "ACME_PROXY": "ftp://x"}
    with pytest.raises(ConfigurationError) as caught:
        load(environment, file, basurl="http://x", temperature=9, timeout=-1, quux=1)
    assert str(caught.value) == (
        "acme: there is no option 'basurl'; did you mean 'base_url'? (argument); "
        "there is no option 'quux'; acme accepts api_key, base_url, organization, signing_key, "
        "proxy, api, async_http_client, headers, http_client, max_retries, timeout, "
        "on_unsupported, prices, and settings such as temperature (argument); "
        f"on_unsupported must be 'error' or 'warn', not 'ignore' ({file.path} [providers.acme]); "
        "max_retries must be an integer from 0 to 10, not 'many' (CHATMODELS_MAX_RETRIES); "
        "proxy must be an http, https, socks5 or socks5h URL with a host, not 'ftp://x' "
        "(ACME_PROXY); "
        "timeout must be a number of seconds above 0 or a Timeout(...), not -1 (argument); "
        f"top_k must be an integer of at least 1, not 0 ({file.path} [providers.acme.settings]); "
        f"logprobs must be True or False, not 3 ({file.path} [providers.acme.settings]); "
        "temperature must be a number from 0 to 2, not 9 (argument); "
        "has no API key; set ACME_API_KEY or ACME_KEY or pass api_key=..."
    )
    problems = caught.value.details["problems"]
    assert [problem["option"] for problem in problems] == [
        "basurl",
        "quux",
        "on_unsupported",
        "max_retries",
        "proxy",
        "timeout",
        "top_k",
        "logprobs",
        "temperature",
        "api_key",
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("api_key", "", "must not be empty"),
        ("api_key", "sk-very-secret\n", "must be ASCII text without white space"),
        ("api_key", "sk very-secret", "must be ASCII text without white space"),
        ("api_key", "sk-very-secret\u00e9", "must be ASCII text without white space"),
        ("api_key", Secret("sk-very-secret\n"), "must be ASCII text without white space"),
        ("api_key", 7, "must be a str or a function that returns one, not an object of type int"),
        ("base_url", "api.acme.test", "must be an http or https URL with a host"),
        ("base_url", "ftp://api.acme.test", "must be an http or https URL with a host"),
        ("base_url", "http://", "must be an http or https URL with a host"),
        ("base_url", "http:///v1", "must be an http or https URL with a host"),
        ("base_url", "http://a b/", "must be an http or https URL with a host"),
        ("base_url", "http://a\n/", "must be an http or https URL with a host"),
        ("base_url", "http://a:port/", "must be an http or https URL with a host"),
        ("base_url", 7, "must be an http or https URL with a host, not 7"),
        ("base_url", "https://me:sk-very-secret@acme.test", "must not contain credentials"),
        ("base_url", "https://acme.test?key=sk-very-secret", "must not have a query"),
        ("base_url", "https://acme.test/#sk-very-secret", "must not have a query or a fragment"),
        ("headers", [("a", "b")], "must be a mapping of str to str, not an object of type list"),
        ("headers", {"a b": "c"}, "has the name 'a b', which is not a valid name of a header"),
        ("headers", {7: "c"}, "has the name 7, which is not a valid name of a header"),
        ("headers", {"a": "sk-very-secret\r\nb: c"}, "has a value for 'a' that is not ASCII"),
        ("headers", {"a": "sk-very-secret\u00e9"}, "has a value for 'a' that is not ASCII"),
        ("headers", {"a": 7}, "has a value for 'a' that is not ASCII"),
        ("timeout", "soon", "must be a number of seconds above 0 or a Timeout(...), not 'soon'"),
        ("timeout", True, "must be a number of seconds above 0 or a Timeout(...), not True"),
        ("timeout", {"reads": 1}, "has no limit 'reads'"),
        ("timeout", {"read": 0}, "read must be a number of seconds above 0 or None, not 0"),
        ("max_retries", 11, "must be an integer from 0 to 10, not 11"),
        ("max_retries", -1, "must be an integer from 0 to 10, not -1"),
        ("max_retries", True, "must be an integer from 0 to 10, not True"),
        ("max_retries", "9" * 100, f"not '{'9' * 76}..."),
        ("proxy", "proxy.test:8080", "must be an http, https, socks5 or socks5h URL"),
        ("proxy", "ftp://me:sk-very-secret@acme.test", "not 'ftp://***@acme.test'"),
        ("proxy", "me:sk-very-secret@acme.test", "not '***@acme.test'"),
        ("proxy", "http://me:a/sk-very-secret@acme.test", "not 'http://***@acme.test'"),
        ("base_url", "acme.test?key=sk-very-secret", "not 'acme.test?***'"),
        ("on_unsupported", "ignore", "must be 'error' or 'warn', not 'ignore'"),
        ("signing_key", 7, "a secret must be a str or a function"),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_without_showing_secrets(name: str, value, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"ACME_API_KEY": KEY} if name != "api_key" else {}, **{name: value})
    message = str(caught.value)
    assert message.startswith(f"acme: {name}")
    assert words in message
    assert message.endswith(" (argument)")
    assert KEY not in message
    assert "has no API key" not in message


def test_an_invalid_key_in_a_variable_is_reported_with_the_variable() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"ACME_KEY": f"{KEY}\n"})
    assert str(caught.value) == (
        "acme: api_key must be ASCII text without white space; remove line ends and spaces "
        "(ACME_KEY)"
    )


def test_an_invalid_default_is_reported_as_a_default() -> None:
    with pytest.raises(ConfigurationError, match=r"not 'nowhere' \(default of acme\)"):
        load(metadata=msgspec.structs.replace(METADATA, base_url="nowhere"))


@given(st.text(), st.dictionaries(st.text(), st.text()), st.text(), st.text())
def test_any_value_is_accepted_or_refused_with_our_error(key, headers, url, proxy):
    with contextlib.suppress(ConfigurationError):
        load({}, api_key=key, headers=headers, base_url=url, proxy=proxy)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000",
        "HTTPS://Acme.Test/v1",
        "http://[::1]:8000/v1",
        "http://10.0.0.1/a/b",
        "https://b\u00fccher.test/v1",
    ],
)
def test_a_base_url_is_stored_without_its_final_slash(url: str) -> None:
    assert load(base_url=url).base_url == url
    assert load(base_url=f"{url}/").base_url == url


# The value itself.


def test_options_are_checked_in_every_way_of_creation() -> None:
    with pytest.raises(ConfigurationError) as caught:
        ProviderOptions(base_url="x", max_retries=-1, settings={"seed": 1})
    assert str(caught.value) == (
        "base_url must be an http or https URL with a host, not 'x'; "
        "max_retries must be an integer from 0 to 10, not -1; "
        "settings must be Settings, not an object of type dict"
    )
    options = ProviderOptions(api_key=KEY, timeout=3, base_url="http://x/")
    assert (options.api_key, options.timeout.total) == (Secret(KEY), 3.0)
    assert msgspec.structs.replace(options, max_retries=1).base_url == "http://x"


def test_a_repr_shows_explicit_options_without_secrets() -> None:
    class Client:
        pass

    options = load(
        {},
        api_key=KEY,
        headers={"X-Team": "red", "Authorization": KEY, "x-api-KEY": KEY, "Cookie": KEY},
        proxy=f"http://me:{KEY}@proxy.test:8080",
        http_client=Client(),
        signing_key=KEY,
        temperature=0.5,
    )
    shown = repr(options)
    assert KEY not in shown
    for text in (
        "api_key=Secret('***')",
        "'X-Team': 'red'",
        "'Authorization': '***'",
        "proxy='http://***@proxy.test:8080'",
        "Client>'",
        "temperature=0.5",
        "'signing_key': Secret('***')",
    ):
        assert text in shown
    assert "max_retries" not in shown
    assert KEY not in repr(list(options.__rich_repr__()))


def test_copies_are_the_same_object() -> None:
    options = load(http_client=object())
    assert copy.copy(options) is options
    assert copy.deepcopy([options])[0] is options


def test_a_pickle_has_everything_but_secrets(monkeypatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", KEY)
    options = load_options(
        METADATA, {"seed": 1, "signing_key": "very-secret-too", "headers": {"X-Team": "red"}}
    )
    pickled = pickle.dumps(options)
    assert b"very-secret" not in pickled
    unpickled = pickle.loads(pickled)
    assert unpickled.api_key.reveal() == KEY
    assert unpickled.settings == options.settings
    assert unpickled.headers == {"X-Team": "red"}
    with pytest.raises(AuthenticationError):
        unpickled.extra["signing_key"].reveal()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"headers": {"X-Api-Key": KEY}}, "the header 'X-Api-Key'", id="header"),
        pytest.param({"proxy": f"http://me:{KEY}@p.test"}, "URL of the proxy", id="proxy"),
        pytest.param({"http_client": object()}, "the HTTP client that was passed", id="client"),
        pytest.param({"async_http_client": object()}, "the HTTP client", id="async client"),
    ],
)
def test_options_that_need_their_secrets_do_not_pickle(arguments, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        pickle.dumps(load(**arguments))
    assert KEY not in str(caught.value)


def test_a_proxy_without_credentials_pickles() -> None:
    options = load(proxy="http://proxy.test:8080")
    assert pickle.loads(pickle.dumps(options)).proxy == options.proxy


# The file.


def test_a_wrong_default_of_a_provider_is_not_blamed_on_the_file(config) -> None:
    metadata = msgspec.structs.replace(METADATA, base_url="ftp://acme.test")
    with pytest.raises(ConfigurationError, match=r"ftp://acme\.test' \(default of acme\)"):
        load(file=config("[providers.acme]\nmax_retries = 1"), metadata=metadata)


def test_a_config_file_shows_its_path_only(config) -> None:
    file = config(f'[providers.acme]\napi_key = "{KEY}"\n[aliases]\ndefault = "acme:large"')
    assert repr(file) == f"ConfigFile({file.path!r})"
    assert list(file.__rich_repr__()) == [file.path]
    assert file.aliases["default"].spec == "acme:large"


def test_a_file_that_is_not_toml_is_refused(config, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it is not valid TOML") as caught:
        config("a = ")
    assert str(tmp_path / "chatmodels.toml") in str(caught.value)


@pytest.mark.parametrize(
    "value", ["[" * 3_000 + "]" * 3_000, "{a=" * 3_000 + "1" + "}" * 3_000], ids=["array", "table"]
)
def test_a_config_file_that_is_nested_too_deeply_is_refused_clearly(
    tmp_path: Path, value: str
) -> None:
    path = tmp_path / "chatmodels.toml"
    path.write_text(f"[providers.openai]\nmodel = {value}\n")

    with pytest.raises(ConfigurationError, match="its values are nested too deeply"):
        read_config(path)


def test_a_binary_config_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"binary.toml: it is not UTF-8"):
        read_config(path)


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    words = r"cannot read the config file .*absent\.toml"
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_config(tmp_path / "absent.toml")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_the_file_of_the_environment_is_read_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("CHATMODELS_CONFIG", raising=False)
    assert environment_config() is None
    path = tmp_path / "chatmodels.toml"
    path.write_text("[aliases]\na = 'b:c'")
    monkeypatch.setenv("CHATMODELS_CONFIG", str(path))
    first = environment_config()
    path.unlink()
    assert environment_config() is first
    assert first.aliases["a"].spec == "b:c"
