"""The service's registry of operations; ``service`` imports every file that registers one."""

from tailrace.service.service import Service

SERVICE = Service("cloudformation")
