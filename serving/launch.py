"""Starting the service as a process of its own: BentoML's server on one address and port.

The server is started by ``python -m bentoml``, so that Ctrl-C and the end of this process end it.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

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
) -> None:
    """Serve until Ctrl-C.

    Raises
    ------
    LaunchError
        For another address than this machine's own without a token in force, for an address
        that is none, and when the server ends by itself.
    """
    place = Place.of(home, store_url=store_url, tracking_uri=tracking_uri, host=numeric(host))
    print(f"Tierwise on http://{host}:{port} (Ctrl-C to stop)", flush=True)
    with started(place, port=port) as server:
        try:
            code = server.wait()
        except KeyboardInterrupt:
            return
    if code not in (0, -signal.SIGINT, -signal.SIGTERM):
        raise LaunchError(f"the server ended with exit code {code}; is port {port} taken?")


@contextmanager
def started(place: Place, *, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server and end it on leaving; it may not be ready yet (ask ``/readyz``)."""
    refuse_open_doors(place)
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE]
    command += ["--host", place.host, "--port", str(port), "--working-dir", str(ROOT)]
    environment = {**os.environ, **ENVIRONMENT, **place.to_environment()}
    server = subprocess.Popen(command, env=environment, start_new_session=True)
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
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def refuse_open_doors(place: Place) -> None:
    """Raise LaunchError when strangers could call without a token."""
    if not is_loopback(place.host) and not tokens.any_in_force(place.engine):
        raise LaunchError(
            f"{place.host} can be reached by others and there is no token in force: "
            "make one with `tierwise token add NAME --role csm`, or serve on 127.0.0.1"
        )


def numeric(host: str) -> str:
    """Return a host as the numeric address that the server asks for."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        return str(ip_address(host))
    except ValueError:
        raise LaunchError(f"{host!r} is not an address; give one such as 127.0.0.1") from None
