"""Episodes: which stories are open, one with its samples and timeline, and what a person does to it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.episodes import changing, reading
from alerts.episodes.models import Episode
from alerts.errors import EpisodeNotFoundError
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.alerts import row_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.models import Account

router = GuardedRouter(prefix="/alerts/episodes", html=True)
READ, EDIT = needs(Permission.ALERT_READ), needs(Permission.ALERT_EDIT)


@router.get("", access=READ)
def episode_list(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Open stories first, then those that are over."""
    rows = reading.list_episodes(session, actor=identity.actor)
    return show(
        request, "pages/episodes.html", session=session, open=[row for row in rows if row.episode.closed_at is None],
        over=[row for row in rows if row.episode.closed_at is not None],
    )  # fmt: skip


@router.get("/{episode_id}", access=READ)
def episode_page(episode_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One story."""
    return _page(request, session, identity, episode_id, Form())


def _page(
    request: Request, session: Session, identity: IdentityDep, episode_id: UUID, form: Form, status: int = 200
) -> Response:
    story = reading.get_story(session, actor=identity.actor, episode_id=episode_id)
    language = translator_of(request).language
    others = [
        row.episode for row in reading.list_episodes(session, actor=identity.actor) if row.episode.id != episode_id
    ]
    accounts = [session.get(Account, act.account_id) for act in story.acts]
    return show(
        request, "pages/episode.html", session=session, status=status, form=form, story=story, episode=story.episode,
        alerts=[row_of(session, alert, language) for alert in story.alerts], others=others,
        may_edit=identity.actor.may(Permission.ALERT_EDIT) and story.episode.merged_into_id is None,
        people={one.id: one.display_name for one in accounts if one is not None},
        related={key: session.get_one(Episode, key) for key in _related(story)},
    )  # fmt: skip


def _related(story: reading.Story) -> set[UUID]:
    ids = {story.episode.merged_into_id, story.episode.split_from_id}
    ids |= {key for act in story.acts for key in (act.episode_id, act.other_id)}
    return {key for key in ids if key is not None and key != story.episode.id}


@router.post("/{episode_id}/{act}", access=EDIT)
def change(
    episode_id: UUID, act: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Merge it into another, split some samples off, move one, or close it."""
    actor, reason = identity.actor, form.get("reason")
    into, results = _ids(form.all("into")), _ids(form.all("results"))
    nowhere = UUID(int=0)  # no episode has it: refused as not found
    acts: dict[str, Callable[[], Episode]] = {
        "merge": lambda: changing.merge(
            session, actor=actor, episode_id=episode_id, into_id=into[0] if into else nowhere, reason=reason
        ),
        "split": lambda: changing.split(
            session, actor=actor, episode_id=episode_id, result_ids=results, reason=reason
        ),
        "move": lambda: changing.move(
            session, actor=actor, episode_id=episode_id, into_id=into[0] if into else nowhere,
            result_id=results[0] if results else nowhere, reason=reason,
        ),
        "close": lambda: changing.close(session, actor=actor, episode_id=episode_id, reason=reason),
    }  # fmt: skip
    if act not in acts:
        raise EpisodeNotFoundError
    outcome = attempt(session, translator_of(request), acts[act])
    if isinstance(outcome, Refusal):
        return _page(request, session, identity, episode_id, form.refused(outcome.errors), 422)
    return go(f"/alerts/episodes/{outcome.id}", done="episode_changed")


def _ids(values: Sequence[str]) -> list[UUID]:
    ids = []
    for value in values:
        with suppress(ValueError):  # what is no id is in no episode
            ids.append(UUID(value))
    return ids
