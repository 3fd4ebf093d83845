"""Small cells: a count of one to four people is not shown, nor what would let it be worked out.

Fewer than five is a common floor for tables on health (decision 0024). Hiding it alone is not enough: where one cell
of a line is hidden and the line's total is shown, the cell is the difference. So a line and a column hide none or two
at least ("complementary suppression").
"""

from collections.abc import Sequence

LEAST = 5
Table = Sequence[Sequence[int]]


Mask = Sequence[Sequence[bool]]


def hidden_cells(table: Table, *, also: Mask | None = None) -> list[list[bool]]:
    """Which cells of ``table`` (rows of equal length, totals left out) are hidden so that none can be worked out.

    A zero is shown, and hidden only where there is no other cell to hide beside a small one. ``also`` names cells
    that have to be hidden for another reason.
    """
    hidden = [[0 < count < LEAST for count in row] for row in table]
    if also is not None:
        hidden = [
            [one or other for one, other in zip(mine, more, strict=True)]
            for mine, more in zip(hidden, also, strict=True)
        ]
    while True:
        line = _lonely(hidden)
        if line is None:
            return hidden
        candidates = [cell for cell in line if not hidden[cell[0]][cell[1]]]
        if not candidates:
            return hidden
        row, column = min(candidates, key=lambda cell: (table[cell[0]][cell[1]] == 0, table[cell[0]][cell[1]]))
        hidden[row][column] = True


def _lonely(hidden: Sequence[Sequence[bool]]) -> list[tuple[int, int]] | None:
    """The cells of a row or column of two at least in which exactly one is hidden."""
    if not hidden:
        return None
    rows, columns = range(len(hidden)), range(len(hidden[0]))
    lines = [[(row, column) for column in columns] for row in rows]
    lines += [[(row, column) for row in rows] for column in columns]
    for line in lines:
        if len(line) > 1 and sum(hidden[row][column] for row, column in line) == 1:
            return line
    return None


def shown(count: int) -> int | None:
    """A count that stands alone, or None when it is too small to show."""
    return None if 0 < count < LEAST else count
