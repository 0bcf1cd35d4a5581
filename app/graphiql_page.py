"""GraphiQL as a page: the bundle that npm built where there is one, else a page that says how to get it."""

from functools import cache
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

ASSETS = "/graphiql/assets"
_FOLDER = Path(__file__).parent / "graphiql" / "dist"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self' data:; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; "  # the editor writes its theme into style elements
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may load: nothing that is not ours, so that it works, and stays private, without internet."""

_HOW_TO_GET_IT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ChargeGraph</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 44rem; margin: 10vh auto; padding: 0 1.5rem; }
pre { padding: 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: 6px; }
</style>
</head>
<body>
<h1>The API works. GraphiQL is not built yet.</h1>
<p>GraphiQL is the page in which you write queries. Its files come from npm and are not part of the source code.
Install <strong>Node.js 20.19 or newer</strong> (it brings npm), then, in the folder of ChargeGraph:</p>
<pre>make setup</pre>
<p>and load this page again. Until then the API answers programs at this very address:</p>
<pre>curl -s http://127.0.0.1:8000/graphql -H 'content-type: application/json' \\
  -d '{"query":"{ devices(first: 5) { nodes { name kind connectivity } } }"}'</pre>
</body>
</html>
"""


def is_built() -> bool:
    """Whether npm built the page here."""
    return (_FOLDER / "index.html").is_file()


def page() -> HTMLResponse:
    """The page for a browser."""
    content = _built() if is_built() else _HOW_TO_GET_IT
    return HTMLResponse(content, headers={"content-security-policy": PAGE_POLICY})


def assets() -> StaticFiles:
    """The page's scripts, styles and fonts."""
    return _Assets(directory=_FOLDER / "assets", check_dir=False)


class _Assets(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - whatever Starlette passes
        """A file that never changes under its name; a worker obeys the policy of its own script, not of the page."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["content-security-policy"] = PAGE_POLICY
        return response


@cache
def _built() -> str:
    return (_FOLDER / "index.html").read_text(encoding="utf-8")
