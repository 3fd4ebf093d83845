"""What binds a process that looks at a picture: memory, time, no files, and the life of its parent."""

import math
import os
import resource
import threading
import time
from pathlib import Path


def limit(*, memory_mb: int, cpu_s: int) -> None:
    """Bind this process: address space and processor time above what its code took, no files, no core dump."""
    taken = Path("/proc/self/statm")
    if taken.exists():  # macOS has no such figure and does not hold the limit; there the time limits stand alone
        memory = int(taken.read_text().split()[0]) * resource.getpagesize() + memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    cpu = math.ceil(time.process_time()) + cpu_s  # loading the reader takes a second on a busy machine
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent(parent: int) -> None:
    """Leave as soon as the parent is gone: nobody would hear the answer."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
