"""Request ids as each service makes them."""

import base64
import random

_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})


def request_id(service: str | None, dice: random.Random) -> str:
    """Answer a new id: DynamoDB's has 52 capital letters and digits, S3's 16, the others' is a uuid."""
    if service in _DYNAMODB:
        return base64.b32encode(dice.randbytes(32)).decode()[:52]
    if service == "s3":
        return base64.b32encode(dice.randbytes(10)).decode()
    text = f"{dice.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{'89ab'[int(text[16], 16) & 3]}{text[17:20]}-{text[20:]}"
