"""Values: messages, settings, requests, responses, events, and metadata of models."""
