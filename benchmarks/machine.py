"""What figures are measured on."""

import os
import platform
from functools import cache
from pathlib import Path

_CPUS = Path("/proc/cpuinfo")


@cache
def machine() -> str:
    """Answer the processor, its cores, the memory, the system and Python in words."""
    told = _CPUS.read_text().splitlines() if _CPUS.exists() else []
    models = sorted({line.partition(":")[2].strip() for line in told if line.startswith("model name")})
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{' and '.join(models) or platform.machine()}, {cores} cores, {memory_gb:.0f} GB, {system}"
