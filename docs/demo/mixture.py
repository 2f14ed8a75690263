"""Write the manifests of a mixture as people train on: crawl, answers, rewrites.

    python docs/demo/mixture.py FOLDER

The same files every time: a generator with a fixed seed.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HOSTS = (
    "en.wikipedia.org",
    "stackoverflow.com",
    "medium.com",
    "arxiv.org",
    "news.example.com",
    "forum.example.org",
    "blog.example.net",
    "github.com",
    "quora.com",
    "docs.example.io",
    "recipes.example.com",
    "ratgeber.example.de",
)
_MODELS = ("GPT-4", "Mixtral-8x7B", "Llama-3-70B", "Nemotron-4", "mix-model")
_MODES = ("written", "answered", "rephrased", "summarised", "translated")
_PAGES = 3000


def _digest(name: str) -> str:
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def _page(random_: random.Random, number: int) -> dict[str, Any]:
    year = 2015 + min(int(random_.triangular(0, 10, 7)), 9)
    host = _HOSTS[min(int(random_.expovariate(0.35)), len(_HOSTS) - 1)]
    row: dict[str, Any] = {
        "digest": _digest(f"page {number}"),
        "url": f"https://{host}/{number}",
        "fetched_at": f"{year}-{random_.randint(1, 12):02}-15",
        "media_type": "text/html",
        "tokens": random_.randint(200, 4000),
        "bytes": random_.randint(900, 18000),
    }
    chance = random_.random()
    if year >= 2023 and chance < 0.25:  # noqa: PLR2004 - a share
        row |= {"generated_by": "unnamed", "evidence": "detector", "score": 0.95}
    elif year >= 2023 and chance < 0.4:  # noqa: PLR2004 - as above
        row |= {"generated_by": "GPT-4", "mode": "written"}
    elif host == "en.wikipedia.org" and chance < 0.7:  # noqa: PLR2004 - as above
        row |= {"origin": "human"}
    elif host == "docs.example.io":
        row |= {"origin": "other"}
    return row


def _web(_: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(_PAGES):
        yield _page(random.Random(number), number)  # noqa: S311 - an example


def _mixture(random_: random.Random) -> Iterator[dict[str, Any]]:
    """Pages of the crawl cleaned, answers seeded by them, and what people wrote."""
    for number in range(2 * _PAGES):
        source = random_.randrange(_PAGES)
        row = _page(random.Random(source), source)  # noqa: S311 - an example
        for said in ("origin", "generated_by", "evidence", "score", "mode"):
            row.pop(said, None)
        row["digest"] = _digest(f"mixed {number}")
        chance = random_.random()
        if chance < 0.28:  # noqa: PLR2004 - a share
            row |= {
                "generated_by": _MODELS[min(int(random_.expovariate(0.8)), 4)],
                "mode": random_.choice(_MODES),
                "evidence": random_.choice(("captured", "declared", "declared")),
                "derived_from": _digest(f"page {source}"),
                "derivation": "seeded",
            }
            del row["url"], row["fetched_at"]
        elif chance < 0.9:  # noqa: PLR2004 - as above
            row |= {
                "derived_from": _digest(f"page {source}"),
                "derivation": "cleaned",
            }
        else:
            row |= {"origin": "human", "evidence": "reviewed"}
        yield row


def main(folder: Path) -> None:
    """Write ``web.jsonl`` and ``mixture.jsonl``."""
    random_ = random.Random(7)  # noqa: S311 - an example, no secret
    for name, rows in (("web", _web(random_)), ("mixture", _mixture(random_))):
        lines = (json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
