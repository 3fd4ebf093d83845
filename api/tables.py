"""Imports every table, so that ``metadata`` is whole wherever it is needed."""

import alerts.deliveries.models
import alerts.episodes.models
import alerts.evaluations.models
import alerts.subscriptions.models
import alerts.tasks.models
import alerts.warnings.models
import lab.custody.models
import lab.kit.outbox
import lab.library.models
import lab.network.models
import lab.plates.models
import lab.results.models
import lab.samples.models  # noqa: F401 -- imported for its tables, as are those above
from lab.kit.db import metadata

__all__ = ["metadata"]
