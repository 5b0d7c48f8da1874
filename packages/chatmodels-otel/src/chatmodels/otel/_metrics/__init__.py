"""Instruments, and the measurements that they record."""
