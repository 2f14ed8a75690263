"""Readers of web archives: WARC with WET and WAT, and ARC."""
