"""Protocols by version, and who was trained on which: when, by whom, until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.kit.clock import today
from lab.kit.text import PlainText
from lab.network.access import Actor, Permission
from lab.network.errors import (
    LinkInvalidError,
    ProtocolNotFoundError,
    ProtocolTakenError,
    TrainedInFutureError,
    ValidityError,
)
from lab.network.models import Account, Protocol, RoleGrant, Training
from lab.network.people import visible_account


class ProtocolIn(BaseModel):
    """A version of a protocol, and where it is written."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: PlainText = Field(min_length=1, max_length=160)
    version: PlainText = Field(min_length=1, max_length=40)
    valid_from: date
    valid_until: date | None = None
    link: PlainText = Field(min_length=1, max_length=300)


class TrainingIn(BaseModel):
    """A training as it was given."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    account_id: UUID
    protocol_id: UUID
    trained_on: date
    valid_until: date | None = None
    trained_by: PlainText = Field(min_length=1, max_length=120)


@dataclass(frozen=True)
class TrainingRow:
    """A training with the names it points at, and whether it still holds for the version in force."""

    training: Training
    account: Account
    protocol: Protocol
    holds: bool
    superseded: bool


def add_protocol(session: Session, *, actor: Actor, data: ProtocolIn) -> Protocol:
    """Write down a version of a protocol. Raises :class:`ProtocolTakenError`, :class:`ValidityError`, a bad link."""
    actor.require(Permission.NETWORK_COORDINATE)
    if data.valid_until is not None and data.valid_until < data.valid_from:
        raise ValidityError
    if not data.link.startswith(("https://", "http://")):
        raise LinkInvalidError
    same = select(Protocol).where(Protocol.title == data.title, Protocol.version == data.version)
    if session.exec(same).first() is not None:
        raise ProtocolTakenError(title=data.title, version=data.version)
    protocol = Protocol(**data.model_dump(), created_by=actor.account_id)
    session.add(protocol)
    session.flush()
    return protocol


def list_protocols(session: Session) -> Sequence[Protocol]:
    """Every version, by title, the newest first."""
    return session.exec(select(Protocol).order_by(Protocol.title, col(Protocol.valid_from).desc())).all()


def in_force(protocols: Sequence[Protocol], *, on: date) -> dict[str, Protocol]:
    """By title, the version that holds on ``on``."""
    holding: dict[str, Protocol] = {}
    for one in sorted(protocols, key=lambda protocol: protocol.valid_from):
        if one.valid_from <= on and (one.valid_until is None or one.valid_until >= on):
            holding[one.title] = one
    return holding


def record_training(session: Session, *, actor: Actor, data: TrainingIn) -> Training:
    """Write down that somebody was trained. Raises what is wrong with the days, or that there is no such thing."""
    actor.require(Permission.NETWORK_COORDINATE)
    visible_account(session, actor=actor, account_id=data.account_id)
    if session.get(Protocol, data.protocol_id) is None:
        raise ProtocolNotFoundError
    if data.trained_on > today():
        raise TrainedInFutureError
    if data.valid_until is not None and data.valid_until < data.trained_on:
        raise ValidityError
    training = Training(**data.model_dump(), recorded_by=actor.account_id)
    session.add(training)
    session.flush()
    return training


def list_training(session: Session, *, actor: Actor, on: date, site_id: UUID | None = None) -> Sequence[TrainingRow]:
    """Who was trained on what, the newest first; of one site's team when it is given."""
    actor.require(Permission.NETWORK_COORDINATE)
    holding = in_force(list_protocols(session), on=on)
    statement = (
        select(Training, Account, Protocol)
        .join(Account, col(Account.id) == col(Training.account_id))
        .join(Protocol, col(Protocol.id) == col(Training.protocol_id))
        .order_by(col(Training.trained_on).desc(), Account.display_name)
    )
    allowed = actor.sites(Permission.NETWORK_COORDINATE)
    if site_id is not None or allowed is not None:
        here = select(RoleGrant.account_id)
        if site_id is not None:
            here = here.where(RoleGrant.site_id == site_id)
        if allowed is not None:
            here = here.where(col(RoleGrant.site_id).in_(allowed))
        statement = statement.where(col(Account.id).in_(here))
    return [
        TrainingRow(
            training, account, protocol,
            holds=training.valid_until is None or training.valid_until >= on,
            superseded=protocol.title in holding and holding[protocol.title].id != protocol.id,
        )
        for training, account, protocol in session.exec(statement)
    ]  # fmt: skip
