"""The entry points that let a config file declare the policies."""

import inspect
from importlib.metadata import distribution

import chatmodels.resilience


def entry_points(group: str) -> dict[str, object]:
    found = distribution("chatmodels-resilience").entry_points
    return {each.name: each.load() for each in found if each.group == group}


def test_a_config_file_can_declare_every_policy_and_every_part() -> None:
    public = (getattr(chatmodels.resilience, name) for name in chatmodels.resilience.__all__)
    classes = {
        each
        for each in public
        if inspect.isclass(each) and not getattr(each, "_is_protocol", False)
    }
    policies = {each for each in classes if "__call__" in vars(each)}
    assert set(entry_points("chatmodels.policies").values()) == policies
    assert set(entry_points("chatmodels.policy_parts").values()) == classes - policies


def test_the_names_are_those_of_the_classes() -> None:
    for group in ("chatmodels.policies", "chatmodels.policy_parts"):
        for name, made in entry_points(group).items():
            assert name.replace("_", "") == made.__name__.lower()
