"""A server that sends transport faults byte by byte, and the catalogue of faults."""
