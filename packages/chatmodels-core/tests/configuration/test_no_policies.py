"""A config file when no distribution with policies is installed."""


def test_the_distribution_to_install_is_named(install, problems) -> None:
    assert problems('[policies.p]\ntype = "retry"') == {
        "policies.p": "there is no policy 'retry' (installed: none); try: pip install "
        "chatmodels-resilience"
    }
