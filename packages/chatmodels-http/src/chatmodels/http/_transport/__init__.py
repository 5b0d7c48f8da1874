"""The transport: engines, connections, certificates, proxies, content encodings."""
