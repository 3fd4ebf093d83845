"""One round of sending at a time in a process: a second one would only take a worker's place."""

from threading import Lock


class Gate:
    """Whoever comes while a round goes on leaves word, and the round looks again before it ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._busy = False
        self._asked = False

    def enter(self) -> bool:
        """Whether the caller is to send; otherwise somebody does already, and will look again."""
        with self._lock:
            if self._busy:
                self._asked = True
                return False
            self._busy, self._asked = True, False
            return True

    def leave(self) -> bool:
        """Whether the round may end; not while somebody asked since it last looked."""
        with self._lock:
            if self._asked:
                self._asked = False
                return False
            self._busy = False
            return True

    def force_open(self) -> None:
        """The round broke."""
        with self._lock:
            self._busy = self._asked = False
