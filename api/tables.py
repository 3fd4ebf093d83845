"""Imports every table, so that ``metadata`` is whole wherever it is needed."""

# ruff: noqa: F401 -- every module here is imported for its tables
import alerts.deliveries.models
import alerts.episodes.models
import alerts.evaluations.models
import alerts.reach.models
import alerts.rules.models
import alerts.signals.models
import alerts.subscriptions.models
import alerts.tasks.models
import alerts.unread.models
import alerts.warnings.models
import alerts.witnesses.models
import lab.bench.models
import lab.contacts.models
import lab.custody.models
import lab.directory.models
import lab.encounters.models
import lab.kit.outbox
import lab.labels.models
import lab.library.models
import lab.lookback.models
import lab.network.models
import lab.personcodes.models
import lab.photos.models
import lab.plates.models
import lab.quality.models
import lab.ratings.models
import lab.register.models
import lab.results.models
import lab.samples.models
import lab.sync.models
import lab.telling.models
from lab.kit.db import metadata

__all__ = ["metadata"]
