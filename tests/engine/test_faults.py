"""Faults: only those of the table, at a rate, the same way for the same seed, and each with dice of its own."""

import pytest

from tailrace.engine.faults import FaultReport, Faults, UnknownFault

KNOWN = {"slow": "it takes its time", "torn": "a page is torn"}


def struck(faults: Faults, name: str, count: int = 200) -> list[bool]:
    return [faults.strikes(name) for _ in range(count)]


def test_nothing_strikes_that_is_not_on() -> None:
    faults = Faults(KNOWN)
    assert not faults.any
    assert not any(struck(faults, "slow"))
    assert faults.hits() == {}
    assert faults.report() == [FaultReport(name, does, 0.0, 0, 0) for name, does in KNOWN.items()]


def test_a_fault_strikes_at_its_rate_and_is_counted() -> None:
    faults = Faults(KNOWN)
    faults.enable("slow", rate=0.25, seed=4)
    hits = sum(struck(faults, "slow", 2000))
    assert 400 < hits < 600
    assert faults.any and faults.hits() == {"slow": hits}
    assert faults.report()[0] == FaultReport("slow", "it takes its time", 0.25, 4, hits)
    faults.enable("slow")
    assert all(struck(faults, "slow"))
    faults.disable("slow")
    assert not any(struck(faults, "slow")) and not faults.any


def test_the_same_seed_strikes_the_same_whatever_else_is_on() -> None:
    alone, beside = Faults(KNOWN), Faults(KNOWN)
    alone.enable("slow", rate=0.5, seed=1)
    beside.enable("torn", rate=0.5, seed=1)
    beside.enable("slow", rate=0.5, seed=1)
    torn: list[bool] = []
    both = []
    for _ in range(200):
        torn.append(beside.strikes("torn"))
        both.append(beside.strikes("slow"))
    assert struck(alone, "slow") == both
    assert torn != both
    alone.enable("slow", rate=0.5, seed=2)
    assert struck(alone, "slow") != both


def test_other_names_and_rates_are_refused() -> None:
    faults = Faults(KNOWN)
    for switch in (faults.enable, faults.disable):
        with pytest.raises(UnknownFault, match="there is no fault slwo; there are slow, torn"):
            switch("slwo")
    for rate in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="a rate lies between 0 and 1"):
            faults.enable("slow", rate=rate)
    faults.disable()
    assert not faults.any
