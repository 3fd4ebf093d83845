"""What a registration must satisfy beyond its shape. The first thing that is wrong is told, beside its field."""

from sqlmodel import Session

from lab.kit.clock import today
from lab.library.models import Substance
from lab.network.models import Site
from lab.samples.errors import (
    AreaMissingError,
    CollectedInFutureError,
    ConsentMissingError,
    OutOfRangeError,
    SiteClosedError,
    SubstanceUnknownError,
    TabletMarksError,
)
from lab.samples.models import SampleForm
from lab.samples.schemas import SampleIn

# What fits into a sachet at a counter, and the largest dies of tablet presses; wide on purpose: they catch a slip
# of the decimal point or a gram typed as a milligram, and judge nothing.
LIMITS: dict[str, tuple[float, float, str]] = {
    "mass_mg": (0.01, 100_000.0, "mg"),
    "tablet_mass_mg": (1.0, 5_000.0, "mg"),
    "tablet_length_mm": (1.0, 40.0, "mm"),
    "tablet_width_mm": (1.0, 40.0, "mm"),
    "tablet_thickness_mm": (0.5, 30.0, "mm"),
}
_TABLET_FIELDS = (
    "tablet_shape",
    "tablet_logo",
    "tablet_score",
    "tablet_length_mm",
    "tablet_width_mm",
    "tablet_thickness_mm",
    "tablet_mass_mg",
)
_WITH_MARKS = {SampleForm.TABLET, SampleForm.CAPSULE}


def check_registration(session: Session, *, data: SampleIn) -> Site:
    """The site of a registration that may be taken.

    Raises :class:`ConsentMissingError`, :class:`SiteClosedError`, :class:`CollectedInFutureError`,
    :class:`AreaMissingError`, :class:`OutOfRangeError`, :class:`TabletMarksError`, :class:`SubstanceUnknownError`.
    """
    if not data.consent_analyse:
        raise ConsentMissingError
    site = session.get(Site, data.site_id)
    if site is None or not site.active:
        raise SiteClosedError
    if data.collected_on is not None and data.collected_on > today():
        raise CollectedInFutureError(today=today().isoformat())
    if not (data.area or site.area):
        raise AreaMissingError
    _check_measures(data)
    substance_id = data.sold_as_substance_id
    if substance_id is not None and session.get(Substance, substance_id) is None:
        raise SubstanceUnknownError
    return site


def _check_measures(data: SampleIn) -> None:
    for field, (low, high, unit) in LIMITS.items():
        value = getattr(data, field)
        if value is not None and not low <= value <= high:  # NaN is in no range either
            raise OutOfRangeError(field=field, low=low, high=high, unit=unit)
    marked = next((field for field in _TABLET_FIELDS if getattr(data, field) is not None), None)
    if marked is not None and data.form not in _WITH_MARKS:
        raise TabletMarksError
