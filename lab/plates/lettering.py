"""The letters of bands, from the origin upwards."""


def letter(number: int) -> str:
    """a to z, then aa, ab, ..."""
    head, tail = divmod(number, 26)
    return ("" if head == 0 else letter(head - 1)) + chr(ord("a") + tail)
