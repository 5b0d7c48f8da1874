"""The version of this distribution, which the scopes of all signals carry."""


def version() -> str:
    """Look the version up; importing what knows it is left until telemetry is set up."""
    from importlib.metadata import version as installed

    return installed("chatmodels-otel")
