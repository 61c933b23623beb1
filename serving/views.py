"""The CSM pages: plain HTML made on the server; no script, nothing from outside.

The language is ``?language=``, else what the browser prefers, else English.
"""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from features.catalogue import Catalogue
from serving import portfolio
from serving.answers import Answers
from serving.errors import ApiError
from serving.figures import key_figures
from serving.formats import compact, money, percent, points
from serving.records import Run
from serving.requests import AccountsQuery, checked
from serving.words import words_in

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
PAGE_SIZE = 50
REASONS = 8


def language_of(request: Request) -> str:
    """Return ``"ja"`` or ``"en"``: as asked, else as the browser prefers."""
    asked = request.query_params.get("language")
    if asked in ("en", "ja"):
        return asked
    for part in request.headers.get("accept-language", "").split(","):
        preferred = part.split(";")[0].strip().lower()[:2]
        if preferred in ("en", "ja"):
            return preferred
    return "en"


class Pages:
    """The templates, compiled once."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).with_name("pages")),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        formats = {"money": money, "compact": compact, "percent": percent, "points": points}
        self._templates.filters.update(formats)

    def response(self, html: str, *, status: int = 200) -> HTMLResponse:
        """Return a page with the headers that keep it from loading or leaking anything."""
        return HTMLResponse(html, status_code=status, headers=HEADERS)

    def portfolio(self, answers: Answers, request: Request) -> str:
        """Return the page that says who needs whom."""
        language = language_of(request)
        given = {k: v for k, v in request.query_params.items() if v}
        asked = checked(
            AccountsQuery,
            {"limit": PAGE_SIZE, "sort": "arr_at_risk"} | given | {"language": language},
        )
        page = answers.accounts(asked)
        run = answers.run()
        tiers, signals, csms = portfolio.choices(answers.engine, run)
        return self._render(
            "portfolio.html",
            request,
            page=page,
            asked=asked,
            first=answers.offset(asked) + 1,
            totals=portfolio.totals(answers.engine, run),
            seats=run.seats,
            tiers=tiers,
            signals=[(code, title[language], n) for code, title, n in signals],
            csms=csms,
            sorts=portfolio.SORTS,
            titles=_tier_titles(run, language),
            at=_address(request),
            label=partial(_label, answers.catalogue, language=language),
        )

    def account(self, answers: Answers, request: Request, account_id: str) -> str:
        """Return the page of one account: who they are, why they need someone, what to do."""
        language = language_of(request)
        run = answers.run()
        record = answers.record(run, account_id)
        answer = answers.account(account_id, language=language, k=REASONS)
        return self._render(
            "account.html",
            request,
            answer=answer,
            titles=_tier_titles(run, language),
            figures=key_figures(run, record, answers.catalogue, language),
            label=partial(_label, answers.catalogue, language=language),
        )

    def sign_in(self, request: Request, *, wrong: bool) -> str:
        """Return the page that asks for a token."""
        return self._render("sign_in.html", request, wrong=wrong)

    def error(self, error: ApiError, language: str, path: str) -> HTMLResponse:
        """Return the page that says why there is none."""
        template = self._templates.get_template("error.html")
        frame = {"w": words_in(language), "language": language, "switch": path}
        return self.response(template.render(error=error, **frame), status=error.status)

    def _render(self, name: str, request: Request, **facts: Any) -> str:
        language = language_of(request)
        other = "en" if language == "ja" else "ja"
        frame = {
            "w": words_in(language),
            "language": language,
            "switch": _address(request)(language=other),
        }
        return self._templates.get_template(name).render(**frame, **facts)


def _label(catalogue: Catalogue, code: str, *, language: str) -> str:
    """Return what people call a column; a column of somebody else's table by its name."""
    if code not in catalogue:
        return code
    return catalogue[code].label("ja" if language == "ja" else "en")


def _tier_titles(run: Run, language: str) -> dict[str, str]:
    return {seat.tier: seat.title[language] for seat in run.seats}


def _address(request: Request) -> Any:
    """Return a function that gives this page's address with some query values changed."""
    given = {name: value for name, value in request.query_params.items() if value}

    def changed(**values: str | None) -> str:
        query = {k: v for k, v in {**given, **values}.items() if v is not None}
        return f"{request.url.path}?{urlencode(query)}" if query else request.url.path

    return changed
