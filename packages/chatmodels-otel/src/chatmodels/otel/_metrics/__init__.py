"""The instruments, and the measurements that they record."""
