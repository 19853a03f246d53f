"""What users' own tests are made with: a cloud in this process, on a clock in the test's hand."""

from tailrace.testing.cloud import Cloud, DeploymentFailed

__all__ = ["Cloud", "DeploymentFailed"]
