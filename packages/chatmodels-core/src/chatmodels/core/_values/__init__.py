"""What is said: messages, settings, requests, responses, events, and what is known of models."""
