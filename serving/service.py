"""The BentoML service: scoring calls as BentoML APIs, reading calls and pages mounted beside them.

No rule of the business stands here: a method hands the checked request to `Answers` and returns
what it says. A body is a single value, which BentoML passes on as it is; the door refuses what is
not strict JSON before (`serving.door`), the requests module what is not a request.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from serving.foreign import their_warnings_ignored

with their_warnings_ignored():
    import bentoml
    from bentoml import Service, api

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from serving.door import Door, error_response
from serving.errors import ApiError
from serving.feature_rows import score_features
from serving.place import Place
from serving.reading import reading_app
from serving.requests import FeaturesRequest, ScoreRequest, checked

NAME = "tierwise"


@their_warnings_ignored()
def make_service(place: Place) -> "Service[Any]":
    """Return the service over one place."""

    @bentoml.service(name=NAME, workers=1, threads=4, traffic={"timeout": 60})
    class Tierwise:
        """Churn risk, expansion propensity, reasons and tiers of the accounts in the store."""

        @api(route="/v1/score", name="score")  # type: ignore[untyped-decorator]
        def score(self, body: Any, /) -> Any:
            """Score accounts known to the store, at its newest snapshot."""
            return answer(lambda: place.answers.score(checked(ScoreRequest, body)))

        @api(route="/v1/score_features", name="score_features")  # type: ignore[untyped-decorator]
        def score_features(self, body: Any, /) -> Any:
            """Score feature rows sent by the caller."""
            return answer(lambda: score_features(place.answers, checked(FeaturesRequest, body)))

        @bentoml.on_shutdown  # type: ignore[untyped-decorator]
        def close(self) -> None:
            """Close the connections to the store."""
            place.close()

        def __is_ready__(self) -> bool:
            return bool(place.answers.loaded()) and place.answers.run() is not None

    service: Service[Any] = Tierwise
    service.mount_asgi_app(reading_app(place), path="/", name="reading")
    service.add_asgi_middleware(Door, gate=place.gate)
    return service


def answer(say: Callable[[], dict[str, Any]]) -> Response:
    """Return what ``say`` says as JSON; a refusal in the one shape."""
    try:
        return JSONResponse(say())
    except ApiError as error:
        return error_response(error)


def create_app(
    home: Path,
    *,
    store_url: str = "",
    tracking_uri: str = "",
    host: str = "127.0.0.1",
    features: Path | None = None,
) -> ASGIApp:
    """Return the whole service as an ASGI application, for tests and for other servers."""
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    urls = {"store_url": store_url, "tracking_uri": tracking_uri}
    place = Place.of(home, **urls, host=host, features=features)
    with their_warnings_ignored():
        _count_apart()
        app: ASGIApp = make_service(place).to_asgi()
    return app


def _count_apart() -> None:
    """Give the next application metrics of its own; two of one process would collide in BentoML."""
    from bentoml._internal.configuration.containers import BentoMLContainer
    from bentoml._internal.server.metrics.prometheus import PrometheusClient
    from prometheus_client import CollectorRegistry

    client = PrometheusClient(multiproc=False)
    client._registry = CollectorRegistry()
    BentoMLContainer.metrics_client.set(client)


service = make_service(Place.from_environment())
