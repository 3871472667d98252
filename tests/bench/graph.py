"""How long a large graph takes to be looked at: `make bench-graph` (a page of 1,000 devices in headless Chromium).

Prints what was measured: the sheet's making, from navigation until the page can be used, the longest block of its main
thread until then and while it is moved, folded and searched, and what it asked for over the network.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from netguru.model.coverage import Coverage
from netguru.model.evidence import Evidence
from netguru.model.topology import Device, Endpoint, Link, Topology
from netguru.topology.page import page
from netguru.topology.sheet import sheet

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH = """
window.blocks = [];
new PerformanceObserver(list => list.getEntries().forEach(item => blocks.push(Math.round(item.duration))))
  .observe({type: 'longtask', buffered: true});
"""
READY = """() => window.netguruGraph && new Promise(done =>
  requestAnimationFrame(() => requestAnimationFrame(() => done(Math.round(performance.now())))))"""


def network(devices: int, links: int) -> Topology:
    """Make a campus of many sites: two cores, distributions in pairs, access below; cables doubled until enough."""
    proof = (Evidence(source="made.txt", sha256="", kind="line", start=1, end=1, text="made"),)
    names = ["core1", "core2"]
    pairs: list[tuple[str, str]] = [("core1", "core2")]
    site = 0
    while len(names) < devices:
        site += 1
        own = [f"site{site}-dist-{side}" for side in (1, 2)]
        pairs += [(dist, core) for dist in own for core in ("core1", "core2")]
        below = [f"site{site}-acc-{number}" for number in range(1, 19)]
        pairs += [(name, dist) for name in below for dist in own]
        names += [*own, *below]
    names = names[:devices]
    kept = set(names)
    pairs = [pair for pair in pairs if set(pair) <= kept]
    # What is missing are second cables between the same devices.
    while len(pairs) < links:
        pairs += pairs[: links - len(pairs)]
    ports = dict.fromkeys(names, 0)
    made = []
    for a, b in pairs[:links]:
        ends = []
        for name in sorted((a, b)):
            ports[name] += 1
            ends.append(Endpoint(device=name, port=f"Gi1/0/{ports[name]}"))
        ends.sort(key=lambda end: end.key)
        made.append(Link(a=ends[0], b=ends[1], protocols=("lldp",), seen_from="both", confidence=1.0, evidence=proof))
    return Topology(
        devices=tuple(Device(name=name, evidence=proof) for name in sorted(names)),
        links=tuple(made),
        unresolved=(),
        coverage=Coverage(unit="neighbours", total=2 * len(made), read=2 * len(made)),
    )


def served(folder: Path) -> tuple[http.server.ThreadingHTTPServer, str]:
    """Serve a folder on the loopback."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}/"


def measure(devices: int, links: int, picture: Path | None = None) -> dict[str, object]:
    """Draw one network and look at it; returns what was measured, in milliseconds."""
    from playwright.sync_api import sync_playwright

    graph = network(devices, links)
    start = time.process_time()
    content = page(sheet(graph))
    made = time.process_time() - start
    browser_path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "graph.html").write_text(content, encoding="utf-8")
        server, url = served(Path(folder))
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        window = browser.new_page(viewport={"width": 1400, "height": 900})
        asked: list[str] = []
        window.on("request", lambda request: asked.append(request.url))
        window.add_init_script(WATCH)
        window.goto(url + "graph.html")
        window.wait_for_function("window.netguruGraph")
        ready = window.evaluate(READY)
        loading = window.evaluate("blocks.splice(0)")
        frames = window.evaluate(
            """async () => {
              const stage = document.querySelector('.ngg-stage canvas'); const took = []; let last = performance.now();
              for (let k = 0; k < 40; k++) {
                const turned = {deltaY: k % 2 ? 60 : -80, clientX: 500, clientY: 400, bubbles: true, cancelable: true};
                stage.dispatchEvent(new WheelEvent('wheel', turned));
                await new Promise(done => requestAnimationFrame(done));
                const now = performance.now(); took.push(now - last); last = now;
              }
              took.sort((a, b) => a - b); return [took[20], took[37]].map(Math.round);
            }"""
        )
        for way in ("force", "groups", "layers"):
            window.select_option("select[aria-label=Places]", way)
            window.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        fold = window.locator(".ngg-fold input")
        for _ in range(2):
            if fold.is_visible():
                fold.click()
        window.fill("input[type=search]", "acc-7")
        window.press("input[type=search]", "Enter")
        using = window.evaluate("new Promise(done => setTimeout(() => done(blocks), 200))")
        if picture is not None:
            window.keyboard.press("Escape")
            window.screenshot(path=str(picture))
        browser.close()
        server.shutdown()
    return {
        "devices": len(graph.devices),
        "links": len(graph.links),
        "page_kB": len(content) // 1000,
        "sheet_cpu_s": round(made, 2),
        "interactive_ms": ready,
        "longest_block_loading_ms": max(loading, default=0),
        "frame_p50_ms": frames[0],
        "frame_p95_ms": frames[1],
        "longest_block_using_ms": max(using, default=0),
        "foreign_requests": [item for item in asked if not item.startswith((url, "data:"))],
    }


def main() -> int:
    """Measure and print; exit status 1 where a page asked another host."""
    status = 0
    for devices, links in ((100, 250), (1000, 3000)):
        row = measure(devices, links, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        status |= bool(row["foreign_requests"])
    print("goals at 1,000 devices: interactive within 3,000 ms, no block over 1,000 ms, no foreign request")
    return status


if __name__ == "__main__":
    sys.exit(main())
