"""The choice of the parser."""

from functools import cache

from chatmodels.http._transport.http1.parsers import ParserFactory


@cache
def default_parser() -> ParserFactory:
    """Return llhttp, which is written in C, or h11 if `httptools` is not installed."""
    try:
        from chatmodels.http._transport.http1.llhttp_parser import LlhttpParser
    except ImportError:
        from chatmodels.http._transport.http1.h11_parser import H11Parser

        return H11Parser
    return LlhttpParser
