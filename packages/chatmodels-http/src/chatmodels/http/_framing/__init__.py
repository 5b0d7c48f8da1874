"""The framings of streams: server-sent events, newline-delimited JSON, Amazon's event stream."""
