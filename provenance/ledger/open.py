"""The ledger: opens the database, owns every transaction, joins the stages."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Unpack

import sqlalchemy as sa

from provenance.domain import Model, parse_dataset, read_names
from provenance.errors import LedgerStateError
from provenance.ledger.asking import Asking
from provenance.ledger.checking import Checking
from provenance.ledger.correcting import Correcting
from provenance.ledger.erasing import Erasing
from provenance.ledger.exploring import Exploring
from provenance.ledger.exporting import Exporting
from provenance.ledger.facts import (
    record_dataset,
    record_model,
    record_policies,
)
from provenance.ledger.guarded import Guarded
from provenance.ledger.ingest import ingest_file
from provenance.ledger.maintain import check_ledger
from provenance.ledger.manifests import Named
from provenance.ledger.many import ingest_each, make_order
from provenance.ledger.order import (
    Ingest,
    Ingested,
    Options,
    PassedOver,
    Refused,
    Watcher,
)
from provenance.ledger.parts import LARGEST_BATCH
from provenance.ledger.proofs import Proofs
from provenance.ledger.reporting import Reporting
from provenance.ledger.selecting import Selecting
from provenance.ledger.signed import Signed
from provenance.ledger.transactions import now
from provenance.ledger.verify import refuse_foreign_triggers
from provenance.ledger.witnessed import Witnessed
from provenance.lineage import rebuild
from provenance.log import log_size, read_key
from provenance.store.engine import connect_engine, is_missing, let_read_beside
from provenance.store.migrate import (
    check_schema,
    current_revision,
    head_revision,
    upgrade_schema,
)
from provenance.store.triggers import foreign_triggers, missing_triggers

__all__ = ["Ledger"]


class Ledger(
    Signed,
    Proofs,
    Witnessed,
    Reporting,
    Checking,
    Selecting,
    Exploring,
    Asking,
    Correcting,
    Erasing,
    Exporting,
    Guarded,
):
    r"""A database of where training items came from, and what made them.

    Open it with ``Ledger.open(url)``, best in a ``with`` statement. Every method that
    records is one transaction: it is there whole, with its place in the log, or not
    at all.

    Example:
        >>> import tempfile, pathlib
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> rows = folder / "answers.jsonl"
        >>> _ = rows.write_text('{"name": "a1", "generated_by": "GPT-4"}\n')
        >>> with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
        ...     done = ledger.ingest(rows, dataset="answers")
        ...     report = ledger.report("answers")
        >>> done.recorded, report.units["items"].downstream_share
        (1, (1.0, 1.0))
    """

    @classmethod
    def open(
        cls,
        url: str,
        *,
        create: bool = True,
        upgrade: bool = False,
        read_only: bool = False,
        key: str | Path | None = None,
        clock: Callable[[], int] = now,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Ledger:
        """Open the ledger at a database URL; it is created on first use.

        Args:
            url: ``sqlite:///FILE.db`` or ``postgresql://USER@HOST/NAME``.
            create: Whether to make a ledger where there is none.
            upgrade: Whether to bring an older schema up to date.
            read_only: Whether the database itself is to refuse every write; also those
                that are undone: dry runs, what is asked with ``assume``, ``explore``
                with something to suppose, ``check_derived``, ``verify(deep=True)``.
            key: File of the key that signs the log after every change: the newest
                that the log names. A log that is new names none yet.
            clock: Returns microseconds since 1970 UTC.
            random: Returns as many random bytes as are asked for, for salts.

        Raises:
            LedgerStateError: The place cannot be opened or written, or holds tables
                of others.
            MigrationError: Its schema is not the one this version needs.
        """
        signer = read_key(Path(key)) if key else None
        engine = connect_engine(url, read_only=read_only)
        if not create or read_only:
            _refuse_missing(url)
        ledger = cls(engine, clock, signer, random)
        try:
            ledger._prepare(create=create and not read_only, upgrade=upgrade)
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _prepare(self, *, create: bool, upgrade: bool) -> None:
        """Check the schema, or make it."""
        with self._reading() as connection:
            found = current_revision(connection)
            if found and not upgrade:
                check_schema(connection)
        if not found and not create:
            raise LedgerStateError(
                f"{self._engine.get_execution_options()['place']} holds no ledger yet",
                hint="Record something first: provenance ingest PATH",
            )
        if upgrade or not found:
            self.upgrade()

    def ingest(
        self,
        path: str | Path,
        *,
        dataset: str | None = None,
        format: str = "auto",  # noqa: A002 - the word of the command line
        columns: Mapping[str, str] | None = None,
        constants: Mapping[str, str] | None = None,
        trust: str | Path | None = None,
        kind: str = "dataset",
        of: str | None = None,
        append: bool = False,
        replace: bool = False,
        stop_on_fault: bool = False,
        max_bad: str | int | None = None,
        batch_rows: int = LARGEST_BATCH,
        memory: str = "500MB",
        dry_run: bool = False,
        salt: bool = False,
        progress: Callable[[int, int, float | None], None] | None = None,
    ) -> Ingested:
        """Record the rows of one manifest.

        Args:
            path: The manifest: a path, a URL, or ``-`` for standard input.
            dataset: ``NAME`` or ``NAME@VERSION``; the file's stem by default.
            format: auto, or a name of ``provenance formats``.
            columns: Field → column, where the usual names do not say it.
            constants: Field → value, the same for every row.
            trust: File of certificates (PEM) whose signatures under C2PA manifests of
                media are trusted.
            kind: ``dataset``; ``crawl`` for what a crawler fetched; ``evidence`` for
                what was observed of digests, which belongs to no dataset.
            of: Of evidence whose rows have no digest: the dataset in which their
                names are those of records; all versions of a plain name.
            append: Record a changed file beside what was recorded of it; rows of
                which it is a continuation are not recorded twice.
            replace: Withdraw what was recorded of the file, then record it.
            stop_on_fault: Refuse the file at its first bad row.
            max_bad: Refuse the file when more of its rows are bad: ``N`` or ``N%``.
            batch_rows: Records of a batch, at most: what is committed at once.
            memory: How much the set work of a batch may hold before it spills.
            dry_run: Do everything and keep nothing.
            salt: Put random bytes into the leaf of each record, so that name and URL
                cannot be guessed once they are erased.
            progress: Called with rows read and rows quarantined so far, and the
                share of the file, if known.

        Returns:
            What was recorded; ``already`` says that nothing was, because it had been.

        Raises:
            ManifestError: The file cannot be read as a manifest.
            ManifestChangedError: It was recorded before and is different now.
            NameRefusedError: A name is not a dataset's, or not a field's.
            LedgerStateError: The memory is no size, or the ledger cannot be written.
        """
        options = Options(
            dataset=dataset,
            format=format,
            columns=columns,
            constants=constants,
            trust=trust,
            kind=kind,
            of=of,
            append=append,
            replace=replace,
            stop_on_fault=stop_on_fault,
            max_bad=max_bad,
            batch_rows=batch_rows,
            memory=memory,
            dry_run=dry_run,
            salt=salt,
        )
        named, folder = Named(str(path)), self._quarantine_folder()
        with named.fetch(folder) as here:
            order = make_order(named, here, folder, options, progress)
            return self._ingest(order)

    def ingest_all(
        self,
        names: Iterable[str | Path],
        *,
        watcher: Watcher | None = None,
        **options: Unpack[Options],
    ) -> Iterator[Ingested | Refused | PassedOver]:
        """Record the rows of several manifests, each in a transaction of its own.

        A manifest that is refused does not keep the others from being recorded,
        unless ``stop_on_fault`` is set.

        Args:
            names: Paths, patterns, folders, URLs, or ``-`` for standard input.
            watcher: Hears how far it is.
            options: Those of ``ingest``. Without ``dataset``, each file belongs to
                the one of its own stem.

        Yields:
            For each manifest, in order, what came of it.

        Raises:
            ManifestError: One was refused, and ``stop_on_fault`` is set.
            LedgerStateError: The ledger itself fails; no later one is tried.
        """
        if unknown := options.keys() - Options.__annotations__.keys():
            # Or the misspelt word for a dry run would have everything recorded.
            raise TypeError(f"ingest_all has no option {min(unknown)!r}")
        folder = self._quarantine_folder()
        paths = read_names("names", names)
        return ingest_each(self._ingest, paths, folder, options, watcher)

    def _ingest(self, order: Ingest) -> Ingested:
        return ingest_file(
            order, self._reading, self._writing, self._clock, self._random
        )

    def _quarantine_folder(self) -> Path:
        database = self._engine.url.database
        if self._engine.url.get_backend_name() == "sqlite" and database:
            return Path(database).parent
        return Path()

    def add_model(
        self,
        name: str,
        *,
        aliases: Iterable[str] = (),
        provider: str | None = None,
        released: date | None = None,
        based_on: Iterable[str] = (),
        trained_on: Iterable[str] = (),
        training_complete: bool | None = None,
        generative: bool | None = None,
    ) -> int:
        """Record a model, or more about it; return the log position.

        What is left out stays as it was; lists grow.

        Args:
            name: The model's own name.
            aliases: Other names that rows use for it.
            provider: Who makes it.
            released: When it was released.
            based_on: Models it was made from.
            trained_on: Datasets it was trained on, ``NAME`` for all versions.
            training_complete: Whether these are declared to be all.
            generative: False for a filter, a detector, a recogniser, a template.

        Raises:
            NameRefusedError: A name is empty or already means another model, or a
                list is a text.
            ClaimRefusedError: The release is no day, the provider no text, or what is
                yes or no is neither.
        """
        model = Model(
            name=name,
            aliases=read_names("aliases", aliases),
            provider=provider,
            released=released,
            based_on=read_names("based_on", based_on),
            trained_on=read_names("trained_on", trained_on),
        )
        with self._writing() as connection:
            return record_model(
                connection,
                model,
                generative=generative,
                training_complete=training_complete,
                now=self._clock(),
            )

    def add_dataset(
        self,
        dataset: str,
        *,
        derived_from: Sequence[str] = (),
        license: str | None = None,  # noqa: A002 - the word of the command line
        note: str | None = None,
    ) -> int:
        """Record a dataset version, or more about it; return the log position.

        Args:
            dataset: ``NAME`` or ``NAME@VERSION``.
            derived_from: Datasets it was made from, named likewise.
            license: Its licence.
            note: Anything worth knowing.

        Raises:
            NameRefusedError: A name is none, or the list is a text.
            ClaimRefusedError: Licence or note is no text.
        """
        parents = read_names("derived_from", derived_from)
        with self._writing() as connection:
            return record_dataset(
                connection,
                parse_dataset(dataset),
                parents=[parse_dataset(parent) for parent in parents],
                license_=license,
                note=note,
                now=self._clock(),
            )

    def upgrade(self) -> str:
        """Bring the schema up to date, or make it; return its revision."""
        with self._reading() as connection:
            made = bool(current_revision(connection))
        if not made:
            let_read_beside(self._engine)
        with self._writing(sign=made) as connection:
            before = upgrade_schema(connection)
            record_policies(connection, self._clock())
            if before:
                rebuild(connection, log_size(connection) - 1)
        return head_revision()

    def revision(self) -> str:
        """Return the revision of the ledger's schema."""
        with self._reading() as connection:
            return current_revision(connection)

    def check_derived(self) -> list[str]:
        """Compare the derived tables with a rebuild; return what differs.

        A trigger that keeps a table append-only and was dropped is told, too. Where
        one is not ours, that alone is told: a comparison would be worth nothing.
        """
        with self._writing(keep=False) as connection:
            missing = missing_triggers(connection)
            foreign = foreign_triggers(connection)
            return missing + (foreign or check_ledger(connection))

    def rebuild(self) -> None:
        """Make every derived table anew from the facts.

        Raises:
            VerificationError: A trigger that is not ours could change what is written.
        """
        with self._writing() as connection:
            refuse_foreign_triggers(connection)
            rebuild(connection, log_size(connection) - 1, committed=True)


def _refuse_missing(url: str) -> None:
    """Refuse to make a file by merely asking it something."""
    if is_missing(url):
        raise LedgerStateError(
            f"there is no ledger at {sa.make_url(url).database}",
            hint="Name it with --ledger or $PROVENANCE_LEDGER, or record something "
            "first: provenance ingest PATH",
        )
