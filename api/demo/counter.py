"""At the testing point and on the road: registered, sealed, packed, handed over, received."""

import secrets

from api.demo.network import FESTIVAL, LABORATORY, make_network
from api.demo.story import Story
from lab.custody import service as custody
from lab.custody.models import SealState
from lab.library import service as library
from lab.network.models import Role
from lab.samples import service as samples
from lab.samples.codes import format_code
from lab.samples.models import SampleForm
from lab.samples.schemas import SampleIn
from lab.samples.words import Colour

SOLD_AS = "diazepam"
MASS_MG = 180.0
# Of the transport. A demo has no authorisation and says so.
LEGAL_BASIS = "Exercise: no material is moved"


def open_network(story: Story) -> str:
    """Sites, people and the reference library in an empty database."""
    with story.session() as session:
        story.network = make_network(session)
        report = library.load_reference(session)
    people = len(story.network.actors)
    return (
        f"{len(story.network.sites)} sites, {people} accounts, {len(Role)} roles; library: "
        f"{report.substances.added} substances, {report.values.added} values in {report.systems.added} systems"
    )


def register(story: Story) -> str:
    """A tablet sold as diazepam, under a random code."""
    with story.session() as session:
        sold_as = library.find_substance(session, name=SOLD_AS)
        data = SampleIn(
            site_id=story.site(FESTIVAL).id,
            sold_as_substance_id=sold_as.id,
            sold_as_raw="blue valium",
            form=SampleForm.TABLET,
            colours=[Colour.BLUE],
            mass_mg=MASS_MG,
            consent_analyse=True,
            consent_notify=True,
            consent_language="en",
        )
        registered = samples.register(session, actor=story.actor("worker"), data=data)
        story.keys |= {"sample": registered.sample.id, "item": registered.item.id}
        story.code = registered.sample.code
    told = f"sample {format_code(story.code)}, {MASS_MG:g} mg, sold as {SOLD_AS}"
    return f"{told}; ticket given, nothing asked about the person"


def seal_and_hand_over(story: Story) -> str:
    """Sealed, packed with its manifest, given to the courier."""
    item, parcel = f"S-{secrets.token_hex(3)}", f"P-{secrets.token_hex(3)}"
    with story.session() as session:
        worker = story.actor("worker")
        custody.seal(session, actor=worker, item_id=story.keys["item"], seal_number=item, mass_mg=MASS_MG)
        packed = custody.pack(
            session,
            actor=worker,
            item_ids=[story.keys["item"]],
            seal_number=parcel,
            from_site_id=story.site(FESTIVAL).id,
            to_site_id=story.site(LABORATORY).id,
            legal_basis=LEGAL_BASIS,
        )
        custody.hand_over_parcel(session, actor=worker, parcel_id=packed.id)
        story.keys["parcel"] = packed.id
    return f"bag seal {item}, parcel seal {parcel}, in transit"


def receive(story: Story) -> str:
    """Received at the laboratory, seal looked at, opened."""
    with story.session() as session:
        chemist = story.actor("chemist")
        receipt = custody.receive_parcel(
            session,
            actor=chemist,
            parcel_id=story.keys["parcel"],
            received_item_ids=[story.keys["item"]],
            seal_state=SealState.INTACT,
        )
        custody.open_item(session, actor=chemist, item_id=story.keys["item"])
        held = custody.state_of(session, item_id=story.keys["item"])
    deviates = "deviates from its manifest" if receipt.deviates else "as on its manifest"
    return f"1 item received, {deviates}; now {held.state.value.replace('_', ' ')}, seal opened for work"
