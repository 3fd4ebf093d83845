"""How many files and sockets this process may have open at once."""

import resource


def allow_open_files(wanted: int) -> int:
    """Ask the system for ``wanted`` open files, as far as it lets this process; how many it may have now.

    Many systems give a process 1,024 and let it ask for far more.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    except (OSError, ValueError):
        return soft
    return allowed
