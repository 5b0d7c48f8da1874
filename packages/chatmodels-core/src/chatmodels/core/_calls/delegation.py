"""The request that another model gets when a policy passes a call on to it."""

from typing import TypeVar

import msgspec

from chatmodels.core._calls.call import CallInfo
from chatmodels.core._values.request import ChatRequest
from chatmodels.core._values.settings import Settings

Struct = TypeVar("Struct", ChatRequest, Settings)


def delegated_request(request: ChatRequest, call: CallInfo, /) -> ChatRequest:
    """Return a policy's request without the cuts that were made for the call's own model.

    The abilities of the own model do not matter for another one. Each field, and each setting,
    that the policy left as it was in `call.request` gets its value from `call.asked`. If the
    policy changed a field that had been cut, its value stays, and `call.was_cut` is set.
    """
    own, asked = call.request, call.asked
    if asked is own:
        return request
    if request is own:
        return asked
    if any(
        name != "settings"
        and getattr(own, name) is not getattr(asked, name)
        and getattr(own, name) is not getattr(request, name)
        for name in own.__struct_fields__
    ):
        call.was_cut = True
    settings = _uncut(request.settings, own.settings, asked.settings)
    return msgspec.structs.replace(_uncut(request, own, asked), settings=settings)


def _uncut(changed: Struct, own: Struct, asked: Struct) -> Struct:
    unchanged = {
        name: getattr(asked, name)
        for name in own.__struct_fields__
        if getattr(changed, name) is getattr(own, name)
    }
    return msgspec.structs.replace(changed, **unchanged)
