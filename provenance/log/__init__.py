"""The log under every fact."""

from provenance.log.append import append_entry, log_size

__all__ = ["append_entry", "log_size"]
