"""The prices of a model, before a call."""

from chatmodels.core._calls.generation import CallableModel
from chatmodels.core._values.price_list import listed_prices
from chatmodels.core._values.prices import Prices


def prices_of(model: CallableModel, /) -> Prices | None:
    """Return the prices of a model; None if they are unknown.

    These are the prices that the model was created with, else those of the price list
    `genai-prices` of today, in its standard tier. `prices_of(model).cost(Usage(...))` is the cost
    of a call with that usage. No request is sent.

    Args:
        model: The model.
    """
    own: Prices | None = getattr(model, "prices", None)
    if own is not None:
        return own
    found = listed_prices(model.provider, [model.model])
    return None if isinstance(found, str) else found[0]
