"""Starting the service as a process of its own: BentoML's server on one address and port.

``serve`` turns this process into the server, so that Ctrl-C and signals reach it directly;
``started`` runs it beside this process, for tests.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from features.own import load_catalogue
from serving import tokens
from serving.errors import LaunchError
from serving.gate import is_loopback
from serving.place import Place

SERVICE = "serving.service:service"
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = {
    "BENTOML_DO_NOT_TRACK": "True",
    "OTEL_SDK_DISABLED": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "OMP_WAIT_POLICY": "passive",
    "OMP_NUM_THREADS": "1",
}
GRACE = 10  # seconds to finish what is under way


def serve(
    host: str = "127.0.0.1",
    port: int = 3000,
    *,
    home: Path,
    store_url: str = "",
    tracking_uri: str = "",
    features: Path | None = None,
) -> None:
    """Serve until Ctrl-C; on success this process becomes the server and never returns.

    Raises
    ------
    CatalogueError
        For a file of own features that cannot be used.
    LaunchError
        For another address than this machine's own without a token in force, for an address
        that is none, and for a port that is taken.
    """
    urls = {"store_url": store_url, "tracking_uri": tracking_uri}
    place = Place.of(home, **urls, host=numeric(host), features=features)
    load_catalogue(place.features)  # a wrong file is said here, not at the first call
    refuse_open_doors(place)
    refuse_taken_port(place.host, port)
    print(f"Tierwise on http://{host}:{port} (Ctrl-C to stop)", flush=True)
    os.execve(sys.executable, command(place, port=port), environment(place))


def command(place: Place, *, port: int) -> list[str]:
    """Return the command line of the server."""
    words = [sys.executable, "-m", "bentoml", "serve", SERVICE, "--working-dir", str(ROOT)]
    return [*words, "--host", place.host, "--port", str(port)]


def environment(place: Place) -> dict[str, str]:
    """Return the server's environment: ours, what keeps it quiet, and where its place is."""
    return {**os.environ, **ENVIRONMENT, **place.to_environment()}


@contextmanager
def started(place: Place, *, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server beside this process and end it on leaving.

    It may not be ready yet: ask ``/readyz``.
    """
    refuse_open_doors(place)
    server = subprocess.Popen(command(place, port=port), env=environment(place))
    try:
        yield server
    finally:
        stop(server)


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End a server and its workers: politely, then for certain."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(GRACE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def refuse_open_doors(place: Place) -> None:
    """Raise LaunchError when strangers could call without a token."""
    if not is_loopback(place.host) and not tokens.any_in_force(place.engine):
        raise LaunchError(
            f"{place.host} can be reached by others and there is no token in force: "
            "make one with `tierwise token add NAME --role csm`, or serve on 127.0.0.1"
        )


def refuse_taken_port(host: str, port: int) -> None:
    """Raise LaunchError when something listens on the port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise LaunchError(
                f"cannot listen on {host}:{port}: {error.strerror}; choose another with --port"
            ) from error


def numeric(host: str) -> str:
    """Return a host as the numeric address that the server asks for."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        raise LaunchError(f"{host!r} is not an address; give one such as 127.0.0.1") from None
