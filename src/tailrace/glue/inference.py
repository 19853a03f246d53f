"""What a worker process does for a crawl: look at files and answer their shapes."""

from pathlib import Path
from typing import Any

import msgspec

from tailrace.glue.schema.classifying import classified


def infer(payload: dict[str, Any]) -> dict[str, Any]:
    """Answer ``{"shapes": [...]}`` for ``{"paths": [...], "classifiers": [...]}``, in the order of the paths.

    The shape of a file that is gone is None.
    """
    custom = payload["classifiers"]
    return {"shapes": [_shape(Path(path), custom) for path in payload["paths"]]}


def _shape(path: Path, custom: list[dict[str, Any]]) -> Any:
    try:
        return msgspec.to_builtins(classified(path, custom))
    except FileNotFoundError:
        return None
