"""Someone who works in Dagster's pages: opens them, clicks what is written on it, reads.

Belongs here: what tests and pictures of `doorstep ui` ask of it. Does not belong here: what is to be expected.
Run as a module it draws the asset graph of a workspace: `python -m tests.integration.analyst WORKSPACE FILE.png`.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.integration.browser import Browser, open_browser

FIND = """(text => {
    document.querySelectorAll('[data-found]').forEach(each => each.removeAttribute('data-found'));
    const all = [...document.querySelectorAll('button, a, [role=tab]')];
    const found = all.find(each => each.innerText.trim() === text && each.offsetParent);
    found?.setAttribute('data-found', '');
    return found;
})"""
SHOWN = ["logs", "warehouse", "pages"]  # groups of the picture whose assets are shown


@dataclass(frozen=True)
class Served:
    """A `doorstep ui` that can be used."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, **variables: object) -> dict:
        """What GraphQL answers, asked as Dagster's pages ask."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = Request(f"{self.url}/graphql", body, {"Content-Type": "application/json", "Origin": self.url})
        with urlopen(request) as answer:
            return json.load(answer)["data"]

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Ends it by a signal: its exit code and what it had still to say."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def serving(root: Path, *options: str) -> Iterator[Served]:
    """`doorstep ui` on a free port, from when it says its address; ended afterwards if it has not."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pipelines.cli", "ui", "-w", str(root), "--port", str(port), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    served = Served(process, port)
    try:
        assert process.stdout
        said = process.stdout.readline()
        assert served.url in said, said
        yield served
    finally:
        if process.poll() is None:
            served.end()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def press_button(browser: Browser, text: str) -> None:
    """Click the button, link or tab on which just this is written, once it is there."""
    browser.wait_for(f"{FIND}({json.dumps(text)})")
    browser.click("[data-found]")


def find_asset(browser: Browser, served: Served, name: str) -> None:
    """From the first page to an asset's, by Dagster's search."""
    browser.visit(served.url, "document.body.innerText.includes('Catalog')")
    press_button(browser, "Search")
    browser.wait_for("document.activeElement.tagName === 'INPUT'")
    browser.type(name)
    press_button(browser, f"{name.replace('/', ' / ')}\nAsset in doorstep\nEnter")
    browser.wait_for(f"location.pathname === '/assets/{name}'")


def draw_graph(browser: Browser, served: Served, picture: Path, width: int = 1600, height: int = 1000) -> None:
    """A picture of the asset graph as it fits into the window, the assets of `SHOWN` one by one."""
    groups = "%2C".join(f"global%40global%3A{group}" for group in SHOWN)
    laid_out = "document.querySelectorAll('svg foreignObject').length > 10"
    browser.visit(f"{served.url}/asset-groups?expanded={groups}", laid_out, width, height)
    press_button(browser, "Hide navigation")
    time.sleep(2)  # it moves into place
    browser.screenshot(picture)


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as profile,
        serving(Path(sys.argv[1]), "--read-only") as pages,
        open_browser(Path(profile)) as tab,
    ):
        draw_graph(tab, pages, Path(sys.argv[2]))
