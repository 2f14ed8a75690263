"""The formats that manifests have: how they are told, and what they give."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FORMATS", "SHAPES", "Format"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format, in words."""

    name: str
    told_by: str
    gives: str


FORMATS = (
    Format(
        name="jsonl",
        told_by="{ at the start; .jsonl .ndjson .json",
        gives="a record per line",
    ),
    Format(
        name="csv",
        told_by="commas, tabs, semicolons or pipes; .csv .tsv .tab .psv .txt .lst",
        gives="a record per line after the header",
    ),
    Format(
        name="parquet",
        told_by="PAR1 at the start; .parquet",
        gives="a record per row",
    ),
    Format(
        name="records",
        told_by="Parquet whose metadata say that a ledger exported it",
        gives="a record per row, for the dataset that the file names, or evidence",
    ),
    Format(
        name="cdxj",
        told_by="lines of key, time and JSON object, or a CDX legend; .cdxj .cdx",
        gives="a record per capture in a crawl index",
    ),
    Format(
        name="warc",
        told_by="WARC/ at the start; .warc .wet .wat",
        gives="a record per capture, its payload digest checked",
    ),
    Format(
        name="arc",
        told_by="filedesc: at the start; .arc",
        gives="a record per capture",
    ),
    Format(
        name="offsets",
        told_by="CSV of start, end, document, source and line, without a header",
        gives="a record per document in a file of tokens",
    ),
    Format(
        name="media",
        told_by="an image, audio, video or PDF; a folder, tar or ZIP with such files",
        gives="a record per file, and what its C2PA manifest or XMP says of its origin",
    ),
    Format(
        name="dataset-card",
        told_by="YAML front matter with keys of a dataset's card; README.md",
        gives="facts about the dataset, its parents; a record per component",
    ),
    Format(
        name="mixture",
        told_by="a table of components in Markdown; in CSV with a total, 1.2M …",
        gives="a record per component, standing for many items",
    ),
    Format(
        name="model-card",
        told_by="YAML front matter with keys of a model's card; README.md",
        gives="facts about the model: bases, training sets",
    ),
    Format(
        name="croissant",
        told_by="JSON-LD of a dataset that names mlcommons.org/croissant",
        gives="facts about the dataset, its parents; a record per file with a digest",
    ),
    Format(
        name="ecosystem-graphs",
        told_by="a YAML list of assets: - type: model, dataset or application",
        gives="facts about the datasets and models",
    ),
    Format(
        name="data-provenance",
        told_by="JSON with a Unique Dataset Identifier in each member",
        gives="facts about the datasets, parents, generators",
    ),
    Format(
        name="spdx",
        told_by="JSON-LD with the context of SPDX 3",
        gives="facts about datasets and models, their sources; a record per file",
    ),
    Format(
        name="cyclonedx",
        told_by="JSON with bomFormat CycloneDX",
        gives="facts about models and datasets, what they were trained on and made of",
    ),
    Format(
        name="openlineage",
        told_by="events of runs, jobs or datasets, one JSON object per line",
        gives="datasets, and what they were derived from",
    ),
    Format(
        name="prov-json",
        told_by="JSON with the statements of PROV: entity, wasDerivedFrom …",
        gives="a record per entity, its makers and parents; datasets and their parents",
    ),
    Format(
        name="ledger-facts",
        told_by="JSON of the type provenance/facts/v1",
        gives="models, datasets and claims as a ledger exported them",
    ),
)
"""What a file can be; the words of ``--format``."""

SHAPES = (
    Format(
        name="dolma-attributes",
        told_by="columns id and attributes, and no text",
        gives="evidence: a detector's score of a document that is recorded",
    ),
    Format(
        name="img2dataset",
        told_by="columns key, status and error_message",
        gives="the image and its caption, of rows that were downloaded",
    ),
    Format(
        name="distilabel",
        told_by="a column distilabel_metadata or raw_generation_responses",
        gives="the instruction, and each generation by its model",
    ),
    Format(
        name="completions",
        told_by="a prompt beside completions, answers or responses",
        gives="the prompt, and each completion by its own model",
    ),
    Format(
        name="preferences",
        told_by="columns chosen and rejected",
        gives="the prompt, the chosen answer and the rejected one",
    ),
    Format(
        name="chat",
        told_by="a column messages, conversations or conversation, or two of _a and _b",
        gives="each turn, by the generator that it or its row names",
    ),
    Format(
        name="instructions",
        told_by="an instruction or prompt beside an output, a response, instances …",
        gives="the instruction, the input and the output",
    ),
)
"""What rows of JSONL and Parquet can hold: several parts, each a record of its own.

They are told in this order; the first is only read with ``--kind evidence``.
``--format jsonl`` or ``parquet`` leaves rows whole.
"""
