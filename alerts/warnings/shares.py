"""Which share of alerts comes from testing points [Brussels plan, action 8]."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlmodel import Session, col, select

from alerts.warnings.models import Alert, AlertBasis
from lab.network.models import Site, SiteType
from lab.samples.models import Sample


@dataclass(frozen=True)
class AlertShare:
    """Of ``whole`` alerts drafted in a period, how many rest on a sample that a testing point took in."""

    part: int
    whole: int


def share_from_testing_points(session: Session, *, first: date, after: date) -> AlertShare:
    """Alerts drafted from ``first`` on and before ``after``; exercises are not counted."""
    begin, end = (datetime.combine(day, time.min, tzinfo=UTC) for day in (first, after))
    rows = session.exec(
        select(Alert.id, Site.type)
        .join(AlertBasis, col(AlertBasis.alert_id) == col(Alert.id))
        .join(Sample, col(Sample.id) == col(AlertBasis.sample_id))
        .join(Site, col(Site.id) == col(Sample.site_id))
        .where(col(Alert.created_at) >= begin, col(Alert.created_at) < end, col(Alert.exercise).is_(False))
    ).all()
    from_points = {alert_id for alert_id, kind in rows if kind is not SiteType.LABORATORY}
    return AlertShare(len(from_points), len({alert_id for alert_id, _ in rows}))
