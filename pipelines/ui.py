"""`doorstep ui`: Dagster's pages, its daemon and one code server for both, from the first second to the last.

Belongs here: starting them, what may go wrong, ending them and the runs under way. Does not belong here: who may ask
for what (`pipelines.gate`), what they show and run (`pipelines.defs`).

Pages and daemon are threads of this process, so that neither outlives the other. Definitions and runs are in the code
server and its children, a session of their own: Ctrl-C in the terminal reaches this process only, which ends the runs.
If this process is killed, the code server misses its heartbeats, lets the runs end and goes.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from pipelines.dagster_home import dagster_home
from pipelines.workspace import DoorstepError, Workspace, lock

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._daemon.controller import DagsterDaemonController
    from uvicorn import Server

_PATIENCE_S = 4  # for runs that are asked to end
_HEARTBEAT_S = 5  # the code server gives up after 30 s without
_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(workspace: Workspace, port: int, out: Console, *, is_read_only: bool) -> None:
    """Serves until Ctrl-C or SIGTERM; prints the address once it can be used. What is logged goes to a file.

    Raises DoorstepError if the port is taken, if another such process (not read-only) serves the workspace, or if a
    part ends by itself.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # also where a shell has put it in the background
    with ExitStack() as stack:
        home = dagster_home(workspace)
        if not is_read_only:
            stack.callback(os.close, _only_one(workspace, home))
        listener = stack.enter_context(_listen(port))
        _make_records(home)
        log = home / f"ui_{port}.log"
        log.write_bytes(b"")
        logging.basicConfig(filename=log, level=logging.WARNING, format=_LOG_FORMAT)
        logging.getLogger("dagster").setLevel(logging.INFO)
        logging.captureWarnings(True)
        try:
            with _code_server(log) as code_server:
                _serve_pages(code_server, workspace, listener, out, is_read_only=is_read_only)
        except KeyboardInterrupt:
            return
        raise DoorstepError(f"a part of Dagster has ended by itself, so the rest was ended too. {log} says why.")


def _listen(port: int) -> socket.socket:
    """A socket that only this machine can reach; whoever comes early waits until pages are served."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise DoorstepError(f"port {port} of 127.0.0.1: {error.strerror}. Choose another with --port.") from error
    return listener


def _make_records(home: Path) -> None:
    """Makes Dagster's databases in a new workspace, which pages and code server would both make at once."""
    if not (home / "schedules").exists():
        import dagster as dg

        with dg.DagsterInstance.get() as instance:
            instance.get_runs_count()
            instance.all_asset_keys()
            instance.all_instigator_state()


def _only_one(workspace: Workspace, home: Path) -> int:
    """The descriptor that keeps this the only one: two daemons would start each run twice."""
    descriptor = lock(home / ".ui.lock")
    if descriptor is None:
        raise DoorstepError(
            f"{workspace.root}: another `doorstep ui` is open here. Use its pages, or add --read-only and a --port."
        )
    return descriptor


@contextmanager
def _code_server(log: Path) -> Iterator["_CodeServer"]:
    """A code server that starts to load the definitions; ended however this is left."""
    with tempfile.TemporaryDirectory(prefix="doorstep-") as folder, log.open("ab") as file:
        path = f"{folder}/code"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "dagster", "api", "grpc", "-m", "pipelines.definitions"),
                *("--empty-working-directory", "--location-name", _CodeServer.name, "--socket", path, "--heartbeat"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
        code_server = _CodeServer(process, path, log)
        try:
            yield code_server
        finally:
            code_server.end()


class _CodeServer:
    """The process with the definitions, whose children are the runs."""

    name = "doorstep"

    def __init__(self, process: "subprocess.Popen[bytes]", path: str, log: Path) -> None:
        self.process, self.path, self.log = process, path, log

    def beat(self) -> bool:
        """Tells it that it is needed; whether it has heard."""
        from dagster._core.errors import DagsterUserCodeUnreachableError
        from dagster._grpc.client import DagsterGrpcClient

        with suppress(DagsterUserCodeUnreachableError):
            DagsterGrpcClient(socket=self.path).heartbeat()
            return True
        return False

    def wait_until_loaded(self) -> None:
        """Returns once it has the definitions. Raises DoorstepError if it ends instead."""
        while not self.beat():
            if self.has_ended(within_s=0.1):
                raise DoorstepError(f"Dagster could not load the definitions. {self.log} says why.")

    def has_ended(self, within_s: float) -> bool:
        """Waits so long at most."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(within_s)
        return self.process.returncode is not None

    def runs(self, instance: "dg.DagsterInstance") -> "list[dg.DagsterRun]":
        """Its runs under way."""
        from dagster._core.storage.tags import GRPC_INFO_TAG

        return [run for run in _runs_under_way(instance) if self.path in run.tags.get(GRPC_INFO_TAG, "")]

    def end_runs(self, instance: "dg.DagsterInstance") -> None:
        """Ends it; its runs are then canceled, by themselves or, if they do not listen, by what is noted of them."""
        for run in self.runs(instance):
            instance.report_run_canceling(run, "`doorstep ui` ends.")
        self.end()
        for run in self.runs(instance):
            instance.report_run_canceled(run, "The run did not end in time and was stopped with `doorstep ui`.")

    def end(self) -> None:
        """Asks its session to end, and makes it."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave anything behind
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        self.has_ended(within_s=_PATIENCE_S)  # it ends after its runs
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _serve_pages(
    code_server: _CodeServer, workspace: Workspace, listener: socket.socket, out: Console, *, is_read_only: bool
) -> None:
    """Serves until a part ends by itself. Raises KeyboardInterrupt if asked to end."""
    import dagster as dg
    import uvicorn
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import GrpcServerTarget
    from dagster_webserver.app import create_app_from_workspace_process_context

    from pipelines.gate import Gate

    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.get())
        code_server.wait_until_loaded()
        target = GrpcServerTarget(host="localhost", port=None, socket=code_server.path, location_name=code_server.name)
        context = stack.enter_context(WorkspaceProcessContext(instance, target, dg.__version__, read_only=is_read_only))
        daemon = None
        if not is_read_only:
            _give_up_lost_runs(workspace, instance)
            daemon = stack.enter_context(_daemon(context))
            stack.callback(code_server.end_runs, instance)
        port = listener.getsockname()[1]
        app = Gate(create_app_from_workspace_process_context(context, live_data_poll_rate=2000), port)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        threading.Thread(target=_watch, args=(code_server, daemon, server), daemon=True).start()
        mode = "to look only" if is_read_only else "schedule and sensor running"
        out.print(
            f"Dagster on http://127.0.0.1:{port} for {escape(str(workspace.root))}, {mode}; Ctrl-C ends it.",
            soft_wrap=True,
        )
        server.run(sockets=[listener])


@contextmanager
def _daemon(context: "WorkspaceProcessContext") -> "Iterator[DagsterDaemonController]":
    """Dagster's daemon in threads of this process, over the same code server as the pages."""
    from dagster._daemon.controller import DagsterDaemonController, create_daemons_from_instance

    with ExitStack() as stack:
        daemons = [stack.enter_context(each) for each in create_daemons_from_instance(context.instance)]
        yield stack.enter_context(DagsterDaemonController(context, daemons))


def _watch(code_server: _CodeServer, daemon: "DagsterDaemonController | None", server: "Server") -> None:
    """Lets the code server know that it is needed; ends all if it or a thread of the daemon has ended."""
    try:
        while not code_server.has_ended(within_s=_HEARTBEAT_S):
            code_server.beat()
            if daemon:
                daemon.check_daemon_threads()
    except Exception:  # the daemon's, of no narrower class
        logging.getLogger(__name__).exception("The daemon has ended.")
    finally:
        server.should_exit = True


def _runs_under_way(instance: "dg.DagsterInstance") -> "list[dg.DagsterRun]":
    import dagster as dg
    from dagster._core.storage.dagster_run import ACTIVE_RUN_STATUSES

    return list(instance.get_runs(dg.RunsFilter(statuses=ACTIVE_RUN_STATUSES)))


def _give_up_lost_runs(workspace: Workspace, instance: "dg.DagsterInstance") -> None:
    """Notes as failed what a machine or process that was switched off left under way: no other run would start."""
    descriptor = lock(workspace.build / ".lock")
    if descriptor is None:
        return  # a run is at work, which of them cannot be told
    for run in _runs_under_way(instance):
        instance.report_run_failed(run, "The run's process had ended before the run did.")
    os.close(descriptor)
