"""Media files: one record per file, with what it says of its own origin.

There are two ways to say it, and both are looked at: Content Credentials, a signed
C2PA manifest store that is verified, and ``Iptc4xmpExt:DigitalSourceType`` in XMP,
which anybody can write.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from provenance.manifest.media.credentials import (
    BadStoreError,
    Credentials,
    name_extra,
    say,
)
from provenance.manifest.media.members import Flaw, Member, iter_members
from provenance.manifest.media.survey import Survey, survey_file
from provenance.manifest.media.xmp import BadPacketError, read_packet
from provenance.manifest.reader import FixedColumns, RawBatch
from provenance.manifest.stream import Meter
from provenance.manifest.text_lines import row_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from provenance.batch import Fault
    from provenance.manifest.media.says import Says
    from provenance.manifest.media.trust import TrustList

__all__ = ["MediaReader"]

_COLUMNS = (
    *("digest", "name", "bytes", "media_type", "origin", "generated_by", "mode"),
    *("evidence", "detector", "derived_from", "derivation"),
    "reservation",
)
_MOST_ROWS = 1 << 10
_NO_MEDIA = "expected an image, audio, video or PDF file"
_OTHER = "files of other kinds in the archive were passed over"
_STATE = "its C2PA manifest is {}"
_INGREDIENT = "an ingredient that says its origin has a C2PA manifest that is Invalid"
_STORE_FLAW = "its C2PA manifest store cannot be read"
_XMP_FLAW = "its XMP cannot be read"
_UNKNOWN = "its digital source type is not of the vocabulary of IPTC or C2PA"
_DIFFERS = "its XMP says something else of its origin than its C2PA manifest"
_RESERVED = "it is reserved from training or mining"


class MediaReader(FixedColumns):
    """The media files that a path stands for."""

    format = "media"

    def __init__(self, path: Path, trust: TrustList | None = None) -> None:
        """Nothing is read yet.

        Args:
            trust: Whose signatures count as Trusted; None: nobody's.
        """
        super().__init__(path, _COLUMNS)
        self._credentials = Credentials(trust)

    def read(self, columns: Sequence[str]) -> Iterator[RawBatch]:
        """Yield the files; one that cannot be read, or is none, is a fault."""
        meter = Meter(self._path)
        rows = _Rows(self.file, columns)
        for found in iter_members(self._path, meter):
            rows.number += 1
            if found is None:
                rows.note(_OTHER)
            elif isinstance(found, Flaw):
                rows.refuse(found.name, found.reason)
            else:
                self._take(found, rows)
            if rows.number % _MOST_ROWS == 0:
                yield rows.take(None if self._path.is_dir() else meter.share)
        yield rows.take(1.0)

    def _take(self, member: Member, rows: _Rows) -> None:
        try:
            survey = survey_file(member.file)
            if survey.media_type is None:
                reason = _NO_MEDIA if survey.size else "is empty"
                rows.refuse(member.name, reason)
                return
            says = self._listen(member.file, survey, rows)
        except OSError as error:
            rows.refuse(member.name, f"cannot be read: {error.strerror}")
            return
        except ImportError as error:
            raise name_extra(f"{self.file}: {member.name}") from error
        cells: dict[str, str | None] = {
            "digest": f"sha256:{survey.sha256}",
            "name": member.name,
            "bytes": str(survey.size),
            "media_type": survey.media_type,
        }
        rows.add(cells | (_write(says) if says else {}))

    def _listen(self, file: BinaryIO, survey: Survey, rows: _Rows) -> Says | None:
        """Return what the file says of its origin, the verified before the declared."""
        declared = _read_xmp(survey, rows)
        proven = self._read_store(file, survey, rows)
        if proven is None or declared is None:
            return proven or declared
        if proven.kind is None:
            return replace(
                declared,
                parents=proven.parents,
                derivation=proven.derivation,
                reservation=proven.reservation,
            )
        if proven.kind != declared.kind:
            rows.note(_DIFFERS)
        return proven

    def _read_store(self, file: BinaryIO, survey: Survey, rows: _Rows) -> Says | None:
        packed = survey.media_type == "application/pdf"  # may hide it in a stream
        if not (survey.has_store or packed):
            return None
        try:
            store = self._credentials.read(file, survey.media_type or "")
        except BadStoreError:
            if survey.has_store:
                rows.note(_STORE_FLAW)
            return None
        except ImportError:
            if survey.has_store:
                raise
            return None
        if store is None:
            return None
        says, unknown = say(store)
        rows.note(_STATE.format(store.state))
        if says.verified != f"C2PA {store.state}":
            rows.note(_INGREDIENT)
        if unknown:
            rows.note(_UNKNOWN)
        if store.reservation:
            rows.note(_RESERVED)
        return says


def _read_xmp(survey: Survey, rows: _Rows) -> Says | None:
    """Return what the first packet with a source type says."""
    for packet in survey.packets:
        try:
            says, unknown = read_packet(packet, survey.media_type or "")
        except BadPacketError:
            rows.note(_XMP_FLAW)
            continue
        if unknown:
            rows.note(_UNKNOWN)
        if says:
            return says
    return None


def _write(says: Says) -> dict[str, str | None]:
    """Return the cells of a statement."""
    has_words = says.kind is not None or says.parents
    return {
        "origin": says.kind,
        "generated_by": json.dumps(says.generators) if says.generators else None,
        "mode": says.mode,
        "evidence": says.evidence if has_words else None,
        "detector": says.verified if says.kind is not None else None,
        "derived_from": json.dumps(says.parents) if says.parents else None,
        "derivation": says.derivation,
        "reservation": says.reservation,
    }


class _Rows:
    """Rows in the making, with faults and notes beside them."""

    def __init__(self, file: str, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns
        self.number = 0
        """Number of the file that is being read, from 1."""
        self._clear()

    def _clear(self) -> None:
        self._rows: list[int] = []
        self._cells: list[Mapping[str, str | None]] = []
        self._faults: list[Fault] = []
        self._notes: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, cells: Mapping[str, str | None]) -> None:
        """Add the file as a record."""
        self._rows.append(self.number)
        self._cells.append(cells)

    def note(self, what: str) -> None:
        """Tell something of the file, once."""
        if self.number not in self._notes[what][-1:]:
            self._notes[what].append(self.number)

    def refuse(self, name: str, reason: str) -> None:
        """Say that the file cannot be recorded."""
        self._faults.append(row_fault(self._file, self.number, name, reason))

    def take(self, share: float | None) -> RawBatch:
        """Return the rows so far as a batch, and begin the next one."""
        batch = RawBatch(
            rows=pa.array(self._rows, pa.int64()),
            columns={
                name: pa.array([c.get(name) for c in self._cells], pa.string())
                for name in self._columns
            },
            faults=self._faults,
            notes=dict(self._notes),
            share=share,
        )
        self._clear()
        return batch
