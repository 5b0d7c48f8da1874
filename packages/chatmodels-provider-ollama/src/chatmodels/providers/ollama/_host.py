"""Reads `OLLAMA_HOST`, in all forms that Ollama's own clients take."""

from chatmodels.core import ConfigurationError

_PORTS = {"http": 80, "https": 443}
_PORT = 11434
_CLOUD = "ollama.com"
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only read, to be replaced
"""A server listens there at all addresses; this machine is reached at these."""


def read_host(text: str) -> str:
    """Make an address of a host.

    Args:
        text: `host`, `host:port`, `:port`, each with a scheme before it or a path behind it;
            hosts may be names, IPv4 addresses, and IPv6 addresses in brackets.

    Raises:
        ConfigurationError: It is nothing like that.

    Examples:
        >>> read_host("gpu-box")
        'http://gpu-box:11434'
        >>> read_host("https://example.com/ollama/")
        'https://example.com:443/ollama'
    """
    from urllib.parse import urlsplit

    text = text.strip().strip("\"'")
    scheme, found, rest = text.partition("://")
    scheme = scheme.lower()
    if not found:
        scheme, rest = ("https" if text.partition("/")[0] == _CLOUD else "http"), text
    port = _PORTS.get(scheme, _PORT) if found or scheme == "https" else _PORT
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or port
    except ValueError as error:
        raise _unusable(text, str(error).lower()) from error
    if scheme not in _PORTS or parts.query or parts.fragment or "@" in rest:
        raise _unusable(text, "it is no host, with a scheme before it or a port and path behind it")
    host = parts.hostname or "127.0.0.1"
    host = _EVERYWHERE.get(host, host)
    named = f"[{host}]" if ":" in host else host
    return f"{scheme}://{named}:{port}{parts.path.rstrip('/')}"


def _unusable(text: str, why: str) -> ConfigurationError:
    shown = "..." if "@" in text else repr(text)
    return ConfigurationError(
        f"ollama: host must be like 'localhost:11434' or 'https://example.com/path', not {shown}: "
        f"{why}; set OLLAMA_HOST or pass host=..."
    )
