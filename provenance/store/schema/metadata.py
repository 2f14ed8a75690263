"""The metadata that every table belongs to, and the columns many of them share."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

__all__ = ["ID", "METADATA", "id_column", "position_column"]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> Column[int]:
    """A key that this database deals, and nobody else sees."""
    return Column("id", ID, primary_key=True, autoincrement=False)


def position_column(*, primary_key: bool = False) -> Column[int]:
    """The log entry that recorded a fact; part of the key where it may be said anew."""
    return Column(
        "position",
        BigInteger,
        ForeignKey("log_entries.position"),
        nullable=False,
        primary_key=primary_key,
        comment="log entry that recorded this fact",
    )
