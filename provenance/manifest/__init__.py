r"""Reading manifests: rows of any supported format as batches of the one schema.

Example:
    >>> from pathlib import Path
    >>> import tempfile
    >>> from provenance.manifest import Normaliser, map_columns, open_manifest
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "mix.csv"
    >>> _ = path.write_text("name,num_examples,model\nchat,746622,Qwen3\n")
    >>> reader = open_manifest(path)
    >>> column_map = map_columns(reader.columns, {}, {})
    >>> column_map.described()
    {'name': 'name', 'items': 'num_examples', 'generated_by': 'model'}
    >>> normaliser = Normaliser(column_map, file=reader.file)
    >>> for raw in reader.read(column_map.needed):
    ...     batch, faults = normaliser.normalise(raw)
    ...     print(batch["items"].to_pylist(), len(faults))
    [746622] 0
    >>> folder.cleanup()
"""

from provenance.manifest.attributes import ATTRIBUTES
from provenance.manifest.documents.croissant_reader import find_row_files
from provenance.manifest.fingerprint import fingerprint
from provenance.manifest.folder import iter_files
from provenance.manifest.growth import ends_at_row
from provenance.manifest.inspect import Inspection, inspect_manifest
from provenance.manifest.mapping import ColumnMap, map_columns, map_reader
from provenance.manifest.media.kinds import MEDIA_SUFFIXES
from provenance.manifest.media.trust import TrustList, read_trust_list
from provenance.manifest.normalise import Normaliser
from provenance.manifest.open import open_manifest
from provenance.manifest.reader import RawBatch, Reader
from provenance.manifest.recognise import recognise
from provenance.manifest.records_file import is_derived
from provenance.manifest.watched import WatchedReader

__all__ = [
    "ATTRIBUTES",
    "MEDIA_SUFFIXES",
    "ColumnMap",
    "Inspection",
    "Normaliser",
    "RawBatch",
    "Reader",
    "TrustList",
    "WatchedReader",
    "ends_at_row",
    "find_row_files",
    "fingerprint",
    "inspect_manifest",
    "is_derived",
    "iter_files",
    "map_columns",
    "map_reader",
    "open_manifest",
    "read_trust_list",
    "recognise",
]
