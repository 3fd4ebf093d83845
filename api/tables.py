"""Imports every table, so that ``metadata`` is whole wherever it is needed."""

# ruff: noqa: F401 -- every module here is imported for its tables
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
import lab.samples.models
from lab.kit.db import metadata

__all__ = ["metadata"]
