"""A Chromium to test pages with, driven over the WebDriver protocol by the standard library."""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--enable-unsafe-swiftshader",
    "--use-angle=swiftshader",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # any look at the network fails, and is logged
    "--window-size=1280,1600",
)


class Page:
    """One open page."""

    def __init__(self, base: str, session: str) -> None:
        self._base = f"{base}/session/{session}"

    def go(self, file: Path) -> None:
        _request("POST", f"{self._base}/url", {"url": file.resolve().as_uri()})

    def back(self) -> None:
        """As the button of the browser does."""
        _request("POST", f"{self._base}/back", {})

    def run(self, script: str) -> Any:
        """The value that the body of a function returns."""
        return _request("POST", f"{self._base}/execute/sync", {"script": script, "args": []})

    def wait(self, script: str, seconds: float = 60.0) -> Any:
        """Until the script returns something true."""
        until = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value:
                return value
            if time.monotonic() > until:
                raise AssertionError(f"not true after {seconds} s: {script}; the log: {self.log()}")
            time.sleep(0.2)

    def log(self) -> list[str]:
        """Errors on the console since the last call."""
        entries = _request("POST", f"{self._base}/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def width(self, pixels: int) -> None:
        """Show the page as a screen of that width does, such as a phone's."""
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": True}
        told = {"cmd": "Emulation.setDeviceMetricsOverride", "params": size}
        _request("POST", f"{self._base}/goog/cdp/execute", told)

    def picture(self) -> bytes:
        return base64.b64decode(_request("GET", f"{self._base}/screenshot"))


def _request(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(error.read().decode()[:500]) from error


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    """A page of a fresh headless Chromium whose profile is in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"HOME": str(folder)}
    driver = subprocess.Popen(
        [str(DRIVER), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                if _request("GET", f"{base}/status")["ready"]:
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        options = {"binary": CHROMIUM, "args": [*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = _request("POST", f"{base}/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Page(base, session)
        finally:
            _request("DELETE", f"{base}/session/{session}")
    finally:
        driver.terminate()
        driver.wait(10)
