"""What happens between a question and its answer: models, streams, policies, observers."""
