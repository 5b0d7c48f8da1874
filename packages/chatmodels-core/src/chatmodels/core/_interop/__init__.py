"""Message formats of other libraries, read and written."""
