"""What schemathesis cannot guess: ids of things that exist, and whom to sacrifice.

Most calls name real things, or nearly all answers would be 404. Some keep their invented ids, so that 404 is seen too.
"""

import json
import os
import random

import schemathesis

IDS = json.loads(os.environ["CONTRACT_IDS"])
# Operation or "delete" -> the token and the ids it is called with: these end a sign-in or remove what other calls need.
SPARES = json.loads(os.environ["CONTRACT_SPARES"])

chance = random.Random(20260101)


def spare(operation):
    name = operation.definition.raw.get("operationId")
    return SPARES.get(name) or (SPARES["delete"] if operation.method.lower() == "delete" else None)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters or chance.random() >= 0.8:
        return path_parameters
    of = spare(context.operation)
    ids = of["ids"] if of else IDS
    # A value of a wrong form is what is being tried: it stays.
    return {name: ids[name] if name in ids and looks_real(name, value) else value for name, value in path_parameters.items()}


def looks_real(name, value):
    if not isinstance(value, str):
        return False
    return value.isalpha() if name == "platform" else len(value) == 36 and value.count("-") == 4


@schemathesis.hook
def before_call(context, case, kwargs):
    of = spare(case.operation)
    headers = kwargs.get("headers") or {}
    if of and "Authorization" in headers:
        # A copy: the same headers serve the other operations.
        kwargs["headers"] = {**headers, "Authorization": f"Bearer {of['token']}"}
