"""`doorstep ui`: who gets in, what an analyst does there, how it ends."""

import http.client
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import dagster as dg
import polars as pl
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pipelines.dagster_home import dagster_home
from pipelines.dbt_build import FIRST_ROWS
from pipelines.definitions import defs
from pipelines.workspace import open_workspace
from tests.integration.analyst import Served, find_asset, press_button, serving
from tests.integration.browser import Browser
from tests.integration.conftest import doorstep

VERSION = "{ version }"
LAUNCH = """mutation($job: JobOrPipelineSelector!) {
    launchRun(executionParams: {selector: $job, mode: "default"}) { __typename }
}"""
JOB = {"repositoryLocationName": "doorstep", "repositoryName": "__repository__", "jobName": "ingest"}
MUTATION = LAUNCH.replace("($job: JobOrPipelineSelector!)", "").replace(
    "$job", "{" + ", ".join(f"{name}: {json.dumps(value)}" for name, value in JOB.items()) + "}"
)


@pytest.fixture(scope="module")
def root(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("ui") / "work space"
    shutil.copytree(built, root)
    assert doorstep("ingest", "--workspace", root).returncode == 0, "else the sensor would ask for what was copied"
    return root


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Served]:
    with serving(root) as served:
        yield served


@pytest.fixture(scope="module")
def looked_at(root: Path) -> Iterator[Served]:
    """The same workspace for those who may only look, beside the other."""
    with serving(root, "--read-only") as served:
        yield served


@contextmanager
def instance_of(root: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(root / "build/dagster")) as instance:
        yield instance


@contextmanager
def picture_of_failure(browser: Browser, folder: Path) -> Iterator[None]:
    try:
        yield
    except AssertionError:
        browser.screenshot(folder / "failed.png")
        raise


def answer(served: Served, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
    host = {"Host": f"127.0.0.1:{served.port}", "Content-Type": "application/json"}
    connection.request(method, path, body or None, host | headers)
    response = connection.getresponse()
    return response.status, response.read().decode()


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example:{port}"])
@pytest.mark.parametrize("path", ["/", "/server_info", "/graphql"])
def test_a_request_under_another_name_is_refused_with_a_sentence(served, host, path):
    status, said = answer(served, "GET", path, Host=host.format(port=served.port))
    assert status == 403 and "Host must be one of" in said


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://localhost:1"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_request_from_a_page_of_another_site_is_refused(served, origin, method):
    body = json.dumps({"query": VERSION})
    status, said = answer(served, method, "/graphql", body, Origin=origin.format(port=served.port))
    assert status == 403 and "page of another site" in said


def test_a_post_that_the_browser_says_comes_from_another_site_is_refused_without_an_origin_too(served):
    status, said = answer(
        served, "POST", "/graphql", json.dumps({"query": VERSION}), **{"Sec-Fetch-Site": "cross-site"}
    )
    assert status == 403 and "page of another site" in said


def test_a_request_with_a_second_host_is_refused(served):
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as plain:
        plain.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nHost: evil.example\r\n\r\n".encode())
        assert plain.recv(1000).split(b" ", 2)[1] in (b"400", b"403")


def test_no_page_of_another_site_may_frame_it(served):
    with urlopen(f"{served.url}/assets") as page:
        assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("query", [VERSION, MUTATION])
def test_graphql_by_get_is_refused_and_does_nothing(served, query):
    before = runs(served)
    for path in (f"/graphql?query={quote(query)}", f"/%67raphql?query={quote(query)}"):
        status, said = answer(served, "GET", path)
        assert status == 405 and "POST only" in said
    assert runs(served) == before


def test_nothing_but_graphql_takes_a_post(served):
    status, said = answer(served, "POST", "/report_asset_materialization/fct_trips", "{}")
    assert status == 405 and "Refused" in said


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_pages_may_ask(served, name):
    site = f"{name}:{served.port}"
    status, said = answer(
        served, "POST", "/graphql", json.dumps({"query": VERSION}), Host=site, Origin=f"http://{site}"
    )
    assert status == 200 and json.loads(said)["data"]["version"]
    with connect(f"ws://{site}/graphql", origin=f"http://{site}", subprotocols=["graphql-ws"]) as websocket:
        websocket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(websocket.recv(timeout=10)) == {"type": "connection_ack"}


def test_a_websocket_of_a_page_of_another_site_is_refused(served):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://127.0.0.1:{served.port}/graphql", origin="http://evil.example", subprotocols=["graphql-ws"])
    assert refused.value.response.status_code == 403


def test_other_addresses_of_the_machine_are_not_listened_on(served):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", served.port), timeout=5)


def test_who_may_only_look_sees_the_assets_and_changes_nothing(served, looked_at):
    assert looked_at.ask("{ assetNodes { id } }")["assetNodes"]
    before = runs(served)
    assert looked_at.ask(LAUNCH, job=JOB)["launchRun"]["__typename"] == "UnauthorizedError"
    assert runs(served) == before


def test_nobody_is_asked_to_subscribe(served):
    assert served.ask("{ shouldShowNux }") == {"shouldShowNux": False}


def test_a_port_that_is_taken_is_one_sentence(root, served):
    done = doorstep("ui", "-w", root, "--port", str(served.port), "--read-only")
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1 and f"port {served.port}" in done.stderr and "--port" in done.stderr


def test_a_second_one_with_a_daemon_is_refused_in_one_sentence(root, served):
    done = doorstep("ui", "-w", root, "--port", "1")
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.count("\n") == 1 and "--read-only" in done.stderr


def test_an_analyst_finds_an_asset_materializes_it_and_sees_its_metadata(root, served, browser, tmp_path):
    with picture_of_failure(browser, tmp_path):
        find_asset(browser, served, "delivery_speed")
        press_button(browser, "Materialize")
        with instance_of(root) as instance:
            event = before = instance.get_latest_materialization_event(dg.AssetKey("delivery_speed"))
            end = time.monotonic() + 150
            while event.run_id == before.run_id:
                assert time.monotonic() < end
                time.sleep(0.2)
                event = instance.get_latest_materialization_event(dg.AssetKey("delivery_speed"))
        press_button(browser, "Events")
        browser.wait_for(f"document.body.innerText.includes('Materialized in run {event.run_id[:8]}')")
        words = browser.evaluate("document.body.innerText")
        assert {"orders", "on_time_share", "seconds", "first_rows"} <= event.asset_materialization.metadata.keys()
        assert all(name in words for name in event.asset_materialization.metadata if "/" not in name), words
    assert {urlsplit(each).netloc for each in browser.requests() if each.startswith("http")} == {
        f"127.0.0.1:{served.port}"
    }


def test_an_analyst_sees_the_check_that_fails(root, served, browser, tmp_path):
    part = next(path for path in (root / "lake/orders").rglob("*.parquet") if pl.read_parquet(path).height > 1)
    pl.read_parquet(part).head(-1).write_parquet(part)
    with picture_of_failure(browser, tmp_path):
        served.ask(LAUNCH, job=JOB | {"jobName": "refresh"})
        find_asset(browser, served, "audit/logs")
        press_button(browser, "Checks")
        browser.wait_for("document.body.innerText.includes('Failed')", seconds=150)
        words = browser.evaluate("document.body.innerText")
        assert "part was changed, lost or put there by hand" in words and "doorstep ingest --again FILE" in words
        told = [f"expected\nno row\nfailing_rows\n1\n{FIRST_ROWS}\n", "lines_in_lake", "found\n1 row\nsql\n"]
        assert all(each in words for each in told), words


def test_ctrl_c_ends_it_with_its_children_and_the_run_under_way(landed, tmp_path):
    root = tmp_path / "landed"
    shutil.copytree(landed, root)
    with serving(root) as served:
        served.ask(LAUNCH, job=JOB | {"jobName": "refresh"})
        end = time.monotonic() + 150
        while "STARTED" not in runs(served).values():
            assert time.monotonic() < end
            time.sleep(0.2)
        children = processes_of(root)
        code, said = served.end()
    assert (code, said) == (0, "")
    assert len(children) > 2 and not processes_of(root)
    with instance_of(root) as instance:
        assert [run.status for run in instance.get_runs()] == [dg.DagsterRunStatus.CANCELED]


def test_a_part_that_dies_ends_the_rest_with_a_sentence_and_a_run_that_was_lost_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")  # so that what is set for this workspace ends with the test
    dagster_home(open_workspace(tmp_path))
    with instance_of(tmp_path) as instance:
        job = defs.resolve_job_def("ingest")
        lost = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    with serving(tmp_path) as served:
        assert runs(served) == {lost.run_id: "FAILURE"}
        for number in set(processes_of(tmp_path)) - {served.process.pid}:
            os.kill(number, signal.SIGKILL)
        said, _ = served.process.communicate(timeout=30)
    assert served.process.returncode == 1 and not processes_of(tmp_path)
    assert said.count("\n") == 1 and "ended by itself" in said and f"ui_{served.port}.log" in said


def runs(served: Served) -> dict[str, str]:
    """Status of each run by its id."""
    answer = served.ask("{ runsOrError { ... on Runs { results { runId status } } } }")
    return {run["runId"]: run["status"] for run in answer["runsOrError"]["results"]}


def processes_of(root: Path) -> list[int]:
    """Living processes whose Dagster's home is this workspace's."""
    wanted = f"DAGSTER_HOME={root / 'build/dagster'}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
        except OSError:  # it has gone meanwhile
            continue
    return found
