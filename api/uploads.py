"""How large a request may be: small everywhere, a picture's size where pictures are taken in."""

from fastapi import UploadFile

from lab.plates.intake import MAX_MEGABYTES

BODY_LIMIT = 2_000_000
"""Bytes of any other request: the longest are registrations synced in a batch."""

UPLOAD_LIMIT = MAX_MEGABYTES * 1_000_000 + 100_000
"""Bytes of a picture with its form around it."""


def read_upload(upload: UploadFile) -> bytes:
    """The uploaded file whole; its size was limited while it came in."""
    return upload.file.read()
