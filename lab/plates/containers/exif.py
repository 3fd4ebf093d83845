"""The one thing of all metadata that a stored picture keeps."""

import struct

ORIENTATION_TAG = 0x0112  # Exif 2.32, table 4
UPRIGHT = 1


def orientation_exif(orientation: int) -> bytes:
    """A TIFF block, as Exif has it, with one entry: the orientation, 1 to 8."""
    entry = struct.pack("<HHIHH", ORIENTATION_TAG, 3, 1, orientation, 0)
    return b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)
