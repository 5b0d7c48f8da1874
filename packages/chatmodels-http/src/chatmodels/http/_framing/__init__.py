"""The framings of streams: server-sent events, lines of JSON, Amazon's event stream."""
