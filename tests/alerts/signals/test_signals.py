"""Signals are counted from answers that stand, kept once a week, and decided by people."""

from datetime import timedelta

import pytest
from sqlmodel import select

from alerts.errors import ReasonMissingError, SignalNotFoundError
from alerts.signals import service
from alerts.signals.detection import BASELINE_WEEKS
from alerts.signals.models import Signal, SignalState
from lab.errors import ForbiddenError
from lab.kit.clock import now, today
from lab.results.models import Result
from tests.alerts.house import House


def test_what_was_found_is_counted_by_the_week_of_its_answer(house: House) -> None:
    _, old = house.verified_found("ketamine", sold_as="cocaine")
    house.verified_found("cocaine", sold_as="cocaine")
    stored = house.session.get_one(Result, old.id)
    stored.verified_at = now() - timedelta(days=7)
    house.session.add(stored)
    house.session.flush()
    counted = {(one.substance, one.sold_as): one for one in service.series_until(house.session, day=today())}
    assert counted["ketamine", ""].positive[-2:] == (1, 0)
    assert counted["ketamine", "cocaine"].tested[-2:] == (1, 1)
    assert counted["cocaine", "cocaine"].positive[-2:] == (0, 1)
    assert len(counted["ketamine", ""].tested) == BASELINE_WEEKS + 1


def a_signal(house: House) -> Signal:
    signal = Signal(
        substance="ketamine", week=today(), positive=9, tested=40, expected=1.5, p_value=1e-5, q_value=1e-3, series=12
    )
    house.session.add(signal)
    house.session.flush()
    return signal


def test_a_person_decides_once_and_says_why(house: House) -> None:
    signal = a_signal(house)
    with pytest.raises(ReasonMissingError):
        service.decide(house.session, actor=house.coordinator, signal_id=signal.id, follow=True, reason="")
    with pytest.raises(ForbiddenError):
        service.decide(house.session, actor=house.chemist, signal_id=signal.id, follow=True, reason="x")
    service.decide(house.session, actor=house.coordinator, signal_id=signal.id, follow=False, reason="one festival")
    with pytest.raises(SignalNotFoundError):
        service.decide(house.session, actor=house.coordinator, signal_id=signal.id, follow=True, reason="x")
    assert service.open_signals(house.session, actor=house.coordinator) == []


def test_a_rise_is_kept_once_a_week_and_sends_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    risen = service.Series("ketamine", "", [2] * BASELINE_WEEKS + [15], [40] * (BASELINE_WEEKS + 1))
    monkeypatch.setattr(service, "series_until", lambda session, *, day: [risen])
    (signal,) = service.look(house.session)
    assert [one.id for one in service.look(house.session)] == [signal.id]
    assert house.alerts() == {}
    service.decide(house.session, actor=house.coordinator, signal_id=signal.id, follow=True, reason="asked the sites")
    assert service.look(house.session) == []
    assert house.session.exec(select(Signal.state)).all() == [SignalState.LOOKED_AT]
