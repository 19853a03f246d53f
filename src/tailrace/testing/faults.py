"""Faults in the hand of a test: by name, rate and seed, each with AWS's own error code and text."""

from typing import Any

from tailrace.testing.endpoint import ask


class Faults:
    """Switch a cloud's faults on and off. A fault strikes the same way for the same seed and the same requests."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    def known(self) -> dict[str, str]:
        """Answer the names of all faults, and what each does."""
        return {fault["name"]: fault["does"] for fault in self._report()}

    def enable(self, name: str, *, rate: float = 1.0, seed: int = 0) -> None:
        """Let a fault strike with a probability from 0 to 1. Raises Refused, which lists the faults that there are."""
        ask(self._endpoint, "POST", "faults", {"name": name, "rate": rate, "seed": seed})

    def disable(self, name: str | None = None) -> None:
        """Switch one fault off, or all."""
        ask(self._endpoint, "POST", "faults", {} if name is None else {"name": name, "rate": 0})

    def hits(self) -> dict[str, int]:
        """Answer how often each fault that is on has struck."""
        return {fault["name"]: fault["hits"] for fault in self._report() if fault["rate"]}

    def _report(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(self._endpoint, "GET", "faults")["faults"]
        return found
