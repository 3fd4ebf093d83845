"""What waits for a coordinator or an approver: drafts, signals, rules to activate, parcels overdue."""

from collections.abc import Sequence

from sqlmodel import Session

from alerts.rules import service as rules
from alerts.signals import service as signals
from alerts.warnings import store
from alerts.warnings.lifecycle import OPEN
from api.auth.identity import Identity
from api.pages.alerts import row_of
from api.pages.home_rows import Block, Row
from lab.custody.models import Parcel
from lab.network.access import Actor, Permission
from lab.register import tasks as stock
from lab.register.models import CustodyTaskKind
from templates.i18n import Translator


def desk(session: Session, identity: Identity, translator: Translator) -> list[Block]:
    """The blocks, the most urgent first."""
    actor = identity.actor
    if not actor.may(Permission.ALERT_EDIT):
        return []
    blocks = [
        Block("alerts", _alerts(session, actor, translator)),
        Block("signals", _signals(session, actor, translator)),
    ]
    if actor.may(Permission.ALERT_APPROVE):
        blocks.append(Block("rules", _rules(session, translator)))
    if actor.may(Permission.CUSTODY_HANDLE):
        blocks.append(Block("overdue", _overdue(session, actor, translator)))
    return blocks


def _alerts(session: Session, actor: Actor, translator: Translator) -> Sequence[Row]:
    return [
        Row(
            href=f"/alerts/{row.alert.id}/work", title=row.headline or translator.text("alerts.being_written"),
            sub=translator.text(f"alerts.tier.{row.alert.tier.value}"), badge=translator.label(row.version.state),
            at=row.version.created_at,
        )
        for alert in store.list_alerts(session, actor=actor)
        if (row := row_of(session, alert, translator.language)).in_doubt or row.version.state in OPEN
    ]  # fmt: skip


def _signals(session: Session, actor: Actor, translator: Translator) -> Sequence[Row]:
    return [
        Row(
            href=f"/alerts/signals#signal-{one.id}", title=one.substance, at=one.found_at,
            sub=translator.text(
                "signals.said", positive=one.positive, tested=one.tested,
                expected=translator.number(round(one.expected, 1)),
            ),
        )
        for one in signals.open_signals(session, actor=actor)
    ]  # fmt: skip


def _rules(session: Session, translator: Translator) -> Sequence[Row]:
    draft = rules.draft(session)
    if draft is None:
        return []
    title = translator.text("rules.draft", version=draft.version)
    return [Row(href="/alerts/rules", title=title, sub=draft.reason, at=draft.created_at)]


def _overdue(session: Session, actor: Actor, translator: Translator) -> Sequence[Row]:
    late = [one for one in stock.open_tasks(session, actor=actor) if one.kind is CustodyTaskKind.OVERDUE]
    found = [(one, session.get(Parcel, one.parcel_id)) for one in late if one.parcel_id]
    return [
        Row(href=f"/parcels/{parcel.id}", title=parcel.seal_number, at=one.happened_at, sub=translator.label(one.kind))
        for one, parcel in found
        if parcel is not None
    ]
