"""What schemathesis cannot guess: ids of things that exist, and whom to sacrifice.

Most calls name real things, or nearly all answers would be 404. Some keep their invented ids, so that 404 is seen too.
"""

import atexit
import datetime
import json
import os
import random

import schemathesis

TOKEN = os.environ["CONTRACT_TOKEN"]
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


@schemathesis.auth(refresh_interval=None)
class Caller:
    """Whom an operation is called as; left out by schemathesis where a missing token is what is being tried."""

    def get(self, case, context):
        of = spare(case.operation)
        return of["token"] if of else TOKEN

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """The example of a snooze is a date in the document, which is too far ahead or past on most days: a day ahead is always right."""
    if case.operation.definition.raw.get("operationId") == "snooze_conversation" and is_snooze(case.body):
        tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        case.body = {"until": tomorrow.isoformat(timespec="seconds")}


def is_snooze(body):
    """Whether it is the document's example (its year tells), as opposed to an invented time or a wrong body."""
    return isinstance(body, dict) and list(body) == ["until"] and str(body["until"]).startswith("2027-01-05T")


answers = {}


@schemathesis.hook
def after_call(context, case, response):
    name = case.operation.definition.raw.get("operationId")
    seen = answers.setdefault(name, {})
    seen[response.status_code] = seen.get(response.status_code, 0) + 1


@atexit.register
def report():
    """Which answers each operation gave: the Rust test wants each operation to have succeeded."""
    with open(os.environ["CONTRACT_ANSWERS"], "w", encoding="utf-8") as file:
        json.dump(answers, file)
