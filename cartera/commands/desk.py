"""``cartera desk``: the pages for marketers, and who may open them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cartera.console import (
    HomeOption,
    JsonOption,
    settings_for,
    show_json,
    show_line,
    show_table,
)
from cartera.errors import UsageError

app = typer.Typer(
    help="The pages for marketers, in a browser.", invoke_without_command=True, add_completion=False
)
user = typer.Typer(help="Who may open the desk.", no_args_is_help=True)
app.add_typer(user, name="user")
Name = Annotated[str, typer.Argument(help="Small letters, digits and . _ - @.")]
PORT = 8501


@app.callback()
def desk(
    context: typer.Context,
    demo: Annotated[
        bool, typer.Option("--demo", help="The demo company, without a login, on this machine.")
    ] = False,
    address: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="On which port.")] = PORT,
    home: HomeOption = None,
) -> None:
    """Open the pages for marketers, in a browser.

    Example: cartera desk --demo
    """
    if context.invoked_subcommand:
        return
    from cartera.desk.serving import mode_of, serve

    settings = settings_for(home)
    mode = mode_of(settings, address, demo=demo)
    shown = settings.desk_url or f"http://{'localhost' if demo else address}:{port}"
    show_line(f"The desk is at {shown} until you press Ctrl+C.")
    serve(settings, mode, address, port)


@user.command("add")
def add_user(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, analyst, marketer or admin.")],
    password_file: Annotated[
        Path | None,
        typer.Option(help="Where the password stands, for scripts; by default it is asked for."),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Let somebody in, or give them another role or password.

    Example: cartera desk user add ana --role marketer
    """
    from cartera.desk import users

    settings = settings_for(home)
    made = users.add(settings, name, role, _password(password_file))
    if json:
        show_json({"user": made.name, "role": made.role})
    else:
        show_line(f"{made.name} may log in as {made.role}.")


@user.command("list")
def list_users(home: HomeOption = None, json: JsonOption = False) -> None:
    """List who may log in, and their roles.

    Example: cartera desk user list
    """
    from cartera.desk import users

    rows = [
        {"user": found.name, "role": found.role, "added_at": found.added_at}
        for found in users.load(settings_for(home)).values()
    ]
    if json:
        show_json(rows)
    else:
        columns = ["user", "role", "since"]
        show_table(f"{len(rows)} users", columns, [tuple(row.values()) for row in rows])


@user.command("remove")
def remove_user(name: Name, home: HomeOption = None, json: JsonOption = False) -> None:
    """Take somebody out; if they are logged in, they are out at the next click.

    Example: cartera desk user remove ana
    """
    from cartera.desk import users

    users.remove(settings_for(home), name)
    if json:
        show_json({"user": name})
    else:
        show_line(f"{name} may no longer log in.")


def _password(file: Path | None) -> str:
    """From ``file``, without its last line end; else asked for twice and not shown."""
    if file is None and not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask for a password.", fix="Use --password-file.")
    if file is None:
        told: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return told
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{file}: cannot be read ({error}).", fix="Check the path.") from error
