#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a real browser: no overflow on a phone, what stands in the first 800 pixels, nothing hidden in print,
readable without colour, and no violation of axe-core where that is at hand (AXE=path of axe.min.js)."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SRC = os.environ.get("SRC") or os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("BUILD", os.path.join(SRC, "build"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
count = failed = 0


def result(good, what, detail=""):
    global count, failed
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {what}", flush=True)
    if not good:
        failed += 1
        for line in str(detail).splitlines()[:20]:
            print("#", line[:300])


def skip(what, why):
    global count
    count += 1
    print(f"ok {count} - {what} # SKIP {why}", flush=True)


def browse(directory, *arguments):
    with tempfile.TemporaryDirectory(prefix="fragwizard-chromium-") as profile:
        return subprocess.run(
            [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", *arguments],
            cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
            check=False, env={**os.environ, "HOME": profile}).stdout.decode("utf-8", "replace")


def with_script(html, script):
    """The report forbids script; what measures it must lift that first."""
    html, times = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    assert times == 1
    return html.replace("</body>", f"<script>{script}</script></body>")


def measure(directory, html, width, script, *arguments):
    """Runs `script` in the report shown `width` pixels wide; its value comes back as JSON. A frame, since a window has a
    least width."""
    inner = with_script(html, f"addEventListener('load', () => parent.postMessage(JSON.stringify((() => {{{script}}})()), '*'))")
    with open(os.path.join(directory, "inner.html"), "w", encoding="utf-8") as f:
        f.write(inner)
    with open(os.path.join(directory, "outer.html"), "w", encoding="utf-8") as f:
        f.write(f"<!DOCTYPE html><body style='margin:0'><script>onmessage = e => {{ const p = document.createElement('pre');"
                "p.id = 'out'; p.textContent = e.data; document.body.append(p) }</script>"
                f"<iframe src=inner.html style='border:0;width:{width}px;height:800px'></iframe>")
    page = browse(directory, "--virtual-time-budget=10000", "--window-size=1400,900", *arguments, "--dump-dom",
                  f"file://{directory}/outer.html")
    found = re.search(r'<pre id="out">(.*?)</pre>', page, re.S)
    if not found:
        return None
    return json.loads(found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


OVERFLOW = """
const wide = [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && !e.closest('svg') &&
    e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120));
return {page: document.documentElement.scrollWidth, window: innerWidth, wide: wide.slice(0, 5)};
"""
FIRST = """
const bottom = q => { const e = document.querySelector(q); return e ? e.getBoundingClientRect().bottom : 99999; };
return {headline: bottom('h1'), summary: bottom('dl.summary'), text: document.querySelector('.top').innerText};
"""


# How large the map's type is on the screen, and whether its cells are where its frame is.
MAP = """
const svg = document.querySelector('.map svg.chart'), frame = svg.querySelector('.frame').getBoundingClientRect();
const box = svg.getBoundingClientRect(), unit = box.width / svg.viewBox.baseVal.width;
const cells = [...svg.querySelectorAll('.cells path')].map(p => p.getBoundingClientRect());
const labels = [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect());
const shades = new Set([...svg.querySelectorAll('.cells path')].map(p => { const s = getComputedStyle(p);
    return [s.stroke, s.strokeWidth, s.strokeDasharray].join() }));
const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(x => (x /= 255) <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b };
const ground = light(getComputedStyle(document.body).backgroundColor);
const contrast = k => { const l = light(getComputedStyle(svg.querySelector('.cells .k-' + k)).stroke);
    return (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05) };
return {contrast: ['movable', 'huge', 'tables', 'slab', 'mixed', 'kernel', 'pinned'].map(contrast),
    width: frame.width, height: frame.height, type: unit * parseFloat(getComputedStyle(svg.querySelector('text')).fontSize),
    outside: cells.filter(c => c.left < frame.left - 1 || c.right > frame.right + 1 || c.top < frame.top - 1 ||
        c.bottom > frame.bottom + 1).length,
    cut: labels.filter(l => l.left < 0).length,
    touching: labels.filter((l, i) => i && l.top < labels[i - 1].bottom - 3).length, kinds: cells.length, shades: shades.size,
    legend: document.querySelector('.map table').innerText, keys: document.querySelectorAll('.map table svg').length};
"""


def check_map(directory, html):
    for width in (390, 1280):
        m = measure(directory, html, width, MAP)
        said = ["free", "movable only", "huge pages", "page tables", "slab", "mixed, unmovable", "kernel, unnamed",
                "pinned user pages", "reserved or absent", "25 %"]
        result(bool(m) and m["width"] > 0.6 * min(width, 800) and m["height"] > 100 and m["type"] >= 9 and not m["outside"] and
               not m["cut"] and not m["touching"] and all(s in m["legend"] for s in said) and m["keys"] == 9,
               f"the map of memory at {width} pixels: cells in their frame, addresses to read, a legend", m)
        result(bool(m) and m["shades"] == m["kinds"] == 8, f"each kind of block has a look of its own at {width} pixels", m)
    for scheme, name in enumerate(("dark", "light")):
        m = measure(directory, html, 1280, MAP, f"--blink-settings=preferredColorScheme={scheme}")
        result(bool(m) and m["contrast"][0] < m["contrast"][1] < min(m["contrast"][2:]) and min(m["contrast"][2:]) > 3,
               f"what is in the way stands out without colour, {name}", m)


def axe_path():
    candidates = [os.environ.get("AXE", "")]
    if shutil.which("npm"):
        where = subprocess.run(["npm", "root", "--global"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(os.path.join(where, "axe-core/axe.min.js"))
    for root in (SRC, os.path.expanduser("~"), "/usr/local/lib", "/usr/lib", "/usr/share/nodejs"):
        candidates += glob.glob(os.path.join(root, "node_modules/axe-core/axe.min.js")) + \
            glob.glob(os.path.join(root, "axe-core/axe.min.js"))
    return next((c for c in candidates if c and os.path.isfile(c)), None)


def check_axe(directory, html, name):
    path = axe_path()
    what = f"{name}: axe-core finds no violation, light and dark"
    if not path:
        skip(what, "no axe-core (set AXE=…/axe.min.js)")
        return
    with open(path, encoding="utf-8") as f:
        axe = f.read().replace("</script", "<\\/script")
    script = axe + """;document.querySelectorAll('details').forEach(d => d.open = true);
axe.run().then(r => { const p = document.createElement('pre'); p.id = 'out';
p.textContent = JSON.stringify(r.violations.map(v => [v.id, v.help, v.nodes.slice(0, 2).map(n => n.html.slice(0, 150))]));
document.body.append(p); })"""
    with open(os.path.join(directory, "axe.html"), "w", encoding="utf-8") as f:
        f.write(with_script(html, script))
    bad = []
    for scheme in "01":
        page = browse(directory, "--virtual-time-budget=30000", f"--blink-settings=preferredColorScheme={scheme}", "--dump-dom",
                      f"file://{directory}/axe.html")
        found = re.search(r'<pre id="out">(.*?)</pre>', page, re.S)
        bad.append(found.group(1) if found else "no result")
    result(bad == ["[]", "[]"], what, "\n".join(bad))


def check_print(directory, name, most, texts):
    what = f"{name}: prints on at most {most} pages of A4, and nothing is hidden"
    if not shutil.which("pdftotext"):
        skip(what, "no pdftotext")
        return
    browse(directory, "--no-pdf-header-footer", "--print-to-pdf=out.pdf", f"file://{directory}/{name}")
    text = subprocess.run(["pdftotext", "-layout", "out.pdf", "-"], cwd=directory, stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    info = subprocess.run(["pdfinfo", "out.pdf"], cwd=directory, stdout=subprocess.PIPE, check=True).stdout.decode()
    pages = int(re.search(r"Pages:\s*(\d+)", info).group(1))
    joined = re.sub(r"\s+", "", text)
    missing = [t for t in texts if re.sub(r"\s+", "", t) not in joined]
    result(pages <= most and not missing, what, f"{pages} pages; not printed: {missing}")


def leave_pages(directory, program):
    """A unit test leaves what it rendered."""
    subprocess.run([os.path.join(BUILD, "tests", program)], env={**os.environ, "FRAGWIZARD_TEST_REPORTS": directory},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def check_overflow(directory, name, html):
    for width in (320, 390, 800, 1280):
        m = measure(directory, html, width, OVERFLOW)
        result(bool(m) and m["window"] == width and m["page"] <= width and not m["wide"],
               f"{name}: nothing overflows at {width} pixels", m)


def check_comparison(directory, name, said):
    with open(os.path.join(directory, name), encoding="utf-8") as f:
        html = f.read()
    check_overflow(directory, name, html)
    for width in (390, 1280):
        m = measure(directory, html, width, FIRST)
        result(bool(m) and m["headline"] <= 800 and all(s in m["text"] for s in said + ["Before", "After", "web-03"]),
               f"{name}: the outcome, both runs and the host stand at the top at {width}", m)
    check_print(directory, name, 3, said + ["Ruled out", "huge-unusable"])
    check_axe(directory, html, name)


def main():
    if not CHROMIUM:
        print("1..0 # SKIP no chromium")
        return 0
    with tempfile.TemporaryDirectory(prefix="fragwizard-browser-") as directory:
        leave_pages(directory, "test_report")
        for name in ("sample.html", "healthy.html", "evidence.html"):
            with open(os.path.join(directory, name), encoding="utf-8") as f:
                html = f.read()
            check_overflow(directory, name, html)
            for width in (390, 1280):
                m = measure(directory, html, width, FIRST)
                said = ["web-03", "2026-11-21", "Do first", "Not seen"] + ([] if name == "healthy.html" else ["confirmed"]) + \
                    (["pinned", "slab dentry"] if name == "evidence.html" else [])
                result(bool(m) and m["summary"] <= 800 and all(s in m["text"] for s in said),
                       f"{name}: verdict, first action, blind spots, host and time in the first 800 pixels at {width}", m)
            check_print(directory, name, 8, [f"check-number-{i}" for i in range(5, 40)])
            check_axe(directory, html, name)
            if name == "evidence.html":
                check_map(directory, html)
        leave_pages(directory, "test_compare")
        check_comparison(directory, "diff.html", ["Worse: 1 finding new and critical", "confirmed → ruled out"])
        check_comparison(directory, "diff-better.html", ["Better: 3 findings gone, none new"])
        # the report as it is: its own policy stops a script that got in
        with open(os.path.join(directory, "sample.html"), encoding="utf-8") as f:
            html = f.read()
        with open(os.path.join(directory, "policy.html"), "w", encoding="utf-8") as f:
            f.write(html.replace("</body>", "<script>document.title = 'ran'</script></body>"))
        page = browse(directory, "--dump-dom", f"file://{directory}/policy.html")
        result("<title>ran" not in page and "<title>[!!] web-03" in page, "the report's own policy stops script")
    print(f"1..{count}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
