"""Open data: what may be shared of reported results, for those who agreed to it.

One row a substance found (one without, where nothing was). No code, no key, no site by name, no words of the person, no
mark of a tablet and no day: month, area, kind of site and product alone. Of the answers, those given out that still
stand.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

from sqlmodel import Session, col, select

from lab.network.models import Site
from lab.results.answers import answer_of
from lab.results.models import Result, ResultState
from lab.results.schemas import Answer, Found
from lab.samples.models import Sample


@dataclass(frozen=True)
class OpenRow:
    """One line of the file. Empty: not stated, or nothing found."""

    month: str
    area: str
    site_type: str
    form: str
    sold_as: str
    conclusion: str
    substance: str
    substance_class: str
    role: str
    abundance: str
    evidence: str
    techniques: str


COLUMNS = tuple(field.name for field in fields(OpenRow))


def open_rows(session: Session) -> Iterator[OpenRow]:
    """The rows of every reported answer whose person agreed to open data, in no order that tells when they came."""
    statement = (
        select(Result, Sample, Site)
        .join(Sample, col(Sample.id) == col(Result.sample_id))
        .join(Site, col(Site.id) == col(Sample.site_id))
        .where(Result.state == ResultState.REPORTED, col(Sample.consent_open_data).is_(True))
        .order_by(col(Result.id))  # random keys: the order says nothing
    )
    for result, sample, site in session.exec(statement):
        answer = answer_of(session, result=result)
        for found in answer.found or (None,):
            yield _row(sample, site, answer, found)


def _row(sample: Sample, site: Site, answer: Answer, found: Found | None) -> OpenRow:
    runs = dict.fromkeys(run.technique.value for run in answer.runs)
    return OpenRow(
        month=sample.collected_on.strftime("%Y-%m"),
        area=sample.area,
        site_type=site.type.value,
        form=sample.form.value if sample.form else "",
        sold_as=answer.expected.substance or "",
        conclusion=answer.conclusion.value,
        substance=(found.substance or "") if found else "",
        substance_class=(found.substance_class or "") if found else "",
        role=found.role.value if found else "",
        abundance=found.abundance.value if found else "",
        evidence=found.evidence.value if found else "",
        techniques="+".join(one.value for one in found.techniques) if found else "+".join(runs),
    )
