"""Items at the counter and at the bench, and their events, for tests of custody."""

from lab.custody import service
from lab.custody.models import Action, CustodyEvent, Item
from tests.lab.custody.conftest import Network


def collect(network: Network, mass_mg: float | None = 100) -> Item:
    return service.register_item(
        network.session,
        actor=network.worker,
        sample_id=network.sample(),
        site_id=network.north.id,
        mass_mg=mass_mg,
    )


def at_bench(network: Network, mass_mg: float | None = 100) -> Item:
    """An item that the laboratory received and opened."""
    item = collect(network, mass_mg)
    service.seal(network.session, actor=network.worker, item_id=item.id, seal_number="N-1")
    event(network, item, Action.HANDED_OVER)
    event(network, item, Action.RECEIVED, actor=network.chemist, to_site_id=network.bench.id)
    service.open_item(network.session, actor=network.chemist, item_id=item.id)
    return item


def event(network: Network, item: Item, action: Action, **details: object) -> CustodyEvent:
    actor = details.pop("actor", network.worker)
    return service.record_event(network.session, actor=actor, item_id=item.id, action=action, **details)  # type: ignore[arg-type]  # an Actor
