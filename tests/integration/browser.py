"""Headless Chromium, driven over its debugging port."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]


class Browser:
    """One tab. `events` collects what the browser reports; `evaluate` runs JavaScript in the page."""

    def __init__(self, executable: str, profile: Path) -> None:
        command = [executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._port(profile / "DevToolsActivePort")
        with urlopen(f"http://127.0.0.1:{port}/json/list") as answer:
            tab = next(each for each in json.load(answer) if each["type"] == "page")
        self.open = ExitStack()
        self.socket = self.open.enter_context(connect(tab["webSocketDebuggerUrl"], max_size=None))
        self.numbers = count(1)
        self.events: list[dict] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    @staticmethod
    def _port(file: Path) -> str:
        for _ in range(300):
            if file.exists() and (lines := file.read_text().splitlines()):
                return lines[0]
            time.sleep(0.1)
        raise RuntimeError("Chromium did not start within 30 s")

    def send(self, method: str, **params):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (message := json.loads(self.socket.recv(timeout=60))).get("id") != number:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def show(self, page: Path, width: int = 1280, height: int = 900, scheme: str = "light") -> None:
        """Open a file and wait until it has loaded, its scripts run included."""
        phone = width < 600
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send("Page.navigate", url="about:blank")
        self.events.clear()
        self.send("Page.navigate", url=page.as_uri())
        while not self.evaluate("document.readyState === 'complete' && location.protocol === 'file:'"):
            time.sleep(0.05)

    def evaluate(self, script: str):
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """Errors and warnings the page caused: exceptions, console, refusals by the security policy."""
        self.evaluate("1")
        found = [json.dumps(each["params"]) for each in self.events if each["method"] == "Runtime.exceptionThrown"]
        found += [
            json.dumps(each["params"])
            for each in self.events
            if each["method"] == "Log.entryAdded" and each["params"]["entry"]["level"] in ("error", "warning")
        ]
        return found + [
            json.dumps(each["params"])
            for each in self.events
            if each["method"] == "Runtime.consoleAPICalled" and each["params"]["type"] in ("error", "warning")
        ]

    def requests(self) -> list[str]:
        """Addresses the page asked for."""
        return [
            each["params"]["request"]["url"] for each in self.events if each["method"] == "Network.requestWillBeSent"
        ]

    def close(self) -> None:
        self.open.close()
        self.process.terminate()
        self.process.wait(timeout=20)


@contextmanager
def open_browser(profile: Path) -> Iterator[Browser]:
    """A browser with its profile in the folder, ended afterwards."""
    assert CHROMIUM
    browser = Browser(CHROMIUM, profile)
    try:
        yield browser
    finally:
        browser.close()
