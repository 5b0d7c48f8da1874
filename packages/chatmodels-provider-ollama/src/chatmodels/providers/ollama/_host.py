"""Parser of `OLLAMA_HOST`, in all forms that Ollama's clients accept."""

from chatmodels.core import ConfigurationError

_PORTS = {"http": 80, "https": 443}
_PORT = 11434
_CLOUD = "ollama.com"
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only replaced, never bound
"""Wildcard addresses that servers listen at, and the loopback addresses for clients."""


def read_host(text: str) -> str:
    """Convert a host to a base URL.

    Args:
        text: `host`, `host:port` or `:port`, optionally with a scheme and a path; a host is a
            name, an IPv4 address, or an IPv6 address in brackets.

    Raises:
        ConfigurationError: The text does not have one of these forms.

    Examples:
        >>> read_host("gpu-box")
        'http://gpu-box:11434'
        >>> read_host("https://example.com/ollama/")
        'https://example.com:443/ollama'
    """
    from urllib.parse import urlsplit

    text = text.strip().strip("\"'")
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator:
        scheme, rest = ("https" if text.partition("/")[0] == _CLOUD else "http"), text
    port = _PORTS.get(scheme, _PORT) if separator or scheme == "https" else _PORT
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or port
    except ValueError as error:
        raise _invalid(text, str(error).lower()) from error
    if scheme not in _PORTS or parts.query or parts.fragment or "@" in rest:
        raise _invalid(text, "it is not a host with an optional scheme, port and path")
    host = parts.hostname or "127.0.0.1"
    host = _WILDCARDS.get(host, host)
    bracketed = f"[{host}]" if ":" in host else host
    return f"{scheme}://{bracketed}:{port}{parts.path.rstrip('/')}"


def _invalid(text: str, why: str) -> ConfigurationError:
    shown = "..." if "@" in text else repr(text)
    return ConfigurationError(
        f"ollama: host must be like 'localhost:11434' or 'https://example.com/path', not {shown}: "
        f"{why}; set OLLAMA_HOST or pass host=..."
    )
