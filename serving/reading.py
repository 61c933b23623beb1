"""What can be read: the portfolio and the accounts as JSON and as pages, and the description."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from serving import tokens
from serving.errors import ApiError
from serving.gate import COOKIE
from serving.openapi import description
from serving.place import Place
from serving.requests import AccountsQuery, checked
from serving.views import Pages, language_of

STATIC = Path(__file__).with_name("pages") / "static"
Say = Callable[[Place, Request], Response]


def reading_app(place: Place) -> Starlette:
    """Return the application that BentoML mounts beside its own routes."""
    pages = Pages()

    def route(path: str, say: Say, methods: tuple[str, ...] = ("GET",)) -> Route:
        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(say, place, request)

        return Route(path, endpoint, methods=list(methods))

    return Starlette(
        routes=[
            route("/", partial(_portfolio_page, pages)),
            route("/accounts/{account_id:path}", partial(_account_page, pages)),
            route("/sign-in", partial(_sign_in_page, pages)),
            Route("/sign-in", partial(_sign_in, place, pages), methods=["POST"]),
            route("/docs.json", lambda _place, _request: JSONResponse(description())),
            route("/v1/models", lambda place, _: JSONResponse(place.answers.models())),
            route("/v1/accounts", _accounts),
            route("/v1/accounts/{account_id:path}", _account),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={ApiError: _refusal},
    )


def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.to_json(), status_code=error.status)


def _accounts(place: Place, request: Request) -> Response:
    return JSONResponse(place.answers.accounts(query_of(request)))


def query_of(request: Request) -> AccountsQuery:
    """Return the checked query; empty values (an untouched form field) count as left out."""
    given = request.query_params
    if twice := [name for name in given if len(given.getlist(name)) > 1]:
        raise ApiError(400, "invalid_request", f"{twice[0]} stands twice in the query")
    return checked(AccountsQuery, {name: value for name, value in given.items() if value})


def _account(place: Place, request: Request) -> Response:
    if wrong := [name for name in request.query_params if name != "language"]:
        raise ApiError(400, "invalid_request", f"unknown field {wrong[0]!r} in the query")
    language = request.query_params.get("language", "en")
    if language not in ("en", "ja"):
        raise ApiError(400, "invalid_request", f"language: 'en' or 'ja'; got {language[:20]!r}")
    account_id = request.path_params["account_id"]
    return JSONResponse(place.answers.account(account_id, language=language))


def _page(pages: Pages, request: Request, make: Callable[[], str]) -> Response:
    """Return a page, or the page that says why there is none."""
    try:
        return pages.response(make())
    except ApiError as error:
        return pages.error(error, language_of(request), request.url.path)


def _portfolio_page(pages: Pages, place: Place, request: Request) -> Response:
    return _page(pages, request, lambda: pages.portfolio(place.answers, request))


def _account_page(pages: Pages, place: Place, request: Request) -> Response:
    account_id = request.path_params["account_id"]
    return _page(pages, request, lambda: pages.account(place.answers, request, account_id))


def _sign_in_page(pages: Pages, _place: Place, request: Request) -> Response:
    return pages.response(pages.sign_in(request, wrong=False))


async def _sign_in(place: Place, pages: Pages, request: Request) -> Response:
    form: Any = await request.form()
    secret = str(form.get("token", ""))
    role = await run_in_threadpool(tokens.role_of, place.engine, secret)
    if role is None or not tokens.allows(role, "csm"):
        return pages.response(pages.sign_in(request, wrong=True), status=401)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", max_age=12 * 3600)
    return response
