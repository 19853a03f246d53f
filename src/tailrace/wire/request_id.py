"""Request ids as each service makes them."""

import random

_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})


def request_id(service: str | None, dice: random.Random) -> str:
    """Answer a new id: DynamoDB's has 52 capital letters and digits, S3's 16, the others' is a uuid."""
    if service in _DYNAMODB:
        return f"{dice.getrandbits(208):052X}"
    if service == "s3":
        return f"{dice.getrandbits(64):016X}"
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[dice.getrandbits(2)]}{text[17:20]}-{text[20:]}"
