"""Rewrites picture files so that they hold their pixels and nothing about who took them, where or when.

Compressed pixel data are copied byte for byte. Only what a decoder needs is copied: parts are kept by name, never
dropped by name, so metadata that nobody thought of do not get through. Of all metadata the orientation alone is
carried over, since without it the picture would turn. Colour profiles go too: they name screens and their owners,
and the plate reader takes every picture as sRGB.

Each ``rewrite`` takes the file and its orientation (1 to 8), and raises one of :data:`BROKEN` on a file that
contradicts itself.
"""

import struct

BROKEN = (ValueError, IndexError, KeyError, struct.error)
