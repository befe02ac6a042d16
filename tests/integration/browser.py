"""Headless Chromium, driven over its debugging port."""

import base64
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

KEYS = {  # key -> code of its place on Windows' keyboard, which Chromium goes by, and the text it types
    "Enter": (13, "\r"),
    "Tab": (9, ""),
    "Escape": (27, ""),
    "PageUp": (33, ""),
    "PageDown": (34, ""),
    "End": (35, ""),
    "Home": (36, ""),
    "ArrowLeft": (37, ""),
    "ArrowUp": (38, ""),
    "ArrowRight": (39, ""),
    "ArrowDown": (40, ""),
}
STEPS = """((select, value) => {
    const options = [...select.options].filter(each => !each.disabled && !each.hidden);
    const [from, to] = [options.indexOf(select.selectedOptions[0]), options.findIndex(each => each.value === value)];
    if (to < 0) throw new Error(`no option ${value}, but ${options.map(each => each.value)}`);
    select.focus();
    return to - from;
})"""
MIDDLE = """(element => {
    element.scrollIntoView({block: 'center', behavior: 'instant'});
    const box = element.getBoundingClientRect();
    return {x: box.x + box.width / 2, y: box.y + box.height / 2};
})"""
FIRST_PAINT = """new Promise(done => new PerformanceObserver(list => {
    for (const each of list.getEntriesByName('first-contentful-paint')) done(each.startTime);
}).observe({type: 'paint', buffered: true}))"""


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

    def visit(self, address: str, shown: str, width: int = 1400, height: int = 1000) -> None:
        """Open an address of a server and wait until an expression is true in its page."""
        self.look(width, height)
        self.send("Page.navigate", url="about:blank")
        self.events.clear()
        self.send("Page.navigate", url=address)
        self.wait_for(f"location.protocol === 'http:' && document.body && ({shown})")

    def show(self, page: Path, width: int = 1280, height: int = 900, scheme: str = "light", view: str = "") -> None:
        """Open a file, `view` behind a # in its address, and wait until it has loaded, its scripts run included."""
        self.look(width, height, scheme)
        self.send("Page.navigate", url="about:blank")
        self.events.clear()
        self.send("Page.navigate", url=page.as_uri() + (view and f"#{view}"))
        self.wait_for("document.readyState === 'complete' && location.protocol === 'file:'")

    def look(self, width: int, height: int = 900, scheme: str = "light") -> None:
        """A window of this size, a phone's if it is narrow, on a system that is light or dark."""
        phone = width < 600
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def wait_for(self, condition: str, seconds: float = 10) -> None:
        """Wait until an expression is true. Raises AssertionError if it is not within so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.evaluate(f"Boolean({condition})"):
                return
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s: {condition}")

    def evaluate(self, script: str, **params):
        """The value of an expression, a promise's once it is kept; `params` as `Runtime.evaluate` has them."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, **params)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key: str, times: int = 1, *, shift: bool = False) -> None:
        """Press and release a key where the focus is: a name of KEYS or what it types, `"a"`, `" "`."""
        code, text = KEYS.get(key) or (ord(key.upper()), key)
        pressed = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        pressed["code"] = f"Key{key.upper()}" if key.isalpha() and len(key) == 1 else "Space" if key == " " else key
        for _ in range(times):
            self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **pressed)
            self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def choose(self, selector: str, value: str) -> None:
        """Choose the option of a select by its value, with the arrow keys; the page hears of each on the way."""
        select = f"document.querySelector({json.dumps(selector)})"
        steps = self.evaluate(f"{STEPS}({select}, {json.dumps(value)})")
        self.press("ArrowDown" if steps > 0 else "ArrowUp", abs(steps))
        assert self.evaluate(f"{select}.value") == value

    def move_to(self, selector: str) -> dict[str, float]:
        """Scroll to an element and point at its middle, the place of which is returned."""
        place = self.evaluate(f"{MIDDLE}(document.querySelector({json.dumps(selector)}))")
        self.send("Input.dispatchMouseEvent", type="mouseMoved", **place)
        return place

    def click(self, selector: str) -> None:
        """Point at an element and click it."""
        place = self.move_to(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.send("Input.insertText", text=text)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen, or the whole page however long, as a PNG."""
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"clip": {**size, "scale": 1}} if whole else {}
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=whole, **clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self) -> bytes:
        """What the page is when it is printed, on the paper that its style sheet asks for."""
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def first_paint_ms(self) -> float:
        """Milliseconds from the start of the page's loading to the first text or picture on the screen."""
        return self.evaluate(FIRST_PAINT)

    def downloads(self, folder: Path) -> None:
        """From now on put what the page offers for download into the folder; `downloaded` waits for it."""
        self.send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder), eventsEnabled=True)

    def downloaded(self) -> Path:
        """The file of the next download once it is complete; each is told once."""
        for _ in range(500):
            for each in self.events:
                if each["method"] == "Browser.downloadProgress" and each["params"]["state"] == "completed":
                    self.events.remove(each)
                    return Path(each["params"]["filePath"])
            time.sleep(0.02)
            self.evaluate("1")
        raise AssertionError("nothing was downloaded within 10 s")

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
