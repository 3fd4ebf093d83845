"""A server and workers of one laboratory, each back as soon as it is killed."""

import multiprocessing
import socket
import time
from multiprocessing.process import BaseProcess

import httpx2

from tests.faults import house_process

WORKERS = 2


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Crew:
    """Processes forked from one that has everything loaded: what is killed is back within a moment."""

    def __init__(self, url: str, folder: str, smtp: int) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.faults.house_process"])
        self._url, self._folder, self._smtp = url, folder, smtp
        self.workers = [self._hire() for _ in range(WORKERS)]
        self._open()

    def _hire(self) -> BaseProcess:
        process = self._context.Process(target=house_process.work, args=(self._url, self._folder, self._smtp))
        process.start()
        return process

    def _open(self) -> None:
        port = free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        self.server = self._context.Process(target=house_process.serve, args=(self._url, self._folder, port))
        self.server.start()

    def wait_until_open(self) -> None:
        end_s = time.monotonic() + 60
        while time.monotonic() < end_s:
            try:
                httpx2.get(f"{self.base_url}/health/live", trust_env=False)
            except httpx2.TransportError:
                time.sleep(0.02)
            else:
                return
        message = "the server did not come back"
        raise TimeoutError(message)

    def kill_server(self) -> None:
        self.server.kill()
        self.server.join()
        self._open()

    def kill_worker(self, number: int) -> None:
        self.workers[number].kill()
        self.workers[number].join()
        self.workers[number] = self._hire()

    def end(self) -> None:
        for process in (*self.workers, self.server):
            process.kill()
            process.join()
