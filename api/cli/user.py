"""``drugcheck user``: accounts, roles and tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session, select

from api.cli.console import fail, out
from api.cli.laboratory import laboratory
from lab.network import accounts, signin
from lab.network.models import Account, Role, RoleGrant, Site

app = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]


@contextmanager
def _session() -> Iterator[Session]:
    with laboratory() as state, state.database.session() as session:
        yield session


def _site(session: Session, name: str | None) -> Site | None:
    if name is None:
        return None
    site = session.exec(select(Site).where(Site.name == name)).first()
    if site is None:
        known = ", ".join(session.exec(select(Site.name).order_by(Site.name)))
        fail(f"There is no site called {name!r}. Known sites: {known or 'none yet'}.")
    return site


@app.command()
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="How the account is shown to colleagues.")] = "",
    role: Annotated[list[Role] | None, typer.Option(help="A role to give; may be repeated.")] = None,
    site: Annotated[str | None, typer.Option(help="The site of the roles; without it they hold network-wide.")] = None,
    language: Annotated[str, typer.Option(help="fr, nl or en.")] = "fr",
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Open an account, with its roles."""
    with _session() as session:
        at = _site(session, site)
        account = accounts.create_account(session, email=email, display_name=name, password=password, language=language)
        for given in role or []:
            accounts.grant_role(session, account_id=account.id, role=given, site_id=at.id if at else None)
    out.print(f"Opened {account.email}.")


@app.command()
def grant(
    email: Email,
    role: Annotated[Role, typer.Argument(help="The role to give.")],
    site: Annotated[str | None, typer.Option(help="Its site; without it the role holds network-wide.")] = None,
) -> None:
    """Give an account one more role."""
    with _session() as session:
        at = _site(session, site)
        account = accounts.get_account(session, email=email)
        accounts.grant_role(session, account_id=account.id, role=role, site_id=at.id if at else None)
    out.print(f"{account.email} is now {role.value} {'at ' + at.name if at else 'in the whole network'}.")


@app.command()
def token(
    email: Email,
    label: Annotated[str, typer.Option(help="What it is for, shown in the list of tokens.")] = "command line",
    days: Annotated[int, typer.Option(help="How long it is good for.", min=1, max=730)] = 90,
) -> None:
    """Issue a bearer token. It is shown once: only its hash is kept."""
    with _session() as session:
        account = accounts.get_account(session, email=email)
        issued = signin.issue_token(session, account_id=account.id, label=label, lifetime=timedelta(days=days))
    typer.echo(issued)


@app.command("password")
def change_password(
    email: Email,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Set a new password; every session and token of the account ends."""
    with _session() as session:
        account = accounts.get_account(session, email=email)
        accounts.set_password(session, account=account, password=password)
    out.print(f"New password set for {account.email}; it is signed out everywhere.")


@app.command()
def close(email: Email) -> None:
    """Close an account. What it did stays attributed to it."""
    with _session() as session:
        account = accounts.get_account(session, email=email)
        accounts.close_account(session, account=account)
    out.print(f"Closed {account.email}.")


@app.command("list")
def list_accounts() -> None:
    """Show every account and its roles."""
    table = Table("e-mail", "name", "roles", "open")
    with _session() as session:
        sites = {site.id: site.name for site in session.exec(select(Site))}
        for account in session.exec(select(Account).order_by(Account.email)):
            grants = session.exec(select(RoleGrant).where(RoleGrant.account_id == account.id))
            roles = ", ".join(
                f"{grant.role.value} ({sites[grant.site_id] if grant.site_id else 'network'})" for grant in grants
            )
            table.add_row(account.email, account.display_name, roles, "yes" if account.active else "no")
    out.print(table)
