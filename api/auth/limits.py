"""Rate limits per client address, in memory or shared through Redis. Addresses are never written down."""

import time

from limits import parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter


class RateLimiter:
    """Counts calls by (limit, bucket, client) and says when one is too many."""

    def __init__(self, storage_url: str) -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(storage_url))

    def allow(self, limit: str, bucket: str, client: str) -> bool:
        """Count one call of ``client`` in ``bucket``; False when it exceeds ``limit``."""
        return self._limiter.hit(parse(limit), bucket, client)

    def retry_after_s(self, limit: str, bucket: str, client: str) -> int:
        """Seconds until ``client`` may call again."""
        stats = self._limiter.get_window_stats(parse(limit), bucket, client)
        return max(1, int(stats.reset_time - time.time()) + 1)
