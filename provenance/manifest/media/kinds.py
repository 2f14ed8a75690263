"""Which kind of media file some bytes begin: told by content, never by the name."""

from __future__ import annotations

import re

__all__ = ["MEDIA_SUFFIXES", "START", "find_media_type"]

START = 1024
"""How many bytes of a file ``find_media_type`` looks at."""

MEDIA_SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".tif", ".tiff", ".dng"),
        *(".arw", ".nef", ".bmp", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg"),
        *(".mp3", ".m4a", ".wav", ".flac", ".ogg", ".oga", ".opus", ".aif", ".aiff"),
        *(".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".ogv", ".pdf"),
    }
)
"""Suffixes, in lower case, of files that a folder or an archive is looked at for."""

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"%PDF-", "application/pdf"),
    (b"fLaC", "audio/flac"),
    (b"ID3\x02", "audio/mpeg"),
    (b"ID3\x03", "audio/mpeg"),
    (b"ID3\x04", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
_PATTERNS = (
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"RIFF....AVI ", re.DOTALL), "video/x-msvideo"),
    (re.compile(rb"FORM....AIF[FC]", re.DOTALL), "audio/aiff"),
    (re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL), "image/bmp"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,64}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3", re.DOTALL), "video/x-matroska"),
    (re.compile(rb"OggS.{24,64}(\x80theora|BBCD)", re.DOTALL), "video/ogg"),
    (re.compile(rb"OggS\0"), "audio/ogg"),
    (
        re.compile(
            rb"(?:\xef\xbb\xbf)?"  # a mark of UTF-8
            rb"(<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>\[]*(\[[^\]]*\]\s*)?>|\s)*+"
            rb"<svg\b",
            re.DOTALL,
        ),
        "image/svg+xml",
    ),
)
_BRANDED = re.compile(rb"....ftyp(....)", re.DOTALL)
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx"), "image/heic"),
    **dict.fromkeys((b"mif1", b"msf1"), "image/heif"),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), "audio/mp4"),
    b"qt  ": "video/quicktime",
}


def find_media_type(start: bytes) -> str | None:
    r"""Return the media type of a file that begins so, or None.

    >>> find_media_type(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    'image/jpeg'
    >>> find_media_type(b"<html>")
    """
    for magic, found in _MAGIC:
        if start.startswith(magic):
            return found
    branded = _BRANDED.match(start)
    if branded:
        return _BRANDS.get(branded[1], "video/mp4")
    for pattern, found in _PATTERNS:
        if pattern.match(start[:START]):
            return found
    return None
