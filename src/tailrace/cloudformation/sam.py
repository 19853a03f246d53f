"""The transform AWS::Serverless-2016-10-31, by AWS's own translator: run in a task's process, without the network."""

import logging
import os
from typing import Any

TRANSFORM = "AWS::Serverless-2016-10-31"


class SamError(Exception):
    """What the translator refuses, in its words."""


def transform(payload: dict[str, Any]) -> dict[str, Any]:
    """Answer {"template": …} for {"template": …, "parameters": {name: text}, "region": …}. Raises SamError."""
    # The translator asks boto3 for the region, and boto3 asks the environment.
    os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"] = payload["region"]
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # what it says here is nobody's to read
    from samtranslator.internal.managed_policies import get_bundled_managed_policy_map
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform as translate

    class Policies:
        """The names of AWS's managed policies, as they come with the translator."""

        def load(self) -> dict[str, str]:
            return get_bundled_managed_policy_map("aws") or {}

    try:
        translated = translate(payload["template"], payload["parameters"], Policies())
    except InvalidDocumentException as error:
        causes = [cause.message for cause in error.causes]
        raise SamError(f"{error.message} {' '.join(causes)}") from error
    return {"template": translated}
