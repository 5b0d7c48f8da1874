"""The page of capabilities agrees with the product."""

import capability_tables


def test_the_page_of_capabilities_is_current() -> None:
    page = capability_tables.PAGE.read_text("utf-8")
    assert page == capability_tables.page(), "write it anew: ./run capabilities"
