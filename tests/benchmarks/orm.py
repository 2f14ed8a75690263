"""The rows of a manifest as objects of mapped classes: how one would begin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

__all__ = ["add_all"]

_ROWS = 10_000


class _Mapped(DeclarativeBase):
    pass


class _Origin(_Mapped):
    __tablename__ = "origins"
    id: Mapped[int] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(unique=True)


class _Record(_Mapped):
    __tablename__ = "records"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(index=True)
    url: Mapped[str]
    fetched_at: Mapped[datetime]
    bytes: Mapped[int]
    tokens: Mapped[int]
    language: Mapped[str]
    generated_by: Mapped[list[_GeneratedBy]] = relationship()
    derived_from: Mapped[list[_DerivedFrom]] = relationship()


class _GeneratedBy(_Mapped):
    __tablename__ = "generated_by"
    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"))
    origin_id: Mapped[int] = mapped_column(sa.ForeignKey("origins.id"))
    origin: Mapped[_Origin] = relationship()


class _DerivedFrom(_Mapped):
    __tablename__ = "derived_from"
    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"))
    parent_digest: Mapped[str] = mapped_column(index=True)
    mode: Mapped[str]


def add_all(manifest: str, database: str) -> int:
    """SQLAlchemy's ORM: records, origins and edges, a commit per 10,000 rows."""
    engine = sa.create_engine(f"sqlite:///{database}")
    _Mapped.metadata.create_all(engine)
    origins: dict[str, _Origin] = {}
    with Session(engine, expire_on_commit=False) as session:
        for batch in pq.ParquetFile(manifest).iter_batches(batch_size=_ROWS):
            session.add_all([_record(row, origins) for row in batch.to_pylist()])
            session.commit()
            session.expunge_all()
            session.add_all(origins.values())
        count = session.execute(sa.select(sa.func.count(_Record.id))).scalar_one()
    engine.dispose()
    return count


def _record(row: dict[str, Any], origins: dict[str, _Origin]) -> _Record:
    model, parent, mode = (
        row.pop(name) for name in ("generated_by", "derived_from", "derivation")
    )
    record = _Record(**row)
    if model is not None:
        origin = origins.setdefault(model, _Origin(model=model))
        record.generated_by.append(_GeneratedBy(origin=origin))
    if parent is not None:
        record.derived_from.append(_DerivedFrom(parent_digest=parent, mode=mode))
    return record
