"""Record several manifests, one after another, so that a bad one loses no other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from provenance.domain import (
    FIELDS,
    DatasetName,
    Field,
    parse_dataset,
    parse_size,
    refuse_no_utf8,
)
from provenance.errors import (
    ManifestError,
    NameRefusedError,
    NotRecordedError,
    UnreadableError,
)
from provenance.ledger.limit import BadRowLimit
from provenance.ledger.manifests import Named, find_manifests
from provenance.ledger.order import (
    EVIDENCE,
    Ingest,
    Ingested,
    Options,
    PassedOver,
    Refused,
    Watcher,
)
from provenance.ledger.parts import LARGEST_BATCH
from provenance.manifest import (
    ATTRIBUTES,
    TrustList,
    find_row_files,
    is_derived,
    open_manifest,
    read_trust_list,
    recognise,
)

__all__ = ["ingest_each", "make_order"]

_TABLES = {".csv", ".tsv", ".tab", ".psv"}
_ATTRIBUTES = {ATTRIBUTES: "holds Dolma attributes: record it with --kind evidence"}
_PLAIN_TEXT = "is text, and a table only if it is named itself"


def ingest_each(
    ingest: Callable[[Ingest], Ingested],
    names: Iterable[str | Path],
    folder: Path,
    options: Options,
    watcher: Watcher | None,
) -> Iterator[Ingested | Refused | PassedOver]:
    """Carry out ``Ledger.ingest_all``, which see.

    Args:
        ingest: Records one manifest.
        folder: Where bad rows, and copies of what is not on disk, go.
    """
    _check(options)
    manifests = list(find_manifests(names))
    if watcher:
        watcher.begin(
            [0 if isinstance(m, ManifestError) else m.size for m in manifests]
        )
    described = _find_rows(manifests)
    for named in manifests:
        if isinstance(named, ManifestError):
            if options.get("stop_on_fault"):
                raise named
            yield Refused(error=named.message, hint=named.hint)
            continue
        if watcher:
            watcher.start(named.shown)
        try:
            with named.fetch(folder) as path:
                reason = described.get(path, "")
                if named.is_found and not reason:
                    reason = _why_none(path, options)
                if reason:
                    yield PassedOver(file=named.shown, passed_over=reason)
                    continue
                progress = watcher.rows if watcher else None
                done = ingest(make_order(named, path, folder, options, progress))
        except (ManifestError, NameRefusedError, NotRecordedError) as error:
            if options.get("stop_on_fault"):
                raise
            yield Refused(file=named.shown, error=error.message, hint=error.hint)
        else:
            yield done


def _check(options: Options) -> None:
    """Refuse once what would be refused for each manifest."""
    _read_trust(options)
    dataset, max_bad = options.get("dataset"), options.get("max_bad")
    for name in (dataset, options.get("of")):
        if name is not None:
            parse_dataset(name)
    if max_bad is not None:
        BadRowLimit.parse(max_bad)
    for mapping in (options.get("columns"), options.get("constants")):
        _read_fields(mapping)
    parse_size(options.get("memory", "500MB"))


def make_order(
    named: Named,
    path: Path,
    folder: Path,
    options: Options,
    progress: Callable[[int, int, float | None], None] | None,
) -> Ingest:
    """Return the order to record a manifest.

    Args:
        path: Where its bytes are.
        folder: Where bad rows go.

    Raises:
        ManifestError: An option is not one.
        NameRefusedError: A name is not a dataset's, or not a field's.
        LedgerStateError: The memory is no size.
    """
    max_bad = options.get("max_bad")
    batch_rows = options.get("batch_rows", LARGEST_BATCH)
    if batch_rows < 1:
        raise ManifestError(
            f"a batch cannot have {batch_rows} rows", hint="Give 1 or more."
        )
    if options.get("append") and options.get("replace"):
        raise ManifestError(
            "append and replace exclude each other",
            hint="Append what a file has grown by, or replace what it said.",
        )
    return Ingest(
        path=path,
        manifest=named.recorded,
        shown=named.shown,
        dataset=_choose_dataset(named, options),
        is_named=options.get("dataset") is not None,
        format=options.get("format", "auto"),
        columns=_read_fields(options.get("columns")),
        constants=_read_fields(options.get("constants")),
        trust=_read_trust(options),
        kind=options.get("kind", "dataset"),
        of=options.get("of"),
        append=options.get("append", False),
        replace=options.get("replace", False),
        stop_on_fault=options.get("stop_on_fault", False),
        max_bad=None if max_bad is None else BadRowLimit.parse(max_bad),
        batch_rows=batch_rows,
        memory=parse_size(options.get("memory", "500MB")),
        dry_run=options.get("dry_run", False),
        salt=options.get("salt", False),
        quarantine=folder,
        progress=progress,
    )


def _read_fields(mapping: Mapping[str, str] | None) -> dict[Field, str]:
    mapping = mapping or {}
    if odd := [name for name in mapping if name not in FIELDS]:
        raise NameRefusedError(
            f"{odd[0]!r} is no field", hint=f"The fields are: {', '.join(FIELDS)}."
        )
    refuse_no_utf8(*mapping.values())
    return {Field(name): said for name, said in mapping.items()}


def _read_trust(options: Options) -> TrustList | None:
    trust = options.get("trust")
    return None if trust is None else read_trust_list(Path(trust))


def _choose_dataset(named: Named, options: Options) -> DatasetName | None:
    """Return the dataset version of the rows; None of evidence."""
    dataset = options.get("dataset")
    if options.get("kind") == EVIDENCE:
        if dataset is not None:
            raise ManifestError(
                "evidence belongs to no dataset",
                hint="Leave out --dataset: evidence is about a digest, wherever that "
                "is recorded.",
            )
        return None
    if dataset is not None:
        return parse_dataset(dataset)
    try:
        return parse_dataset(named.stem)
    except NameRefusedError as error:
        raise NameRefusedError(
            error.message,
            hint="Say with --dataset how it is called: a file that is called "
            "otherwise than a dataset can be does not say it.",
        ) from error


def _find_rows(manifests: Iterable[Named | ManifestError]) -> dict[Path, str]:
    """Say of which files the rows are read with the metadata that describe them."""
    found: dict[Path, str] = {}
    for named in manifests:
        if isinstance(named, ManifestError) or not named.is_found or named.is_remote:
            continue
        path = Path(named.name)
        with contextlib.suppress(ManifestError):
            if path.suffix == ".json" and recognise(path) == "croissant":
                why = f"holds rows that {path.name} describes, and is read with it"
                found |= dict.fromkeys(find_row_files(path), why)
    return found


def _why_none(path: Path, options: Options) -> str:
    """Say why a file of a folder is no manifest; empty when it is one.

    Not every text with a comma in it is a table: in a folder the suffix must say so.
    """
    if path.name.endswith(".jsonl") and ".quarantine" in path.name:
        return "holds rows that were set aside before"
    format_ = options.get("format", "auto")
    if path.is_dir() and format_ not in ("auto", "media"):
        return "is a folder of media files"
    if format_ != "auto":
        return ""
    try:
        format_ = recognise(path)
        if "attributes" in path.parts and options.get("kind") != EVIDENCE:
            format_ = open_manifest(path).format
    except ManifestError as error:
        # What is damaged may be one: it is refused where it is read.
        none = not isinstance(error, UnreadableError)
        return error.message.removeprefix(str(path)).strip() if none else ""
    if format_ == "parquet" and is_derived(path):
        return "holds what follows from records, and is made anew of them"
    is_table = _TABLES.intersection(map(str.lower, path.suffixes))
    plain = {} if is_table else {"csv": _PLAIN_TEXT}
    return (_ATTRIBUTES | plain).get(format_, "")
