"""A server that plays faults of the transport, byte by byte, and the catalogue of them."""
