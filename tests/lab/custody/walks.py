"""A sample's way from the counter to the bench, for tests that need a log with something in it."""

from uuid import UUID

from lab.custody import service
from lab.custody.models import SealState
from tests.lab.custody.conftest import Network


def walk(network: Network) -> UUID:
    """Collected, sealed, packed, handed over, received, opened, divided, consumed: ten events; the sample."""
    session, worker, chemist = network.session, network.worker, network.chemist
    sample_id = network.sample()
    item = service.register_item(session, actor=worker, sample_id=sample_id, site_id=network.north.id, mass_mg=120)
    service.seal(session, actor=worker, item_id=item.id, seal_number="N-0001", note="a private note")
    parcel = service.pack(
        session,
        actor=worker,
        item_ids=[item.id],
        seal_number="P-0001",
        from_site_id=network.north.id,
        to_site_id=network.bench.id,
        legal_basis="circular 12/2026",
    )
    service.hand_over_parcel(session, actor=worker, parcel_id=parcel.id)
    service.receive_parcel(
        session, actor=chemist, parcel_id=parcel.id, received_item_ids=[item.id], seal_state=SealState.INTACT
    )
    service.open_item(session, actor=chemist, item_id=item.id)
    child = service.aliquot(session, actor=chemist, item_id=item.id, mass_mg=20)
    for mass_mg in (1.25, 1.25):
        service.consume(session, actor=chemist, item_id=child.id, mass_mg=mass_mg)
    return sample_id
