"""Reads photographs of thin-layer chromatography plates: image bytes in, measurements out.

Pure functions over frozen dataclasses; no database, no network, no files. See ``docs/method.md``
for the mathematics and ``docs/coordinates.md`` for the pixel conventions.
"""
