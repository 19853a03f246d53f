"""Every operation, asked for in every odd way that its model allows, and in some that it doesn't: never a 500."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.furniture import Known
from fuzz.operations import Maker, ask, subjects
from fuzz.target import Target

SERVICES = sorted({subject.service for subject in subjects()})
ANSWERS = range(200, 500)
_ALSO = {501, 503}  # what isn't carried out, and what there is no room for

# Found once; there is nothing to make smaller, and what was sent is in the message.
often = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("wrong", [False, True], ids=["right types", "wrong types"])
@given(dice=st.randoms(use_true_random=True))
@often
def test_no_request_is_a_failure_of_the_server(
    service: str, wrong: bool, dice: random.Random, target: Target, known: Known
) -> None:
    statuses: Counter[int] = Counter()
    for subject in subjects():
        if subject.service == service:
            params = Maker(dice, known, wrong=wrong).params(subject)
            answer = ask(target, subject, params)
            if answer is not None:
                statuses[answer.status] += 1
                told = f"{service} {subject.name} {params!r}"
                assert answer.status in ANSWERS or answer.status in _ALSO, f"{answer.status} for {told[:2000]}"
    assert statuses
