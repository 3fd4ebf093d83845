"""The legal register on paper and as a table: rows of plain words, laid out for printing or for a spreadsheet.

A year of a laboratory is some ten thousand rows. Typst, which lays out everything else, needs a minute for such a
table, so this one paper is drawn line by line in a monospaced face (docs/decisions/0030-the-register.md).
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

_FONT, _BOLD = "Courier", "Courier-Bold"
_SIZE, _LEADING, _MARGIN = 6.3, 8.4, 28.0
_GLYPH = 0.6  # of the size: every glyph of Courier is as wide
rl_config.useA85 = 0  # pages as bytes: their coding as text is for mail of the last century, and slow
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Column:
    """A column: its heading, how many glyphs it takes on paper (0: in the table alone), which side it is set to."""

    heading: str
    width: int = 0
    right: bool = False


@dataclass(frozen=True, kw_only=True)
class BookPaper:
    """A register, in words."""

    language: str
    title: str
    head: Sequence[str]  # lines above the first page's rows: place, period, stock, what the register is
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    foot: Sequence[str]  # lines below the last row
    page_of: str  # with {page} and {pages}
    network: str
    made_at: datetime


def book_csv(paper: BookPaper) -> bytes:
    """The rows as CSV in UTF-8, with a mark that spreadsheets know it by; no cell begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.heading for column in paper.columns])
    writer.writerows([[_plain(cell) for cell in row] for row in paper.rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _plain(cell: str) -> str:
    if cell.startswith(_FORMULA) and not _is_number(cell):
        return "'" + cell
    return cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def book_pdf(paper: BookPaper) -> bytes:
    """The rows as PDF, A4 across: every page numbered and headed, every row whole on one page."""
    width, height = landscape(A4)
    rows_per_page = int((height - 2 * _MARGIN) / _LEADING) - 4
    lines = [*(("", text) for text in paper.head), ("head", _row(paper, [one.heading for one in paper.columns]))]
    head_count = len(lines)
    printed = [
        text for row in paper.rows for text in _wrapped(paper, row)
    ] + [("", ""), *(("", text) for text in paper.foot)]  # fmt: skip
    pages = _pages(lines, printed, rows_per_page, head_count)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width, height), pageCompression=1, lang=paper.language, invariant=1)
    canvas.setTitle(paper.title)
    canvas.setAuthor(paper.network)
    for number, page in enumerate(pages, 1):
        _draw(canvas, paper, page, paper.page_of.format(page=number, pages=len(pages)), width, height)
    canvas.save()
    return out.getvalue()


Printed = tuple[str, str]


def _pages(head: list[Printed], rows: list[Printed], most: int, head_count: int) -> list[list[Printed]]:
    first = most - head_count
    pages = [[*head, *rows[:first]]]
    heading = head[-1]
    for start in range(first, len(rows), most - 1):
        pages.append([heading, *rows[start : start + most - 1]])
    return pages


def _row(paper: BookPaper, cells: Sequence[str]) -> str:
    set_ = [
        cell[: one.width].rjust(one.width) if one.right else cell[: one.width].ljust(one.width)
        for one, cell in zip(paper.columns, cells, strict=True)
        if one.width
    ]
    return " ".join(set_).rstrip()


def _wrapped(paper: BookPaper, cells: Sequence[str]) -> list[Printed]:
    """A row, on as many lines as its longest cell needs: nothing of a register is cut off."""
    widths = [one.width for one in paper.columns]
    count = max(-(-len(cell) // width) for cell, width in zip(cells, widths, strict=True) if width)
    if count <= 1:
        return [("", _row(paper, cells))]
    parts = [
        [cell[at * width : (at + 1) * width] if width else "" for cell, width in zip(cells, widths, strict=True)]
        for at in range(count)
    ]
    return [("", _row(paper, part)) for part in parts]


def _draw(canvas: Canvas, paper: BookPaper, page: Sequence[Printed], foot: str, width: float, height: float) -> None:
    top = height - _MARGIN
    canvas.setFont(_BOLD, 8)
    canvas.drawString(_MARGIN, top, _latin(paper.title))
    canvas.drawRightString(width - _MARGIN, top, _latin(foot))
    at = top - 2 * _LEADING
    for bold, lines in groupby(page, key=lambda line: line[0] == "head"):
        shown = [f"({_escaped(text)}) Tj T*" for _, text in lines]
        canvas.setFont(_BOLD if bold else _FONT, _SIZE, _LEADING)
        # Written as the page's own code: the library escapes glyph by glyph, which for a year takes seconds.
        canvas.addLiteral(f"BT 1 0 0 1 {_MARGIN} {at:.2f} Tm\n" + "\n".join(shown) + "\nET")
        at -= _LEADING * len(shown)
    canvas.showPage()


# In a PDF's string: backslash and parentheses are escaped, and so is what is no ASCII, as WinAnsi codes.
_CODES = {ord(glyph): "\\" + glyph for glyph in "\\()"} | {
    ord(bytes([code]).decode("cp1252", "replace")): f"\\{code:03o}" for code in range(128, 256)
}


def _escaped(text: str) -> str:
    return _latin(text).translate(_CODES)


def _latin(text: str) -> str:
    """Courier knows what Western European writing needs; the rest of Unicode it prints as a question mark."""
    swapped = text.replace("\u202f", "\u00a0").replace("−", "-").replace("→", ">")
    return swapped.encode("cp1252", "replace").decode("cp1252")
