"""Requests as the vendor reads them, in neutral terms, for comparison with what was asked."""
