"""The page by its controls: what a reader clicks is what the ledger answers."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Watched, run_browser, watch
from click.testing import CliRunner, Result

from provenance import Ledger
from provenance.cli import cli
from provenance.domain import Grade, Mode, Tier, WhatIf
from provenance.domain.origins import GENERATING_MODES
from provenance.report import Report
from provenance.report.explorer import render_page
from provenance.report.explorer.page import load_library
from provenance.report.words import say_interval, say_number, say_share

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SCRIPT = "</script><script>document.title='taken'</script>"
IMAGE = "\"'><img src=x onerror=\"document.title='taken'\">"
TURNED = "\u202egnp.ledom\u2066 \u05d0"
WEB: tuple[dict[str, Any], ...] = (
    {"name": "w1", "generated_by": SCRIPT, "tokens": 100},
    {"name": "w2", "fetched_at": "2019-05-01", "media_type": "text/html", "tokens": 70},
)
ROWS: tuple[dict[str, Any], ...] = (
    {"name": "a", "generated_by": "GPT-4", "mode": "answered", "tokens": 10},
    {"name": "b", "generated_by": IMAGE, "evidence": "detector", "tokens": 20},
    {
        "name": "c",
        "fetched_at": "2021-05-01",
        "media_type": "text/html",
        "url": "https://example.com/c",
        "tokens": 30,
    },
    {"name": "d", "generated_by": "Whisper", "mode": "transcribed", "tokens": 40},
    {"name": "e", "generated_by": TURNED, "evidence": "captured", "tokens": 55},
    {"name": "f", "derived_from": "web#w1", "derivation": "cleaned", "tokens": 64},
    {"name": "g", "derived_from": "web#w2", "derivation": "cleaned", "tokens": 71},
    {"name": "h", "origin": "human", "tokens": 85},
    {"name": "i", "origin": "other", "tokens": 90, "copies": 2.5},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("explorer")


@pytest.fixture(scope="module")
def told(folder: Path) -> Iterator[Ledger]:
    with Ledger.open(f"sqlite:///{folder}/ledger.db", clock=lambda: 0) as ledger:
        for name, rows in (("web", WEB), ("mix", ROWS)):
            path = folder / f"{name}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
            ledger.ingest(path)
        ledger.add_model("GPT-4", trained_on=["mix"])
        ledger.claim(dataset="mix", generated_by="GPT-4", share="10%", unit="tokens")
        (folder / "mix.html").write_text(
            render_page(ledger.explore("mix", unit="tokens"))
        )
        yield ledger


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with run_browser() as started:
        yield started


@pytest.fixture(scope="module")
def opened(
    browser: Browser, folder: Path, told: Ledger
) -> Iterator[tuple[Page, Watched]]:
    assert told.datasets()
    with watch(browser, folder / "mix.html") as found:
        yield found


@pytest.fixture
def page(opened: tuple[Page, Watched]) -> Page:
    """The page as it is opened: all that can be unfolded is."""
    found = opened[0]
    found.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    reset = found.locator("#reset")
    if reset.is_enabled():
        reset.click()
    return found


def _assert_shown(page: Page, report: Report, unit: str = "tokens") -> None:
    page.evaluate("explorer.drawn()")
    headline = page.inner_text("#headline")
    share = report.units[unit].share
    assert share is not None
    assert all(say_share(end) in headline for end in share), headline
    rows = page.locator("#units-table tbody tr").all_inner_texts()
    for row, (name, figures) in zip(rows, report.units.items(), strict=True):
        cells = row.split("\t")
        assert cells[:2] == [name, say_number(figures.total)]
        assert cells[2:7] == [say_number(figures.tiers[tier]) for tier in Tier]
        assert say_interval(figures.share) in cells[8]


def _check(id_: str, value: str) -> Callable[[Page], object]:
    return lambda page: page.locator(f"#{id_} input[value={json.dumps(value)}]").click()


CONTROLS: dict[str, tuple[Callable[[Page], object], dict[str, Any], str]] = {
    "least grade": (
        _check("grades", "detected"),
        {"what_if": WhatIf(least_grade=Grade.DETECTED)},
        "tokens",
    ),
    "greatest grade": (
        _check("grades", "proven"),
        {"what_if": WhatIf(least_grade=Grade.PROVEN)},
        "tokens",
    ),
    "a mode more": (
        _check("modes", "transcribed"),
        {"what_if": WhatIf(count_modes=frozenset({Mode.TRANSCRIBED}))},
        "tokens",
    ),
    "a mode less": (
        _check("modes", "answered"),
        {"what_if": WhatIf(generating=GENERATING_MODES - {Mode.ANSWERED})},
        "tokens",
    ),
    "a model": (
        _check("ignored", "GPT-4"),
        {"what_if": WhatIf(ignored_models=frozenset({"GPT-4"}))},
        "tokens",
    ),
    "a cut-off": (
        lambda page: page.locator("#cutoffs input[name=text]").fill("2020-01"),
        {"what_if": WhatIf(cutoffs={"text": "2020-01"})},
        "tokens",
    ),
    "a later cut-off": (
        lambda page: page.locator("#cutoffs input[name=text]").fill("2022-11"),
        {"what_if": WhatIf(cutoffs={"text": "2022-11"})},
        "tokens",
    ),
    "its dataset": (
        lambda page: page.locator("#suppose").select_option("mix"),
        {"assume": ["dataset mix generated_by unnamed"]},
        "tokens",
    ),
    "another dataset": (
        lambda page: page.locator("#suppose").select_option("web"),
        {"assume": ["dataset web generated_by unnamed"]},
        "tokens",
    ),
    "the unit": (_check("units", "items"), {}, "items"),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_control_asks_what_the_ledger_answers(
    page: Page, told: Ledger, name: str
) -> None:
    act, asked, unit = CONTROLS[name]
    _assert_shown(page, told.report("mix", unit="tokens"))
    act(page)
    _assert_shown(page, told.report("mix", unit=unit, **asked), unit)
    page.locator("#reset").click()
    _assert_shown(page, told.report("mix", unit="tokens"))


def test_command_on_the_page_asks_the_same(
    page: Page, told: Ledger, folder: Path
) -> None:
    page.locator("#suppose").select_option("web")
    for id_, value in (("grades", "detected"), ("modes", "answered")):
        _check(id_, value)(page)
    page.locator("#ignored input").nth(0).click()
    page.locator("#cutoffs input[name=text]").fill("2022-11")
    page.evaluate("explorer.drawn()")
    words = shlex.split(page.inner_text("#command"))
    assert words.pop(0) == "provenance"
    url = f"sqlite:///{folder}/ledger.db"
    done = CliRunner().invoke(cli, ["--ledger", url, *words, "--json"])
    said = json.loads(done.stdout)
    assert len(said["what_if"]) == 4
    _assert_shown(
        page,
        told.report(
            "mix",
            unit="tokens",
            what_if=WhatIf(
                least_grade=Grade.DETECTED,
                generating=GENERATING_MODES - {Mode.ANSWERED},
                ignored_models=frozenset(said["policy_body"]["ignored_models"]),
                cutoffs={"text": "2022-11"},
            ),
            assume=["dataset web generated_by unnamed"],
        ),
    )


def test_page_with_too_many_sums_carries_them_in_one_unit(
    browser: Browser, folder: Path, told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.report.explorer.pack._MOST_SUMS", 0)
    path = folder / "large.html"
    path.write_text(render_page(told.explore("mix", unit="tokens", suppose=["web"])))
    with watch(browser, path) as (page, watched):
        assert page.locator("#uncarried").is_hidden()
        page.locator("#suppose").select_option("web")
        assume = ["dataset web generated_by unnamed"]
        _assert_shown(page, told.report("mix", unit="tokens", assume=assume))
        assert page.locator("#month").is_visible()
        _check("units", "bytes")(page)
        page.evaluate("explorer.drawn()")
        assert page.inner_text("#uncarried").endswith("records and tokens only.")
        assert page.locator("#month").is_hidden()
        assert watched.said == []


def test_sums_beyond_exact_numbers_stay_exact(browser: Browser, tmp_path: Path) -> None:
    url, most = f"sqlite:///{tmp_path}/ledger.db", 2**53 + 1
    rows = [
        {"name": "a", "bytes": most // 1000 * 1000 // 4 + 1, "generated_by": "M"},
        {"name": "b", "bytes": most // 4, "origin": "human"},
        {"name": "c", "bytes": 3, "fetched_at": "2020-01-01"},
    ]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger.open(url, clock=lambda: 0) as ledger:
        ledger.ingest(tmp_path / "d.jsonl")
        (tmp_path / "d.html").write_text(render_page(ledger.explore("d", unit="bytes")))
        report = ledger.report("d", unit="bytes")
    with watch(browser, tmp_path / "d.html") as (page, watched):
        _assert_shown(page, report, "bytes")
        assert watched.said == []


def test_share_of_a_model_that_nothing_else_names_counts(
    browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "d.jsonl").write_text('{"name": "a"}\n{"name": "b"}\n{"name": "c"}\n')
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.ingest(tmp_path / "d.jsonl")
        ledger.claim(dataset="d", generated_by="M", share="50%", unit="items")
        (tmp_path / "d.html").write_text(render_page(ledger.explore("d")))
        report = ledger.report("d")
        ignored = ledger.report("d", what_if=WhatIf(ignored_models=frozenset({"M"})))
    with watch(browser, tmp_path / "d.html") as (page, _):
        assert page.locator("#fault").is_hidden()
        _assert_shown(page, report, "items")
        page.locator("#ignore summary").click()
        _check("ignored", "M")(page)
        _assert_shown(page, ignored, "items")


def test_page_rounds_as_the_terminal_does(browser: Browser, tmp_path: Path) -> None:
    kinds = ["model", "human", None]
    rows = [{"name": f"{n}", "origin": kinds[min(n, 2)]} for n in range(16)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.ingest(tmp_path / "d.jsonl")
        ledger.claim(dataset="d", generated_by="M", share="0.123456", unit="items")
        (tmp_path / "d.html").write_text(render_page(ledger.explore("d")))
        report = ledger.report("d")
    records = report.units["records"].share
    assert records is not None
    assert say_share(records[0]) == "6.2 %"
    with watch(browser, tmp_path / "d.html") as (page, _):
        _assert_shown(page, report, "items")
        assert "1.975 moved from unknown" in page.inner_text("#claims")


def test_zero_is_told_apart_from_not_stated(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"name": "a", "items": 0}\n{"name": "b"}\n')
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        ledger.ingest(tmp_path / "d.jsonl")
        (tmp_path / "d.html").write_text(render_page(ledger.explore("d")))
    with watch(browser, tmp_path / "d.html") as (page, _):
        for unit, said in (
            ("items", "All records that say how many items they have say 0"),
            ("bytes", "No record says how many bytes it has"),
        ):
            _check("units", unit)(page)
            page.evaluate("explorer.drawn()")
            assert page.inner_text("#headline") == f"{said}; count by another unit."


def test_names_are_text_and_nothing_else(
    page: Page, opened: tuple[Page, Watched]
) -> None:
    shown = page.locator("#ignored bdi").all_inner_texts()
    assert {SCRIPT, IMAGE, TURNED} <= set(shown)
    assert page.locator("img").count() == 0
    assert page.title().startswith("mix: how much")
    told = page.locator("#model-table tbody th bdi").all_inner_texts()
    assert {"GPT-4", TURNED} <= set(told)
    assert opened[1].said == []


def test_page_asks_no_network_and_says_nothing(opened: tuple[Page, Watched]) -> None:
    page, watched = opened
    page.evaluate("explorer.drawn()")
    assert [url for url in watched.requests if not url.startswith("data:,")] == [
        page.url
    ]
    assert watched.said == []
    assert page.locator("#fault").is_hidden()


def test_every_control_has_a_name_and_is_reached_by_keyboard(page: Page) -> None:
    wanted = page.evaluate(
        "[...document.querySelectorAll('#controls input, select, summary')]"
        ".filter(e => e.offsetParent && (e.type !== 'radio' || e.checked)).length"
    )
    page.locator(".skip").focus()
    names, reached = [], set()
    for _ in range(150):
        page.keyboard.press("Tab")
        at: dict[str, Any] = page.evaluate(
            "(e => ({tag: e.tagName,"
            " at: [...document.querySelectorAll('*')].indexOf(e),"
            " name: (e.labels?.[0] ?? e).innerText || e.getAttribute('aria-label'),"
            " rim: getComputedStyle(e).outlineStyle}))"
            "(document.activeElement)"
        )
        if at["tag"] == "BODY":
            break
        names.append(at["name"])
        if at["tag"] in ("INPUT", "SELECT", "SUMMARY"):
            reached.add(at["at"])
        assert at["rim"] != "none", at
    assert all(names)
    assert len(reached) == wanted


@pytest.mark.parametrize(
    ("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")]
)
def test_page_fits_and_is_legible(
    browser: Browser, folder: Path, told: Ledger, width: int, scheme: str
) -> None:
    assert told.datasets()
    looks: dict[str, Any] = {
        "viewport": {"width": width, "height": 800},
        "color_scheme": scheme,
    }
    with watch(browser, folder / "mix.html", **looks) as (page, watched):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ink, paper = page.evaluate(
            "['color', 'backgroundColor'].map(name => "
            "getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))"
        )
        assert _contrast(ink, paper) > 10
        assert watched.said == []


def _contrast(one: list[int], other: list[int]) -> float:
    """WCAG 2.2: how much lighter one colour is than another."""
    lights = []
    for colour in (one, other):
        parts = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
            for c in (part / 255 for part in colour[:3])
        ]
        weights = (0.2126, 0.7152, 0.0722)
        lights.append(sum(w * p for w, p in zip(weights, parts, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_print_leaves_the_controls_out_and_keeps_the_words(page: Page) -> None:
    _check("grades", "detected")(page)
    page.evaluate("explorer.drawn()")
    page.emulate_media(media="print")
    assert page.locator("#controls").is_hidden()
    assert "What if grade detected or better is believed?" in page.inner_text("#aside")
    assert page.locator("#units-table").is_visible()
    page.emulate_media(media="screen")


def test_command_line_writes_the_page(
    run_cli: Callable[..., Result], tmp_path: Path
) -> None:
    rows = tmp_path / "d.jsonl"
    rows.write_text('{"name": "a", "generated_by": "M"}\n{"name": "b"}\n')
    run_cli("ingest", rows)
    page = tmp_path / "page.html"
    done = run_cli("report", "d", "--html", page)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "can suppose as generated: d" in done.stderr
    text = page.read_text()
    assert "default-src &#39;none&#39;" in text
    assert "50.0 % – 100.0 %" in text
    assert run_cli("report", "d", "--html", page).exit_code == 0
    assert page.read_text() == text
    missing = run_cli("report", "d", "--html", tmp_path / "no" / "page.html")
    assert (missing.exit_code, "cannot be written" in missing.stderr) == (1, True)
    for more in (("--json",), ("--against", "d")):
        assert run_cli("report", "d", "--html", page, *more).exit_code == 2
    assert run_cli("report", "d", "--suppose", "d").exit_code == 2
    assert run_cli("report", "d", "--html", page, "--suppose", "e").exit_code == 0


def test_page_without_the_chart_library_is_refused(
    run_cli: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d.jsonl").write_text('{"name": "a"}\n')
    run_cli("ingest", tmp_path / "d.jsonl")
    load_library.cache_clear()
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    done = run_cli("report", "d", "--html", tmp_path / "d.html")
    assert (done.exit_code, "training-provenance[explorer]" in done.stderr) == (1, True)
    assert not (tmp_path / "d.html").exists()
