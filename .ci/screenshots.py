"""Takes screenshots of the built site in headless Chromium, at the widths of a phone and a desktop.

    python .ci/screenshots.py .site [FOLDER] [PAGE ...]

They are PNG files in FOLDER, by default `.hatch/screenshots`. Chromium has to be on the PATH: the
package `chromium` of Debian has it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

PAGES = (
    "",
    "tutorials/getting-started/",
    "how-to/messages-and-tools/",
    "reference/errors/",
    "reference/settings/",
    "reference/capabilities/",
    "reference/api/core/",
    "explanation/architecture/",
)
VIEWS = {
    "phone": ("390,1400",),
    "desktop": ("1280,1400",),
    "dark": ("1280,1400", "--force-dark-mode"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# A window is at least 500 pixels wide, but a frame in it can be as narrow as a phone.
FRAME = '<body style="margin:0"><iframe src="{}" width="{}" height="{}" style="border:0"></iframe>'


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each request."""

    def log_message(self, *args: object) -> None:
        pass


def take(site: Path, folder: Path, pages: tuple[str, ...]) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"no browser on the PATH; install one of {', '.join(BROWSERS)}")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as profile,
        ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in pages:
            for view, (size, *flags) in VIEWS.items():
                name = f"{page.strip('/').replace('/', '-') or 'home'}-{view}.png"
                width, height = size.split(",")
                frame = Path(profile) / "frame.html"
                address = f"http://127.0.0.1:{server.server_port}/{page}"
                frame.write_text(FRAME.format(address, width, height), "utf-8")
                options = (
                    "--headless",
                    "--no-sandbox",  # root, as in a container, has none
                    "--hide-scrollbars",
                    "--disable-gpu",
                    "--virtual-time-budget=5000",
                    f"--user-data-dir={profile}/{view}",
                    f"--window-size={size}",
                    f"--screenshot={folder / name}",
                )
                subprocess.run(
                    [browser, *options, *flags, frame.as_uri()], check=True, capture_output=True
                )
                print(folder / name)
        server.shutdown()


if __name__ == "__main__":
    site, *rest = sys.argv[1:] or [".site"]
    target, *chosen = rest or [".hatch/screenshots"]
    take(Path(site), Path(target).resolve(), tuple(chosen) or PAGES)
