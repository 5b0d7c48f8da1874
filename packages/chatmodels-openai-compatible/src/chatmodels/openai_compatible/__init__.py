"""The OpenAI chat completions dialect, shared by the providers of chatmodels that speak it."""

__all__: list[str] = []
