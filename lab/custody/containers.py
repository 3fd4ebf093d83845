"""Which container somebody has in hand, from what they read off it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody.errors import ItemNotFoundError, LabelTwiceError, NotReadableError
from lab.custody.models import Item, ItemState
from lab.custody.qr import container_text_of
from lab.errors import LabError
from lab.samples.codes import parse_code
from lab.sync.labels import samples_labelled


@dataclass(frozen=True)
class Container:
    """What was read, in the form in which it is kept, and the item where one is known."""

    text: str
    item: Item | None


def find_container(
    session: Session,
    *,
    text: str | None,
    item_id: UUID | None = None,
    manifest: Sequence[Item],
    taken: Collection[UUID | None] = (),
    keep_unknown: bool = False,
) -> Container:
    """The container with this code on its label or this number on its seal, or by its key.

    ``taken``: those that were scanned already. A code that no sample has is kept as it is; so is, with
    ``keep_unknown``, what is no code at all. Raises :class:`LabelTwiceError` where a label was used twice and both
    may be meant, :class:`NotReadableError`, and what :func:`~lab.custody.qr.container_text_of` raises.
    """
    if item_id is not None:
        item = session.get(Item, item_id)
        if item is None:
            raise ItemNotFoundError(item=str(item_id))
        return Container(item.seal_number or str(item_id), item)
    read = container_text_of(text or "")
    try:
        code = parse_code(read)
    except LabError as error:
        sealed = _by_seal(session, read, manifest)
        if sealed is None and not keep_unknown:
            raise NotReadableError from error
        return Container(read, sealed)
    items = [_item_of(session, sample.id, manifest) for sample in samples_labelled(session, code=code)]
    if not items:
        return Container(code, _by_seal(session, read, manifest))
    return Container(code, _meant(items, manifest, taken))


def _item_of(session: Session, sample_id: UUID, manifest: Sequence[Item]) -> Item:
    """The sample's container on the manifest; without one the container on its way, or the first."""
    items = session.exec(select(Item).where(Item.sample_id == sample_id).order_by(col(Item.created_at))).all()
    listed = {item.id for item in manifest}
    on_manifest = [item for item in items if item.id in listed]
    under_way = [item for item in items if item.state is ItemState.IN_TRANSIT]
    return (on_manifest or under_way or items)[0]


def _meant(items: Sequence[Item], manifest: Sequence[Item], taken: Collection[UUID | None]) -> Item:
    if len(items) == 1:
        return items[0]
    listed = {item.id for item in manifest}
    candidates = [item for item in items if item.id in listed] or list(items)
    if len(candidates) > 1 and not {item.id for item in candidates} <= set(taken):
        raise LabelTwiceError(seals=", ".join(sorted(item.seal_number or "?" for item in candidates)))
    return candidates[0]


def _by_seal(session: Session, number: str, manifest: Sequence[Item]) -> Item | None:
    on_manifest = [item for item in manifest if (item.seal_number or "").casefold() == number.casefold()]
    if on_manifest:
        return on_manifest[0]
    under_way = session.exec(select(Item).where(Item.seal_number == number, Item.state == ItemState.IN_TRANSIT)).all()
    return under_way[0] if len(under_way) == 1 else None
