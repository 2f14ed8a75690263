"""The gate on the command line, and the snippets that its page gives away."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/gate.md").read_text("utf-8")
ACTIONS, HOOKS = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
Run = Callable[..., Result]


def _record(run_cli: Run, folder: Path, *rows: dict[str, Any]) -> None:
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run_cli("ingest", path).exit_code == 0


def test_a_kept_bound_is_one_line(run_cli: Run, tmp_path: Path) -> None:
    _record(run_cli, tmp_path, {"name": "a", "origin": "human"})
    done = run_cli("check", "train", "--max-downstream", "0", "--max-depth", "0")
    assert done.exit_code == 0
    (line,) = done.stdout.splitlines()
    assert line.partition(" (items, policy default, as of ")[0] == (
        "pass: train: downstream 0.0 %, at most 0 %; depth 0 (known for 100.0 %), at "
        "most 0"
    )


def test_a_broken_bound_exits_with_4_and_says_what_breaks_it(
    run_cli: Run, tmp_path: Path
) -> None:
    _record(
        run_cli,
        tmp_path,
        {"name": "a", "generated_by": "M", "url": "https://a.org/1"},
        {"name": "b", "origin": "human"},
        {"name": "c"},
    )
    bounds = ("--max-downstream", "0.5", "--max-depth", "1")
    done = run_cli("check", "train", *bounds)
    assert done.exit_code == 4
    first, *rest = done.stdout.splitlines()[:4]
    assert first.startswith("fail: train (items, policy default, as of ")
    assert "".join(rest) == (
        "  downstream: up to 66.7 % of items may be downstream: 33.3 % are, 33.3 % are "
        "unknown; at most 50 % is allowed"
        "    by model: M (33.3 %)"
        "    by source: not stated (33.3 %), a.org (33.3 %)"
    )
    told = run_cli("check", "train", *bounds, "--json")
    said = json.loads(told.stdout)
    assert (told.exit_code, said["passed"], said["bounds"]["end"]) == (4, False, "high")
    assert [one["reason"] for one in said["failures"]] == ["exceeded", "open"]
    assert said["report"]["dataset"] == "train"
    assumed = run_cli(
        "check", "train", "--max-unknown", "0", "--assume", "dataset train origin human"
    )
    assert assumed.exit_code == 0
    assert "assumed, and not recorded: dataset train" in assumed.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("nowhere", "--max-downstream", "1"), 1, "no dataset 'nowhere' is recorded"),
        (("train", "--max-downstream", "nan"), 1, "'nan' is no share"),
        (("train", "--max-depth", "1", "--policy", "x"), 1, "no policy 'x'"),
        (("train",), 2, "give at least one of --max-downstream"),
        (("train", "--max-depth", "-1"), 2, "not in the range"),
    ],
)
def test_what_cannot_be_asked_never_passes(
    run_cli: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    _record(run_cli, tmp_path, {"name": "a", "origin": "human"})
    done = run_cli("check", *arguments)
    assert done.exit_code == code
    assert says in done.stderr


def test_no_ledger_no_pass(run_cli: Run) -> None:
    assert run_cli("check", "train", "--max-downstream", "1").exit_code == 1


def _run_steps(run_cli: Run) -> list[int]:
    """Run what the workflow runs of ours; return the exit codes."""
    steps = yaml.safe_load(ACTIONS)["jobs"]["check"]["steps"]
    codes = []
    for step in steps:
        words = shlex.split(step.get("run", "").partition(">")[0])
        if words[:1] == ["provenance"]:
            done = run_cli(*words[1:])
            assert done.exit_code in (0, 4), done.output
            codes.append(done.exit_code)
    return codes


@pytest.mark.parametrize(("human", "codes"), [(9, [0, 0, 0]), (3, [0, 4, 4])])
def test_the_workflow_of_the_page_runs(
    run_cli: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    human: int,
    codes: list[int],
) -> None:
    (tmp_path / "data").mkdir()
    rows = [{"name": f"h{n}", "origin": "human", "tokens": 10} for n in range(human)]
    rows.append({"name": "m", "generated_by": "M", "tokens": 10})
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "data/train.jsonl").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert _run_steps(run_cli) == codes


def test_the_hook_runs_with_the_arguments_of_the_page(
    run_cli: Run, tmp_path: Path
) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (repository,) = yaml.safe_load(HOOKS)["repos"]
    (used,) = repository["hooks"]
    assert used["id"] == hook["id"]
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    words = [*shlex.split(hook["entry"]), *used["args"]]
    assert words.pop(0) == "provenance"
    _record(run_cli, tmp_path, {"name": "a", "origin": "human", "tokens": 1})
    assert run_cli(*words).exit_code == 0
