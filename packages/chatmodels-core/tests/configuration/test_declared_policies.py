"""The policies of a config file: entry points, parameters by signature, and what is shared."""

from decimal import Decimal

import pytest

from chatmodels.core import ChatModelError, ConfigurationError, ErrorCode, ProviderUnavailableError
from chatmodels.core.extending import ProviderRegistry

pytestmark = pytest.mark.usefixtures("policies")


def policies_of(registry: ProviderRegistry, name: str):
    return registry.create_chat_model(name).target._policies


def test_policies_surround_the_model_in_their_order(registry, write) -> None:
    registry.load_config(
        write("""
        [models.production]
        model = "acme:x"
        policies = ["team-limit", "plain", { type = "count", limit = 5 }, "count"]

        [models.also]
        model = "production"
        policies = ["team-limit"]

        [policies.team-limit]
        type = "count"
        limit = 3
        """)
    )
    shared, plain, limited, default = policies_of(registry, "production")
    assert (shared.limit, limited.limit, default.limit) == (3, 5, 1000)
    assert policies_of(registry, "also")[0] is shared
    assert policies_of(registry, "also")[2:] == (plain, limited, default)
    registry.create_chat_model("also").generate("Hello")
    assert (shared.calls, limited.calls) == (2, 1)


def test_arrays_of_tables_are_policies_too(registry, write) -> None:
    registry.load_config(
        write("""
        [models.a]
        model = "acme:x"

        [[models.a.policies]]
        type = "count"
        limit = 5

        [[models.a.policies]]
        type = "struct"
        limit = 2
        """)
    )
    count, struct = policies_of(registry, "a")
    assert (count.limit, struct.limit, struct.factor) == (5, 2, 2.0)


def test_a_policy_calls_the_models_that_it_names(registry, fake, write) -> None:
    class Failing(fake):
        def create_chat_model(self, model, options):
            created = super().create_chat_model(model, options)
            created.respond = self.respond
            return created

        def respond(self, request, call):
            raise ProviderUnavailableError("down")

    registry.register_provider(Failing("failing"))
    registry.load_config(
        write("""
        [models.production]
        model = "failing:x"

        [[models.production.policies]]
        type = "other"
        models = ["backup", "acme:y"]
        on = ["rate_limited", "timeout"]

        [aliases]
        backup = "other:small"
        """)
    )
    model = registry.create_chat_model("production")
    assert model.generate("Hello").text == "other:small"
    registry.set_alias("backup", "acme:large")
    assert model.generate("Hello").text == "acme:large"
    (policy,) = policies_of(registry, "production")
    assert policy.on == [ErrorCode.RATE_LIMITED, ErrorCode.TIMEOUT]


def test_every_kind_of_parameter_can_be_declared(registry, write, monkeypatch) -> None:
    monkeypatch.setenv("STORE", "redis://:s3cret@store.test")
    registry.load_config(
        write("""
        [models.a]
        model = "acme:x"

        [[models.a.policies]]
        type = "everything"
        first = 1
        second = "two"
        flag = true
        ratio = 3
        cost = 0.1
        mode = "slow"
        code = "timeout"
        names = ["x", "y"]
        numbers = [1, 2]
        models = ["other:small"]
        weights = { "acme:x" = 1, b = 0.5 }
        store = { type = "remote", url_env = "STORE" }
        quota = { amount = 3 }
        anything = [{ a = 1 }]
        untyped = "u"

        [aliases]
        b = "acme:y"
        """)
    )
    given = policies_of(registry, "a")[0].given
    assert [f"{each.provider}:{each.model}" for each in given["models"]] == ["other:small"]
    weights = {f"{each.provider}:{each.model}": w for each, w in given["weights"].items()}
    assert weights == {"acme:x": 1, "acme:y": 0.5}
    assert given["store"].url == "redis://:s3cret@store.test"
    assert (given["quota"].amount, given["quota"].ratio) == (3, 0.5)
    assert given["code"] is ErrorCode.TIMEOUT
    assert given["cost"] == Decimal("0.1")
    simple = ("first", "second", "flag", "ratio", "mode", "names", "numbers", "anything", "untyped")
    assert [given[name] for name in simple] == [
        1,
        "two",
        True,
        3,
        "slow",
        frozenset({"x", "y"}),
        (1, 2),
        [{"a": 1}],
        "u",
    ]


def test_a_part_can_be_the_name_of_its_type(registry, write) -> None:
    registry.load_config(
        write(
            '[policies.p]\ntype = "everything"\nfirst = 1\nstore = "memory"\n'
            '[models.a]\nmodel = "acme:x"\npolicies = ["p"]'
        )
    )
    assert policies_of(registry, "a")[0].given["store"].size == 10


def test_annotations_that_cannot_be_evaluated_accept_any_value(registry, write) -> None:
    registry.load_config(
        write('[models.a]\nmodel = "acme:x"\npolicies = [{ type = "unresolvable", value = [1] }]')
    )
    assert policies_of(registry, "a")[0].value == [1]


def test_every_problem_of_policies_is_reported(problems) -> None:
    assert problems("""
        [policies.typo]
        type = "cuont"

        [policies.unknown]
        type = "zzz"

        [policies.missing]
        type = "missing"

        [policies.wrong]
        type = "wrong"

        [policies.untyped]
        limit = 3

        [policies.names]
        type = "count"
        limt = 1
        clock = 2
        zzz = 3

        [policies.range]
        type = "count"
        limit = 0

        [policies.empty]
        type = "other"

        [policies.everything]
        type = "everything"
        second = 2
        flag = 1
        ratio = true
        cost = "1"
        mode = "medium"
        code = "timeuot"
        names = "x"
        numbers = [1, "2"]
        models = [3]
        weights = 1
        store = 5
        quota = { amount = "x", more = 1 }

        [policies.coded]
        type = "everything"
        first = 1
        code = 7
        store = { type = "remot" }

        [policies.stored]
        type = "everything"
        first_env = ""
        store = { url = "x" }

        [policies.remote]
        type = "everything"
        first = 1
        store = { type = "remote", url = "http://x" }

        [models.a]
        model = "acme:x"
        policies = [{ type = "other", models = ["bb", "zzz:x"] }, 5, "untyped", { typ = 1 }]

        [models.b]
        model = "acme:x"
        policies = "count"
        """) == {
        "policies.typo": "there is no policy 'cuont' (installed: count, everything, missing, "
        "other, plain, struct, unresolvable, wrong); did you mean 'count'?",
        "policies.unknown": "there is no policy 'zzz' (installed: count, everything, missing, "
        "other, plain, struct, unresolvable, wrong); declare it as [policies.zzz], or install the "
        "distribution that has it",
        "policies.missing": "the policy 'missing' cannot be imported from plugin_policies:Missing: "
        "AttributeError; repair or uninstall its distribution",
        "policies.wrong": "policy must be a function or an object that can be called, not int; "
        "see chatmodels.core.extending.Policy",
        "policies.untyped": 'has no type; add one, as in type = "retry"',
        "policies.names.limt": "there is no parameter 'limt'; did you mean 'limit'?",
        "policies.names.clock": "there is no parameter 'clock'; there are: limit",
        "policies.names.zzz": "there is no parameter 'zzz'; there are: limit",
        "policies.range": "limit must be at least 1, not 0",
        "policies.empty": "pass at least one model",
        "policies.everything": "has no first; add first = ...",
        "policies.everything.second": "must be a string, not 2",
        "policies.everything.flag": "must be true or false, not 1",
        "policies.everything.ratio": "must be a number, not True",
        "policies.everything.cost": "must be a number, not '1'",
        "policies.everything.mode": "must be 'fast' or 'slow', not 'medium'",
        "policies.everything.code": "there is no ErrorCode 'timeuot'; did you mean 'timeout'?",
        "policies.everything.names": "must be an array, not 'x'",
        "policies.everything.numbers[1]": "must be an integer, not '2'",
        "policies.everything.models[0]": "must be the name of a model, not 3",
        "policies.everything.weights": "must be a table, not 1",
        "policies.everything.store": "must be a table, or the name of a type, not 5",
        "policies.everything.quota.amount": "must be an integer, not 'x'",
        "policies.everything.quota.more": "there is no parameter 'more'; there are: amount, ratio",
        "policies.coded.code": "there is no ErrorCode 7",
        "policies.coded.store": "there is no part of a policy 'remot' (installed: memory, "
        "remote); did you mean 'remote'?",
        "policies.stored.first_env": "must be the name of an environment variable",
        "policies.stored.store": "has no type; add type = ...",
        "policies.remote.store": "cannot be created: ValueError: http://x is not the address of a "
        "store",
        "models.a.policies.other": "there is no model or alias 'bb'; did you mean 'b'?\n"
        "no provider named 'zzz' (registered: acme, other); register it with "
        "register_provider(...)",
        "models.a.policies[1]": 'must be a name or a table, as in { type = "retry" }',
        "models.a.policies[3]": 'has no type; add one, as in type = "retry"',
        "models.b.policies": 'must be an array of names and tables, as in policies = ["reask"]',
    }


def test_a_missing_provider_of_a_policy_is_reported(problems) -> None:
    assert problems('[policies.p]\ntype = "other"\nmodels = ["zzz:x"]') == {
        "policies.p": "no provider named 'zzz' (registered: acme, other); register it with "
        "register_provider(...)"
    }


def test_the_name_of_a_shared_policy_can_be_misspelled(problems) -> None:
    found = problems(
        '[models.a]\nmodel = "acme:x"\npolicies = ["team-limt"]\n'
        '[policies.team-limit]\ntype = "count"'
    )
    assert found["models.a.policies.team-limt"].endswith("; did you mean 'team-limit'?")


def test_an_unknown_part_is_reported_without_a_near_name(problems) -> None:
    found = problems('[policies.p]\ntype = "everything"\nfirst = 1\nstore = "zzz"')
    assert found["policies.p.store"].endswith("; install the distribution that has it")


def test_models_that_call_each_other_are_a_cycle(problems) -> None:
    assert problems("""
        [models.a]
        model = "acme:x"
        policies = ["others"]

        [models.b]
        model = "acme:y"
        policies = [{ type = "other", models = ["c"] }]

        [policies.others]
        type = "other"
        models = ["b"]

        [aliases]
        c = "a"
        """) == {
        "models.a": "alias 'a' refers to itself: a -> b -> c -> a",
        "models.b": "alias 'b' refers to itself: b -> c -> a -> b",
        "aliases.c": "alias 'c' refers to itself: c -> a -> b -> c",
    }


def test_code_cannot_make_a_cycle_of_what_a_file_declares(registry, write) -> None:
    registry.load_config(
        write(
            '[models.a]\nmodel = "acme:x"\npolicies = [{ type = "other", models = ["b"] }]\n'
            '[aliases]\nb = "acme:y"'
        )
    )
    with pytest.raises(ConfigurationError, match="alias 'b' refers to itself: b -> a -> b"):
        registry.set_alias("b", "a")


def test_a_problem_of_a_model_is_not_repeated_for_those_that_need_it(
    registry, fake, problems
) -> None:
    class Refusing(fake):
        def create_chat_model(self, model, options):
            raise ConfigurationError("the model is gone")

    registry.register_provider(Refusing("refusing"))
    assert problems("""
        [models.a]
        model = "acme:x"
        policies = [{ type = "other", models = ["b"] }, "also"]

        [models.b]
        model = "refusing:x"

        [policies.also]
        type = "other"
        models = ["b"]

        [policies.direct]
        type = "other"
        models = ["refusing:y"]
        """) == {"models.b": "the model is gone", "policies.direct": "the model is gone"}


def test_a_variable_is_read_when_a_policy_is_first_needed(registry, write, monkeypatch) -> None:
    monkeypatch.delenv("STORE", raising=False)
    registry.load_config(
        write(
            '[models.a]\nmodel = "acme:x"\n'
            'policies = [{ type = "everything", first = 1, '
            'store = { type = "remote", url_env = "STORE" } }]'
        )
    )
    with pytest.raises(ChatModelError) as caught:
        registry.create_chat_model("a")
    assert str(caught.value) == "models.a.policies.everything.store.url_env has no value; set STORE"
    monkeypatch.setenv("STORE", "http://user:s3cret@x")
    with pytest.raises(ConfigurationError) as caught:
        registry.create_chat_model("a")
    assert str(caught.value) == "models.a.policies.everything.store: cannot be created: ValueError"
    monkeypatch.setenv("STORE", "redis://x")
    registry.create_chat_model("a")


def test_credentials_among_parameters_are_not_shown(problems) -> None:
    found = problems('[policies.p]\ntype = "everything"\nfirst = 1\nquota = { password = "s3" }')
    assert "s3" not in str(found)


def test_an_error_of_a_member_names_the_policy(registry, fake, write, monkeypatch) -> None:
    from chatmodels.core import AuthenticationError
    from chatmodels.core.extending import OptionSpec

    key = OptionSpec(name="api_key", description="", env=("ZZ",), required=True, secret=True)
    registry.register_provider(fake("keyed", options=(key,)))
    monkeypatch.delenv("ZZ", raising=False)
    registry.load_config(
        write('[models.a]\nmodel = "acme:x"\npolicies = [{ type = "other", models = ["keyed:x"] }]')
    )
    with pytest.raises(AuthenticationError, match="keyed has no API key") as caught:
        registry.create_chat_model("a")
    assert caught.value.__notes__ == ["models.a.policies.other refers to 'keyed:x'"]


def test_two_distributions_cannot_provide_one_policy(problems, install) -> None:
    install("second", "[chatmodels.policies]\ncount = plugin_second:Count\n")
    found = problems('[policies.p]\ntype = "count"')
    assert found == {
        "policies.p": "two distributions provide the policy 'count': plugin_policies:Count and "
        "plugin_second:Count; uninstall one of them"
    }


def test_policies_are_searched_again_on_demand(registry, write, install) -> None:
    registry.load_config(write('[policies.p]\ntype = "count"'))
    install("second", "[chatmodels.policies]\nlater = plugin_policies:Count\n")
    registry.rediscover()
    registry.load_config(write('[policies.p]\ntype = "later"'))


def test_a_provider_that_cannot_be_imported_is_reported(registry, problems) -> None:
    registry.register_lazy("broken", "nowhere_at_all")
    found = problems('[providers.broken]\nmax_retries = 1\n[aliases]\na = "broken:x"')
    assert found.keys() == {"providers.broken", "aliases.a"}
    assert "cannot be imported from nowhere_at_all" in found["aliases.a"]
