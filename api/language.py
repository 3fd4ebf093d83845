"""The language a request is answered in."""

from starlette.requests import Request

from templates.i18n import LANGUAGES, Translator, negotiate, translator

COOKIE = "language"


def language_of(request: Request) -> str:
    """What was asked for by ``?lang=`` or by hand before, else the account's, else the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(COOKIE)
    identity = getattr(request.state, "identity", None)
    account = identity.account.language if identity is not None else None
    return negotiate(
        asked=asked if asked in LANGUAGES else None,
        account=account,
        accept_language=request.headers.get("accept-language"),
    )


def translator_of(request: Request) -> Translator:
    """The translator for :func:`language_of`."""
    return translator(language_of(request))
