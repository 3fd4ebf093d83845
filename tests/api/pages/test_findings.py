"""What a chemist ticks for the bands of a lane becomes findings."""

import pytest
from sqlmodel import Session

from api.pages.findings import _findings
from api.pages.forms import Form
from lab.library.service import find_substance, load_reference
from lab.results.models import FindingRole


@pytest.fixture
def library(session: Session) -> Session:
    load_reference(session)
    return session


def test_a_cutting_agent_is_taken_with_the_role_that_was_chosen(library: Session) -> None:
    form = Form(
        values={"band-1-a": ["caffeine"], "role-1-a": ["cut_active"], "band-1-b": [""], "role-1-b": ["cut_inert"]}
    )
    (finding,) = _findings(library, form)
    assert finding.substance_id == find_substance(library, name="caffeine").id
    assert finding.role is FindingRole.CUT_ACTIVE


def test_a_band_without_a_role_leaves_it_to_be_derived_and_an_unknown_has_none(library: Session) -> None:
    form = Form(values={"band-1-a": ["diazepam"], "role-1-a": [""], "band-1-b": ["unknown"], "role-1-b": [""]})
    derived, unknown = _findings(library, form)
    assert derived.role is None
    assert (unknown.substance_id, unknown.role) == (None, None)
