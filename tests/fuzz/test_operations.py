"""Every operation, asked for in every odd way that its model allows, and in some that it doesn't: never a 500.

More of it: ``make fuzz EXAMPLES=… SEED=…``.
"""

import random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuzz.good import NEVER
from fuzz.maker import Maker
from fuzz.operations import FORMS, Subject, subjects
from fuzz.storm import Storm
from fuzz.target import Target

EXAMPLES = 8
SEEDS = range(24)
PATIENCE = 400  # requests until one that chance makes should have been good

often = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("subject", subjects(), ids=lambda subject: subject.known_as.replace(" ", "-"))
@given(dice=st.randoms(), wrong=st.booleans())
@often
def test_no_request_is_a_failure_of_the_server(
    storm: Storm, subject: Subject, dice: random.Random, wrong: bool
) -> None:
    params = Maker(dice, storm.names, wrong=wrong).made(subject)
    finding = storm.ask(subject, params)
    assert finding is None, finding


@pytest.mark.parametrize("seed", SEEDS)
def test_requests_that_were_good_and_are_odd(storm: Storm, target: Target, seed: int) -> None:
    storm.furnish()
    assert not storm.rage(subjects(), random.Random(seed), wrong=seed % 2 == 1)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(4))
def test_other_forms_of_the_same(storm: Storm, target: Target, form: str, seed: int) -> None:
    """AWS JSON also comes in CBOR, in two forms; what SQS and CloudWatch are asked for comes as forms, too."""
    write, chosen = FORMS[form]
    assert not storm.rage(chosen, random.Random(seed), wrong=seed % 2 == 1, write=write)


def test_every_operation_has_been_carried_out(storm: Storm, target: Target) -> None:
    storm.furnish()
    maker, never = Maker(random.Random(1), storm.names), set()
    for subject in subjects():
        for _ in range(PATIENCE):
            if storm.carried_out[subject.known_as] or subject.known_as in NEVER:
                break
            storm.ask(subject, maker.made(subject))
        else:
            never.add(subject.known_as)
    assert not never, "what is never carried out isn't tested: give a good request in good.py"
