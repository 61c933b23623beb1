"""`tierwise serve`: the scoring API and the CSM pages."""

from tierwise.common import Common


def serve(
    *, host: str | None = None, port: int | None = None, common: Common | None = None
) -> None:
    """Start the service; on any address but 127.0.0.1 it needs at least one token.

    Parameters
    ----------
    host
        Address to listen on.
    port
        Port to listen on.
    """
    from serving.launch import serve as launch

    settings = (common or Common()).settings(host=host, port=port)
    launch(
        host=settings.host,
        port=settings.port,
        home=settings.home,
        store_url=settings.store,
        tracking_uri=settings.tracking_uri,
        features=settings.features,
    )
