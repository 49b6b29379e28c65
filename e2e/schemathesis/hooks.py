"""What schemathesis cannot know: whose token an address needs, and ids that are there."""

import json
import os
import zlib

import schemathesis

with open(os.environ["OPENECLS_FACTS"], encoding="utf-8") as file:
    FACTS = json.load(file)


@schemathesis.serializer("text/csv")
def table(context, value):
    """A table is sent as it is."""
    return {"data": value if isinstance(value, bytes) else str(value).encode()}


@schemathesis.auth(refresh_interval=None)
class Token:
    """The token of somebody who holds the scope that the address names."""

    def get(self, case, context):
        scope = context.operation.definition.raw.get("x-scope")
        role = FACTS["scopes"].get(scope, "data_manager")
        return FACTS["tokens"][role]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def map_case(context, case):
    """Puts ids that are there into three of four addresses whose parts were meant to be right."""
    meta = case.meta
    if meta is not None and any(part.mode.is_negative and place.value == "path" for place, part in meta.components.items()):
        return case
    for name, value in (case.path_parameters or {}).items():
        known = FACTS["known"].get(name)
        number = zlib.crc32(repr((value, case.body)).encode())
        if known and number % 4:
            case.path_parameters[name] = known[(number // 4) % len(known)]
    return case
