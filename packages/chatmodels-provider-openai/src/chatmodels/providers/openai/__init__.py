"""OpenAI's models for chatmodels."""

__all__: list[str] = []
