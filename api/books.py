"""Puts the legal register into words: the same rows for the page, the table and the paper."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lab.kit.clock import now
from lab.register.book import Book, Line, Product
from lab.results.models import Evidence
from templates.environment import group_code
from templates.i18n import Translator
from templates.register_book import BookPaper, Column

_WIDTHS = {
    "number": (5, True), "when": (16, False), "what": (16, False), "sample": (11, False), "container": (8, False),
    "person": (8, False), "counterparty": (16, False), "change": (11, True), "stock": (11, True),
    "stock_count": (6, True), "product": (27, False), "deviation": (25, False),
}  # fmt: skip
_TABLE_ONLY = (
    "recorded_at", "seal", "parcel_seal", "place", "method", "witness", "log_seq",
)  # fmt: skip


def short(key: str | None) -> str:
    """An opaque key as a register shows it: its first eight digits."""
    return key[:8] if key else ""


def book_paper(book: Book, *, network: str, translator: Translator) -> BookPaper:
    """The register as words, for :mod:`templates.register_book`."""
    text = translator.text
    columns = [Column(text(f"register.column.{name}"), *width) for name, width in _WIDTHS.items()]
    columns += [Column(text(f"register.column.{name}")) for name in _TABLE_ONLY]
    words = _Words(book, translator)
    period = text("register.period", since=translator.date(book.since), until=translator.date(book.until))
    made_at = now().replace(microsecond=0)
    return BookPaper(
        language=translator.language,
        title=f"{text('register.title')} · {book.site.name} · {period}",
        head=[
            f"{network} · {book.site.name} · {period}",
            text("register.opening", n=book.opening.containers, mg=_mg(translator, book.opening.held_ug)),
            text("register.closing", n=book.closing.containers, mg=_mg(translator, book.closing.held_ug)),
            text("register.persons"), "",
        ],
        columns=columns,
        rows=[words.row(number, line) for number, line in enumerate(book.lines, 1)],
        foot=[text("register.made", at=translator.moment(made_at, words.zone)), text("register.source")],
        page_of=text("register.page"), network=network, made_at=made_at,
    )  # fmt: skip


def _mg(translator: Translator, mass_ug: int) -> str:
    return translator.number(mass_ug / 1000, 3)


class _Words:
    """Words of one register, looked up once: a year has tens of thousands of rows."""

    def __init__(self, book: Book, translator: Translator) -> None:
        self.book, self.translator = book, translator
        self.zone = ZoneInfo(book.site.timezone)
        self._text: dict[str, str] = {}
        self._products: dict[str, str] = {}
        self._numbers: dict[int, str] = {}

    def text(self, message_id: str) -> str:
        if message_id not in self._text:
            self._text[message_id] = self.translator.text(message_id)
        return self._text[message_id]

    def row(self, number: int, line: Line) -> Sequence[str]:
        product = self.book.products.get(line.sample_id or "")
        return (
            str(number), self._moment(line.at), self.what(line),
            group_code(product.code) if product else line.text or "",
            short(line.item_id), short(line.person), self.counterparty(line),
            self._number(line.change_ug) if line.change_ug or not line.unweighed else self.text("register.unweighed"),
            self._number(line.stock_ug), str(line.stock_containers), self.product(line.sample_id, product),
            self.deviation(line), self._moment(line.recorded_at), line.seal_number or "", line.parcel_seal or "",
            line.place or "", line.method or "", short(line.witness), "" if line.seq is None else str(line.seq),
        )  # fmt: skip

    def what(self, line: Line) -> str:
        if line.action is not None:
            return self.text(f"action.{line.action}")
        return self.text(f"deviation.{line.deviations[0].value}")

    def counterparty(self, line: Line) -> str:
        if line.action == "collected":
            return self.text("register.depositor")
        if line.counterparty in {None, str(self.book.site.id)}:
            return self.text("register.witness") + " " + short(line.witness) if line.witness else ""
        return self.book.sites.get(line.counterparty or "", short(line.counterparty))

    def product(self, sample_id: str | None, product: Product | None) -> str:
        if product is None or sample_id is None:
            return ""
        if sample_id not in self._products:
            self._products[sample_id] = self._look(product)
        return self._products[sample_id]

    def _look(self, product: Product) -> str:
        found = [name + self._how_sure(evidence) for name, evidence in product.found]
        if found:
            return ", ".join(found)
        look = [self.text(f"sample_form.{product.form.value}")] if product.form else []
        look += [self.text(f"colour.{colour}") for colour in product.colours]
        return ", ".join(look) or self.text("register.no_look")

    def _how_sure(self, evidence: Evidence) -> str:
        return "" if evidence is Evidence.CONFIRMED else f" ({self.text(f'evidence.{evidence.value}')})"

    def deviation(self, line: Line) -> str:
        said = [self.text(f"deviation.{one.value}") for one in line.deviations]
        if line.weighed_less_books_ug:
            said.append(f"{self._number(line.weighed_less_books_ug)} mg")
        if line.text and line.sample_id is None and line.action is None:
            said.append(line.text)
        return ", ".join(said)

    def _number(self, mass_ug: int) -> str:
        if mass_ug not in self._numbers:
            self._numbers[mass_ug] = f"{mass_ug / 1000:.3f}"
        return self._numbers[mass_ug]

    def _moment(self, at: str | None) -> str:
        if at is None:
            return ""
        return datetime.fromisoformat(at).astimezone(self.zone).isoformat(" ", "minutes")[:16]
