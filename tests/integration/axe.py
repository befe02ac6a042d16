"""axe-core, which looks for what keeps people out of a page: https://github.com/dequelabs/axe-core, MPL 2.0.

Belongs here: getting it, and running it in a page of the browser. Does not belong here: what may be found.

It is fetched by npm (whose settings name the registry, as `npm_config_registry` does) once per checkout and is never
committed. `python -m tests.integration.axe` fetches it ahead.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest

from pipelines.workspace import PROJECT_ROOT
from tests.integration.browser import Browser

PACKAGE = "axe-core@4.14.1"
INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
CACHED = PROJECT_ROOT / ".cache" / f"{PACKAGE.replace('@', '-')}.tgz"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]  # WCAG 2.2 has no rule of level A
# Without preload: it would ask anew for style sheets and media, and these pages may ask for nothing.
OPTIONS = {"runOnly": TAGS, "resultTypes": ["violations"], "preload": False}


def fetch() -> Path:
    """The package as a file, asked for where it is not here yet. Raises OSError if it cannot be had."""
    if not CACHED.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise OSError("no npm here")
        CACHED.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHED.parent) as folder:
            command = [npm, "pack", PACKAGE, "--loglevel", "error", "--pack-destination", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
            if done.returncode:
                raise OSError(f"npm pack {PACKAGE}: {done.stderr.strip() or done.stdout.strip()}")
            (Path(folder) / CACHED.name).replace(CACHED)
    return CACHED


@cache
def axe_source() -> str:
    """The text of axe.min.js. Skips the test if it cannot be had; fails it if it is not what was pinned."""
    try:
        package = fetch()
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"axe-core cannot be had: {error}")
    verify(package.read_bytes())
    with tarfile.open(package) as files:
        script = files.extractfile("package/axe.min.js")
        assert script
        return script.read().decode()


def verify(content: bytes) -> None:
    """Raises ValueError if these are not the bytes of the pinned package."""
    if f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}" != INTEGRITY:
        raise ValueError(f"{CACHED} is not {PACKAGE} as pinned. Delete it and run again.")


def violations(browser: Browser) -> list[str]:
    """What the shown page does against WCAG 2.0, 2.1 and 2.2, A and AA, and axe's best practices; a line per element.

    A world of its own, so that the page's policy does not keep axe out and the page does not see it. Contrast of text
    with a chart or a scrolling table about it is what axe cannot judge: tests/unit/test_dashboards_looks.py computes
    that of the theme's colours.
    """
    frame = browser.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
    world = browser.send("Page.createIsolatedWorld", frameId=frame)["executionContextId"]
    browser.evaluate(f"{axe_source()}; 0", contextId=world)
    found = browser.evaluate(f"axe.run(document, {json.dumps(OPTIONS)})", contextId=world)["violations"]
    return [
        f"{rule['id']}: {' '.join(map(str, node['target']))}: {' '.join(node['failureSummary'].split())}"
        for rule in found
        for node in rule["nodes"]
    ]


if __name__ == "__main__":
    verify(fetch().read_bytes())
