"""`chargegraph schema`: prints the schema, and says what another one would break for clients."""

from pathlib import Path
from typing import Annotated

import typer
from graphql import GraphQLError, GraphQLSyntaxError
from graphql import build_schema as schema_of
from graphql.utilities import find_breaking_changes, find_dangerous_changes
from rich.markup import escape

from app.commands.ending import Exit, fail, out
from graph.printing import printed
from graph.schema import build_schema

schema = typer.Typer(no_args_is_help=True, help="Print the GraphQL schema, or compare it with a file.")


@schema.command("print")
def print_schema() -> None:
    """Print the schema as this version serves it; `make schema` writes it to schema.graphql."""
    typer.echo(printed(build_schema()), nl=False)


@schema.command("check")
def check_schema(
    file: Annotated[Path, typer.Argument(help="The schema that clients were promised.")] = Path("schema.graphql"),
) -> None:
    """Compare a schema file with what this version serves, and name each change that breaks or may surprise clients.

    Ends with 0 when the file is exactly what is served, with 1 when they differ.
    """
    try:
        promised, served = file.read_text(encoding="utf-8"), printed(build_schema())
        before, after = schema_of(promised), schema_of(served)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", code=Exit.USAGE)
    except (GraphQLSyntaxError, GraphQLError, TypeError) as error:
        fail(f"{file} is not a GraphQL schema: {error}", code=Exit.USAGE)
    if promised == served:
        out.print(f"[green]✓[/] {escape(str(file))} is what this version serves.", highlight=False)
        return
    breaking, dangerous = find_breaking_changes(before, after), find_dangerous_changes(before, after)
    for broken in breaking:
        out.print(f"[bold red]breaks clients[/]   {escape(broken.description)}", highlight=False)
    for surprise in dangerous:
        out.print(f"[yellow]may surprise[/]     {escape(surprise.description)}", highlight=False)
    if not breaking and not dangerous:
        out.print("Nothing that breaks clients: only additions, descriptions or order differ.")
    fail(f"{file} is not what this version serves.", "`make schema` writes it anew.")
