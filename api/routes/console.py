"""The console's files at `/`; without a build, a plain page that says how to make one."""

from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.problems import not_found

router = APIRouter(include_in_schema=False)

DIST = Path(__file__).parent.parent / "console" / "dist"
_FOR_EVER = "public, max-age=31536000, immutable"  # names of assets hold a hash of what is in them
_ASK_AGAIN = "no-cache"

_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>Liftline</title>
<h1>Liftline</h1>
<p lang="zh-CN">控制台尚未构建。请在项目目录运行 <code>make console</code>，然后刷新本页。
接口照常工作：<code>/api/v1</code>。</p>
<p lang="en">The console is not built. Run <code>make console</code> in the project's folder and load this page again.
The interface works all the same: <code>/api/v1</code>.</p>
</html>
"""


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The console's one page."""
    index = _dist(request) / "index.html"
    if not index.is_file():
        return HTMLResponse(_NOT_BUILT, headers={"Cache-Control": _ASK_AGAIN})
    return FileResponse(index, headers={"Cache-Control": _ASK_AGAIN})


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def asset(request: Request, path: str) -> Response:
    """A file of the build; any other address that a person may have typed leads to the page."""
    root = _dist(request).resolve()
    if "\x00" not in path and not path.startswith("api/"):
        found = (root / path).resolve()
        if found.is_relative_to(root) and found.is_file():
            lasting = path.startswith("assets/")
            return FileResponse(found, headers={"Cache-Control": _FOR_EVER if lasting else _ASK_AGAIN})
        if "text/html" in request.headers.get("accept", "") and "." not in path:
            return RedirectResponse("/", 303)
    raise not_found("page")


def _dist(request: Request) -> Path:
    found: Path = request.app.state.console
    return found
