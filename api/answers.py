"""An answer as people read it: the same words on the page, on the report and behind the ticket."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from lab.kit.messages import Message
from lab.network.access import Actor, Permission
from lab.results import service
from lab.results.models import Result, ResultState
from lab.results.schemas import Answer
from lab.results.wording import Audience, wording
from lab.samples.models import Sample
from templates.i18n import LANGUAGES, Translator, translator

# Whoever may only read sees an answer from its submission on, marked as not verified: a warning does not wait.
_TOLD = frozenset({ResultState.SUBMITTED, ResultState.VERIFIED, ResultState.REPORTED})
_GONE = frozenset({ResultState.AMENDED, ResultState.RETRACTED})
_LIMITS = ("result.limit", "result.unseen", "result.never")
_HEAD = ("result.colour.", "result.preliminary", "result.conclusion.")


@dataclass(frozen=True)
class AnswerView:
    """One version of the answer for one sample."""

    result: Result
    answer: Answer
    messages: Sequence[Message]

    @property
    def is_checked(self) -> bool:
        return self.result.verified_at is not None

    @property
    def is_gone(self) -> bool:
        """Whether this version does not stand any more."""
        return self.result.state in _GONE

    def sentence(self, translator: Translator) -> str:
        """The answer in one sentence."""
        return self._texts(translator, ("result.conclusion.",))[0]

    def says(self, translator: Translator) -> list[str]:
        """What was found and how sure that is."""
        return self._texts(translator, None)

    def limits(self, translator: Translator) -> list[str]:
        """What these techniques cannot see."""
        return self._texts(translator, _LIMITS)

    def standing_id(self) -> str:
        """The text that says how far the answer is."""
        if self.result.state in _GONE:
            return f"answer.{self.result.state.value}"
        if self.is_checked:
            return "answer.verified"
        return "answer.preliminary" if self.result.preliminary else "answer.not_verified"

    def _texts(self, translator: Translator, prefixes: tuple[str, ...] | None) -> list[str]:
        wanted = [
            message
            for message in self.messages
            if (message.id.startswith(prefixes) if prefixes else not message.id.startswith((*_LIMITS, *_HEAD)))
        ]
        return [translator.text(message.id, **message.params) for message in wanted]


def view_of(session: Session, *, result: Result, audience: Audience = Audience.PERSON) -> AnswerView:
    """A version of an answer with its words for ``audience``."""
    answer = service.answer_of(session, result=result)
    return AnswerView(result, answer, wording(answer, audience))


def proposed_texts(session: Session, *, result: Result, audience: Audience) -> dict[str, str]:
    """What the rules would say to ``audience``, by language: where a person begins to edit."""
    view = view_of(session, result=result, audience=audience)
    return {language: full_text(view, translator(language)) for language in LANGUAGES}


def texts_for(session: Session, *, result: Result, audience: Audience) -> dict[str, str]:
    """The words for ``audience`` by language: as given out, else as the rules propose them."""
    kept = result.texts if audience is Audience.PERSON else result.professional_texts
    return dict(kept) if kept else proposed_texts(session, result=result, audience=audience)


def answer_views(session: Session, *, actor: Actor, sample: Sample) -> list[AnswerView]:
    """The versions that ``actor`` may see, the one that matters first: the newest that is not withdrawn."""
    if not actor.may(Permission.RESULT_READ):
        return []
    versions = service.results_of(session, sample_id=sample.id)
    if not actor.may(Permission.RESULT_WRITE):
        versions = [version for version in versions if version.state in _TOLD | _GONE]
    ordered = sorted(versions, key=lambda version: (version.state in _GONE, -version.version))
    return [view_of(session, result=version) for version in ordered]


def full_text(view: AnswerView, translator: Translator) -> str:
    """The whole answer as running text: what a person edits before it is given out."""
    return "\n".join((view.sentence(translator), *view.says(translator), *view.limits(translator)))
