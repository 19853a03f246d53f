"""What users' own tests are made with: a cloud in this process, on a clock in the test's hand.

Loaded when it is used: pytest finds the plugin beside this in every run, also in those that need no cloud.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.testing.cloud import Cloud as Cloud
    from tailrace.testing.cloud import DeploymentFailed as DeploymentFailed
    from tailrace.testing.cloud import Unsettled as Unsettled
    from tailrace.testing.crawler import CrawlFailed as CrawlFailed
    from tailrace.testing.endpoint import Hop as Hop
    from tailrace.testing.endpoint import Refused as Refused
    from tailrace.testing.faults import Faults as Faults
    from tailrace.testing.query import QueryFailed as QueryFailed

# name -> the module that holds it
_PLACES = {
    "Cloud": "cloud",
    "CrawlFailed": "crawler",
    "DeploymentFailed": "cloud",
    "Faults": "faults",
    "Hop": "endpoint",
    "QueryFailed": "query",
    "Refused": "endpoint",
    "Unsettled": "cloud",
}
__all__ = list(_PLACES)


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
