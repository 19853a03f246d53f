"""The pytest plugin, found by pytest by itself: the fixture ``cloud`` is a running Tailrace with an empty state.

It is loaded in every pytest run of its environment, so it imports nothing that a run without clouds doesn't need.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tailrace.testing.cloud import Cloud


@pytest.fixture
def cloud() -> "Iterator[Cloud]":
    """A Tailrace of this test alone: in memory, on its own port, its clock moved by ``advance`` and ``settle``.

    While the test runs, AWS_ENDPOINT_URL and credentials are set, so that boto3 clients which the code under test makes
    for itself, and commands that it starts, talk to this cloud and never to AWS. For a cloud of another scope make a
    fixture of your own: ``with Cloud() as cloud, cloud.as_aws(): yield cloud``.
    """
    from tailrace.testing.cloud import Cloud

    with Cloud() as running, running.as_aws():
        yield running
