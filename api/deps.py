"""Annotated aliases for what routes ask for."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Query, Request
from sqlmodel import Session

from alerts.services import AlertServices
from api.auth.csrf import SAFE_METHODS
from api.auth.errors import NotSignedInError
from api.auth.identity import Identity, identify
from api.services import alert_services
from api.settings import Settings
from api.state import state_of
from lab.kit.files import FileStore
from lab.network.access import Actor


def _session(request: Request) -> Iterator[Session]:
    database = state_of(request).database
    with database.reading() if request.method in SAFE_METHODS else database.session() as session:
        yield session


def _reading(request: Request) -> Iterator[Session]:
    with state_of(request).database.reading() as session:
        yield session


def _identity(request: Request) -> Identity:
    identity = identify(request)
    if identity is None:
        raise NotSignedInError
    return identity


def _actor(identity: Annotated[Identity, Depends(_identity)]) -> Actor:
    return identity.actor


def _settings(request: Request) -> Settings:
    return state_of(request).settings


def _files(request: Request) -> FileStore:
    return state_of(request).files


def _alert_services(request: Request) -> AlertServices:
    return alert_services(state_of(request).settings)


# scope="function": the commit happens before the answer is sent, so that nobody is told of what was then lost.
SessionDep = Annotated[Session, Depends(_session, scope="function")]
# A POST that only asks, so that what is asked stands in no address: it takes no write lock.
ReadingDep = Annotated[Session, Depends(_reading, scope="function")]
IdentityDep = Annotated[Identity, Depends(_identity)]
ActorDep = Annotated[Actor, Depends(_actor)]
SettingsDep = Annotated[Settings, Depends(_settings)]
AlertServicesDep = Annotated[AlertServices, Depends(_alert_services)]
Offset = Annotated[int, Query(ge=0, lt=2**31)]  # what fits the databases' integers
FilesDep = Annotated[FileStore, Depends(_files)]
