"""Providers that are made of a dialect, and the provider `openai-compatible`."""

import pickle
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ConfigurationError,
    Secret,
    UnsupportedError,
    create_chat_model,
    system,
    user,
)
from chatmodels.core.extending import (
    Capability,
    OptionSpec,
    ProviderOptions,
    ProviderRegistry,
    ToolDefinition,
    provider,
    register_provider,
    unregister_provider,
)
from chatmodels.http import HttpRequest, Listing
from chatmodels.openai_compatible import (
    COMMON_SETTINGS,
    CompatibleProvider,
    Dialect,
    chat_completions_codec,
    compatible_provider,
)
from chatmodels.openai_compatible._listing import read_models
from chatmodels.openai_compatible.responses import ResponsesDialect
from chatmodels.testing import SimulatedResponse, Simulator
from chatmodels.testing.contract import ProviderContract, accepted_efforts, checks

CLOCK = ToolDefinition("clock", "Return the time.", {"type": "object", "properties": {}})
URL = "http://127.0.0.1:9/v1"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_COMPATIBLE_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_COMPATIBLE_BASE_URL", raising=False)


def acme(dialect: Dialect | None = None, **facts: Any) -> CompatibleProvider:
    given = {"description": "Acme's models.", "base_url": "https://api.acme.example/v1"}
    return compatible_provider(dialect or Dialect(name="acme"), **(given | facts))


def registered(*providers: CompatibleProvider) -> ProviderRegistry:
    registry = ProviderRegistry()
    for each in providers:
        registry.register_provider(each)
    return registry


def test_a_provider_has_the_facts_of_its_metadata() -> None:
    made = acme(
        api_key_env=["ACME_KEY"],
        base_url_env=["ACME_URL"],
        options=[OptionSpec(name="account", description="The account.")],
        model_prefixes=["anvil-"],
        documentation_url="https://docs.acme.example",
    )

    metadata = made.metadata
    assert (metadata.name, metadata.distribution) == ("acme", "chatmodels-provider-acme")
    key, base_url, account = metadata.options
    assert (key.name, key.env, key.required, key.secret) == ("api_key", ("ACME_KEY",), True, True)
    assert (base_url.name, base_url.env, base_url.required) == ("base_url", ("ACME_URL",), False)
    assert account.name == "account"
    assert metadata.model_prefixes == ("anvil-",)
    assert acme(base_url=None).metadata.options[1].required
    assert acme(distribution="acme-models").metadata.distribution == "acme-models"


def test_a_key_is_required_unless_the_server_has_none() -> None:
    with pytest.raises(AuthenticationError, match="acme has no API key; set ACME_KEY"):
        registered(acme(api_key_env=["ACME_KEY"])).create_chat_model("acme:anvil")

    model = registered(acme(api_key_required=False)).create_chat_model("acme:anvil")
    assert "authorization" not in model.explain("?").headers


@pytest.mark.parametrize(
    ("fields", "present", "absent"),
    [
        ({}, {"tools", "strict_tools", "seed", "vision", "model_listing"}, {"reasoning"}),
        ({"settings": {"reasoning_effort": "r"}}, {"reasoning"}, {"seed", "parallel_tools"}),
        ({"inputs": frozenset({"audio", "file"})}, {"audio_input", "documents"}, {"vision"}),
        ({"models_path": None}, set[str](), {"model_listing"}),
        ({"strict_tools": False}, {"tools"}, {"strict_tools"}),
        ({"tools": False}, {"structured_output"}, {"tools", "strict_tools", "parallel_tools"}),
        ({"tools": False, "output_formats": frozenset()}, {"seed"}, {"structured_output"}),
    ],
)
def test_capabilities_follow_from_the_dialect(
    fields: dict[str, Any], present: set[str], absent: set[str]
) -> None:
    capabilities = set(map(str, acme(Dialect(name="acme", **fields)).metadata.capabilities))

    assert capabilities >= present | {"streaming"}
    assert not capabilities & absent


def test_further_capabilities_can_be_stated() -> None:
    listing = Listing(HttpRequest(method="GET", path="/all"), lambda body: read_models(body, "a"))
    quiet = Dialect(name="acme", models_path=None)

    assert Capability.PROMPT_CACHING in acme(capabilities=["prompt_caching"]).metadata.capabilities
    assert Capability.MODEL_LISTING in acme(quiet, listing=listing).metadata.capabilities


def test_a_model_has_the_dialect_of_its_family() -> None:
    dialect = Dialect(name="acme")
    old = replace(dialect, settings={}, inputs=frozenset())
    new = replace(dialect, usage_option=False)
    made = acme(dialect, families={"anvil-1*": old, "anvil-*": new})
    registry = registered(made)

    def body(model: str, **options: Any) -> Any:
        return registry.create_chat_model(f"acme:{model}", api_key="k").explain("?", **options).body

    assert made.families(ProviderOptions()) == ("anvil-1*", "anvil-*", "*")
    assert body("anvil-2", seed=7)["seed"] == body("hammer", seed=7)["seed"] == 7
    with pytest.raises(UnsupportedError, match="seed"):
        body("anvil-1-mini", seed=7)


def test_options_are_sent_as_headers() -> None:
    options = [OptionSpec(name="account", description="The account to bill.")]
    registry = registered(acme(options=options, headers={"account": "X-Account"}))

    model = registry.create_chat_model("acme:anvil", api_key="k", account="blue")
    assert model.explain("?").headers["x-account"] == "blue"
    plain = registry.create_chat_model("acme:anvil", api_key="k")
    assert "x-account" not in plain.explain("?").headers
    with pytest.raises(ConfigurationError, match="acme: account must be printable ASCII"):
        registry.create_chat_model("acme:anvil", api_key="k", account="blü")


def test_options_of_an_account_complete_the_address() -> None:
    def complete(options: ProviderOptions) -> ProviderOptions:
        return replace(options, base_url=f"https://{options.extra['account']}.acme.example")

    options = [OptionSpec(name="account", description="The account.", required=True)]
    registry = registered(acme(options=options, complete=complete))

    model = registry.create_chat_model("acme:anvil", api_key="k", account="blue")
    assert model.explain("?").url == "https://blue.acme.example/chat/completions"


def by_account() -> CompatibleProvider:
    account = OptionSpec(name="account", description="The account.", env=("ACME_ACCOUNT",))
    return acme(base_url="https://{account}.acme.example/v1", options=[account])


def test_an_address_can_contain_an_option() -> None:
    registry = registered(by_account())
    model = create_chat_model("acme:m", registry=registry, api_key="k", account="eu-1.two_b")
    other = create_chat_model("acme:m", registry=registry, api_key="k", base_url=URL)

    assert model.explain("?").url == "https://eu-1.two_b.acme.example/v1/chat/completions"
    assert other.explain("?").url == f"{URL}/chat/completions"
    assert by_account().metadata.base_url == "https://{account}.acme.example/v1"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({}, "has no account; set ACME_ACCOUNT or pass account"),
        ({"account": "evil.example/?"}, "the account 'evil.example/\\?' cannot be part of a URL"),
        ({"account": ".."}, "the account '..' cannot be part of a URL"),
    ],
)
def test_an_option_that_cannot_be_part_of_an_address_is_refused(
    options: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        create_chat_model("acme:m", registry=registered(by_account()), api_key="k", **options)


def test_a_listing_of_its_own_replaces_openais() -> None:
    def read(body: bytes) -> Any:
        return read_models(body, "acme")

    listing = Listing(HttpRequest(method="GET", path="/v1/models"), read)
    with Simulator() as simulator:
        simulator.models = ("anvil",)
        made = acme(listing=listing)
        found = made.list_models(ProviderOptions(base_url=simulator.url, api_key=Secret("k")))
    assert [model.name for model in found] == ["anvil"]


def test_a_provider_with_other_metadata_has_their_name_everywhere() -> None:
    dialect = Dialect(name="acme")
    original = acme(dialect, families={"anvil-*": replace(dialect, settings={})})
    copy = original.with_metadata(replace(original.metadata, name="gpubox", base_url=URL))
    registry = registered(original, copy)

    model = registry.create_chat_model("gpubox:m", api_key="k")
    assert (model.provider, model.explain("?").url) == ("gpubox", f"{URL}/chat/completions")
    with pytest.raises(UnsupportedError, match="gpubox"):
        registry.create_chat_model("gpubox:anvil-1", api_key="k").explain("?", seed=7)
    assert registry.create_chat_model("acme:m", api_key="k").provider == "acme"


def test_a_server_like_any_other_needs_no_key() -> None:
    registry = ProviderRegistry()
    registry.register_provider(provider("openai-compatible"))
    registry.register_provider("gpubox", like="openai-compatible", base_url=URL, name="box")

    model = registry.create_chat_model("gpubox:m")
    assert (model.provider, model.explain("?").url) == ("box", f"{URL}/chat/completions")


def server(**options: Any) -> ChatModel:
    return create_chat_model("openai-compatible:m", **({"base_url": URL} | options))


def test_any_server_needs_an_address_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"no base_url; set OPENAI_COMPATIBLE_BASE_URL"):
        create_chat_model("openai-compatible:m")
    monkeypatch.setenv("OPENAI_COMPATIBLE_BASE_URL", URL)

    explained = create_chat_model("openai-compatible:m").explain("?")
    assert explained.url == f"{URL}/chat/completions"
    assert "authorization" not in explained.headers


@pytest.mark.parametrize(
    ("options", "call", "expected"),
    [
        ({}, {"max_output_tokens": 9}, {"max_tokens": 9}),
        (
            {"max_tokens_field": "max_completion_tokens"},
            {"max_output_tokens": 9},
            {"max_completion_tokens": 9},
        ),
        ({"system_role": "developer"}, {}, {}),
        (
            {"output_format": "json_object"},
            {"output_type": dict},
            {"response_format": {"type": "json_object"}},
        ),
    ],
)
def test_options_describe_a_server(
    options: dict[str, Any], call: dict[str, Any], expected: dict[str, Any]
) -> None:
    sent = server(**options).explain([system("Be brief."), user("?")], **call).body

    role = options.get("system_role", "system")
    assert sent.pop("messages")[0]["role"] == role
    assert sent == {"model": "m", **expected}


def test_structured_output_can_be_requested_through_a_tool() -> None:
    assert "response_format" in server().explain("?", output_type=list[int]).body
    sent = server(output_format="tool").explain("?", output_type=list[int]).body
    assert "response_format" not in sent
    assert len(sent["tools"]) == 1


@pytest.mark.parametrize(
    ("field", "sent_back"),
    [
        (None, {"reasoning": "Hm."}),
        ("as_sent", {"reasoning": "Hm."}),
        ("reasoning_content", {"reasoning_content": "Hm."}),
        ("reasoning", {"reasoning": "Hm."}),
        ("none", {}),
    ],
)
def test_reasoning_is_returned_in_the_chosen_field(
    field: str | None, sent_back: dict[str, str]
) -> None:
    answer = {"choices": [{"message": {"content": "Yes.", "reasoning": "Hm."}}]}
    with Simulator() as simulator:
        simulator.queue(SimulatedResponse(body=(msgspec.json.encode(answer),)))
        model = server(base_url=simulator.base_url, api_key="k", reasoning_field=field)
        first = model.generate("?")
        message = model.explain([user("?"), first.message, user("And?")]).body["messages"][1]
    assert message == {"role": "assistant", "content": "Yes.", **sent_back}


def test_usage_of_streams_is_requested_unless_the_server_refuses_the_option() -> None:
    with Simulator() as simulator:
        for usage_option in (None, True, False):
            model = server(base_url=simulator.base_url, api_key="k", usage_option=usage_option)
            model.stream("?").collect()
        requested = ["stream_options" in request for request in simulator.requests]
    assert requested == [True, True, False]


def test_the_name_is_that_of_errors_and_reports() -> None:
    named = server(name="gpubox", max_retries=0, timeout=60)
    assert named.provider == "gpubox"
    with pytest.raises(UnsupportedError, match=r"^gpubox"):
        named.explain("?", top_k=5)
    assert pickle.loads(pickle.dumps(named)).provider == "gpubox"
    found = provider("openai-compatible")
    options = ProviderOptions(base_url=URL, max_retries=0, extra={"name": "gpubox"})
    assert found.check_health(options).provider == "gpubox"


def test_all_wrong_options_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        server(name="A b", reasoning_field="thoughts", usage_option="no", output_format=[])
    message = str(caught.value)
    for words in (
        "name must be lower-case letters and digits, joined by '-' or '_', not 'A b'",
        "reasoning_field must be 'as_sent' or 'reasoning_content' or 'reasoning' or 'none', not",
        "usage_option must be True or False, not 'no'",
        "output_format must be 'json_schema' or 'json_object' or 'tool', not []",
    ):
        assert words in message


def test_fields_and_efforts_of_a_dialect_are_sent_before_the_options_of_a_call() -> None:
    dialect = Dialect(
        name="acme",
        settings={"reasoning_effort": "reasoning_effort"},
        effort_fields={
            "none": {"thinking.type": "disabled"},
            "high": {"thinking.type": "enabled", "reasoning_effort": "max"},
        },
        fields={"store": False, "stats.usage": True},
    )
    model = registered(acme(dialect)).create_chat_model("acme:m", api_key="k")

    def sent(**options: Any) -> Any:
        body = model.explain("?", **options).body
        return {name: body[name] for name in body if name not in ("model", "messages")}

    always = {"store": False, "stats": {"usage": True}}
    assert sent() == always
    assert sent(reasoning_effort="none") == {"thinking": {"type": "disabled"}, **always}
    high = {"thinking": {"type": "enabled"}, "reasoning_effort": "max", **always}
    assert sent(reasoning_effort="high") == high
    assert sent(reasoning_effort="low") == {"reasoning_effort": "low", **always}
    assert sent(provider_options={"store": True})["store"] is True


def test_the_profile_has_the_limits_of_the_dialect() -> None:
    dialect = Dialect(
        name="acme",
        tools=False,
        tool_choices=frozenset({"auto"}),
        ranges={"temperature": (0, 1)},
        native_output_without=("tools",),
        effort_fields={"none": {"thinking": False}},
        effort_words={"xhigh": "max"},
    )
    profile = chat_completions_codec(dialect).profile("m")

    assert not profile.tools
    assert profile.output_types
    assert profile.tool_choices == {"auto"}
    assert profile.ranges == {"temperature": (0, 1)}
    assert profile.native_output_without == ("tools",)
    assert profile.effort_words == {"none": None, "xhigh": "max"}
    model = registered(acme(dialect)).create_chat_model("acme:m", api_key="k")
    with pytest.raises(UnsupportedError, match="tools"):
        model.explain("?", tools=[CLOCK])


async def test_models_are_listed_under_the_name_of_the_options() -> None:
    with Simulator() as simulator:
        simulator.models = ("anvil",)
        options = ProviderOptions(
            base_url=simulator.base_url, api_key=Secret("k"), extra={"name": "gpubox"}
        )
        found = provider("openai-compatible")
        assert isinstance(found, CompatibleProvider)
        listed = await found.alist_models(options)
    assert [(model.provider, model.name) for model in listed] == [("gpubox", "anvil")]


async def test_whole_responses_can_be_requested_as_streams() -> None:
    found = acme(Dialect(name="acme", streams_whole=True), api_key_required=False)
    with Simulator() as simulator:
        options = ProviderOptions(base_url=simulator.base_url, api_key=Secret("k"))
        model = found.create_chat_model("m", options)
        simulator.queue("Whole.", "Async.", "Streamed.")
        texts = [
            model.generate("?").text,
            (await model.agenerate("?")).text,
            model.stream("?").collect().text,
        ]
        streamed = [request["stream"] for request in simulator.requests]
    assert texts == ["Whole.", "Async.", "Streamed."]
    assert streamed == [True, True, True]
    assert model.explain("?").body["stream"] is True


def test_a_named_tool_can_be_sent_alone() -> None:
    found = acme(Dialect(name="acme", sends_named_tool_alone=True), api_key_required=False)
    model = found.create_chat_model("m", ProviderOptions())
    date = ToolDefinition("date", "Return the date.", {"type": "object", "properties": {}})

    for choice, sent, names in (
        ("date", "required", ["date"]),
        ("auto", "auto", ["clock", "date"]),
        ("required", "required", ["clock", "date"]),
    ):
        body = model.explain("?", tools=[CLOCK, date], tool_choice=choice).body
        assert body["tool_choice"] == sent
        assert [tool["function"]["name"] for tool in body["tools"]] == names


def test_a_tool_for_the_output_is_required_if_it_cannot_be_named() -> None:
    dialect = Dialect(
        name="acme",
        output_formats=frozenset(),
        tool_choices=frozenset({"auto", "required"}),
    )
    model = create_chat_model("acme:m", registry=registered(acme(dialect)), api_key="k")

    assert model.explain("?", output_type=list[int]).body["tool_choice"] == "required"
    with_tool = model.explain("?", output_type=list[int], tools=[CLOCK]).body
    assert (with_tool["tool_choice"], len(with_tool["tools"])) == ("required", 2)


def test_a_vendor_with_two_apis_has_an_option_for_them() -> None:
    dialects = {
        "anvil-*": ResponsesDialect(name="acme", settings={}),
        "*": ResponsesDialect(name="acme"),
    }
    made = acme(responses=lambda: dialects, default_api="responses")
    registry = registered(made, made.with_metadata(replace(made.metadata, name="gpubox")))

    def explained(model: str, **options: Any) -> Any:
        return registry.create_chat_model(model, api_key="k", **options).explain("?")

    assert explained("acme:m").url == "https://api.acme.example/v1/responses"
    chat = explained("acme:m", api="chat_completions")
    assert chat.url == "https://api.acme.example/v1/chat/completions"
    assert made.families(ProviderOptions()) == ("anvil-*", "*")
    assert "seed" not in made.metadata.capabilities
    with pytest.raises(UnsupportedError, match=r"^gpubox does not support temperature"):
        registry.create_chat_model("gpubox:anvil-1", api_key="k").explain("?", temperature=1)
    with pytest.raises(ConfigurationError, match="acme has no api 'chat'; pass 'chat_completions'"):
        explained("acme:m", api="chat")


def test_a_vendor_without_tools_has_no_parallel_calls() -> None:
    quiet = Dialect(name="acme", tools=False)

    assert Capability.PARALLEL_TOOLS not in acme(quiet).metadata.capabilities


def test_the_accepted_efforts_of_a_model_are_found_without_a_request() -> None:
    plain = acme(Dialect(name="acme")).create_chat_model("m", ProviderOptions(api_key=Secret("k")))
    switched = acme(
        Dialect(
            name="acme",
            settings={"reasoning_effort": "reasoning_effort"},
            values={"reasoning_effort": ("none", "high")},
        )
    ).create_chat_model("m", ProviderOptions(api_key=Secret("k")))

    assert accepted_efforts(plain) == set()
    assert accepted_efforts(switched) == {"none", "high"}
    assert accepted_efforts(create_chat_model("openai-compatible:m", base_url=URL)) == {
        *("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    }


def test_a_family_cannot_differ_in_what_applies_to_all_models() -> None:
    dialect = Dialect(name="acme")
    with pytest.raises(ValueError, match=r"acme: the family 'a-\*' has another think_tags than"):
        acme(dialect, families={"a-*": replace(dialect, think_tags=True)})


def test_the_options_of_a_part_are_for_this_provider_only() -> None:
    part = acme(Dialect(name="acme")).part_options(cache_control={"type": "ephemeral"})

    assert part.signature.format == "acme"
    assert part.signature.data == {"cache_control": {"type": "ephemeral"}}


def test_the_contract_accepts_vendors_with_other_efforts_than_low() -> None:
    dialect = Dialect(
        name="acme",
        settings={**COMMON_SETTINGS, "reasoning_effort": "reasoning_effort"},
        values={"reasoning_effort": ("none", "max")},
    )
    contract = ProviderContract(
        provider="acme", model="m", registered_by="chatmodels.openai_compatible.provider"
    )
    (check,) = [each for each in checks(contract) if each.name == "the-capabilities-are-correct"]
    try:
        register_provider(acme(dialect, api_key_env=["ACME_API_KEY"]))
        check()
        register_provider(acme(replace(dialect, values={"reasoning_effort": ()})), replace=True)
        with pytest.raises(
            AssertionError, match="claim 'reasoning', but a request that needs it fails"
        ):
            check()
    finally:
        unregister_provider("acme")
