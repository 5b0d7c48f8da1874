"""Former names in `chatmodels.testing`, to be removed in 0.3."""

from warnings import warn

RENAMED = {
    "Answer": "SimulatedResponse",
    "Drip": "RepeatedBytes",
    "fitting": "example_value",
}

CHECKS = {
    "a-conversation-of-all-roles-is-understood": "a-conversation-of-all-roles-is-accepted",
    "a-copy-answers-as-well": "a-copy-works",
    "a-failed-call-is-made-again": "a-failed-call-is-retried",
    "a-pickled-model-answers-without-carrying-its-secret": (
        "a-pickled-model-works-without-its-secret"
    ),
    "a-rejected-secret-is-asked-for-again-once": "a-rejected-secret-is-requested-once-more",
    "a-secret-may-be-awaited": "a-secret-can-come-from-an-async-function",
    "a-tool-call-can-be-carried-through": "a-tool-call-can-be-completed",
    "an-awaited-stream-left-early-closes-its-connection": (
        "an-async-stream-left-early-closes-its-connection"
    ),
    "an-explanation-is-what-is-sent": "an-explanation-equals-the-request",
    "an-unhealthy-provider-is-told-and-not-raised": "an-unhealthy-provider-is-reported",
    "awaited-connections-are-used-again": "async-connections-are-reused",
    "connections-are-used-again": "connections-are-reused",
    "every-setting-is-honoured-or-refused": "every-setting-is-applied-or-refused",
    "models-honour-every-protocol": "models-implement-the-protocols",
    "options-for-the-provider-are-sent-as-they-are": "provider-options-are-sent-unchanged",
    "responses-tell-where-they-come-from": "responses-report-their-origin",
    "settings-can-be-refused-gently": "unsupported-settings-can-be-left-out",
    "settings-of-the-model-hold-for-its-calls": "settings-of-the-model-apply-to-its-calls",
    "streams-begin-and-end-as-they-should": "streams-have-one-start-and-one-end",
    "the-capabilities-are-true": "the-capabilities-are-correct",
    "the-metadata-is-true": "the-metadata-is-correct",
}
"""The checks of the contract suite that were renamed."""


def warn_former(former: str, name: str, /) -> None:
    """Warn the caller of the calling function about a name that will be removed in 0.3."""
    warn(
        f"{former} is deprecated and will be removed in 0.3; use {name}",
        DeprecationWarning,
        stacklevel=3,
    )
