"""CAP messages as values: read strictly, written again without loss; what is foreign to CAP 1.2 is left out.

Whether a message is right is another question: ``cap_rules.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from alerts.cap import NAMESPACE

_PREFIX = f"{{{NAMESPACE}}}"
MAX_BYTES = 1_000_000
_DEEPEST = 4  # alert, info, area, geocode


class CapReadError(ValueError):
    """A document that is no CAP 1.2 message at all."""


@dataclass(frozen=True)
class CapNode:
    """One element: its name without namespace, its text, and the elements in it in their order."""

    name: str
    text: str = ""
    children: tuple["CapNode", ...] = ()

    def all(self, name: str) -> Iterator["CapNode"]:
        """The elements called ``name`` directly in this one."""
        return (child for child in self.children if child.name == name)

    def get(self, name: str) -> str | None:
        """The text of the first element called ``name``; None when there is none."""
        return next((child.text for child in self.all(name)), None)


def parse_cap(document: bytes) -> CapNode:
    """The alert in ``document``. Raises :class:`CapReadError`."""
    if len(document) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1_000_000} MB"
        raise CapReadError(message)
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        message = "a CAP message has no document type"
        raise CapReadError(message)
    try:
        root = ET.fromstring(document)  # noqa: S314 -- without a document type there are no entities to expand
    except (ET.ParseError, LookupError, ValueError) as error:
        message = f"not well-formed: {error}"
        raise CapReadError(message) from error
    if root.tag != f"{_PREFIX}alert":
        message = f"the root is not a CAP 1.2 alert but {root.tag}"
        raise CapReadError(message)
    return _node(root, 1)


def _node(element: ET.Element, depth: int) -> CapNode:
    if depth > _DEEPEST:
        message = "elements lie deeper than CAP 1.2 has them"
        raise CapReadError(message)
    own = [child for child in element if isinstance(child.tag, str) and child.tag.startswith(_PREFIX)]
    text = "" if own else (element.text or "").strip()
    return CapNode(element.tag.removeprefix(_PREFIX), text, tuple(_node(child, depth + 1) for child in own))


def write_cap(node: CapNode) -> bytes:
    """``node`` as a UTF-8 document."""
    root = _element(node)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE)
    return document


def _element(node: CapNode) -> ET.Element:
    element = ET.Element(f"{_PREFIX}{node.name}")
    element.text = node.text or None
    element.extend(_element(child) for child in node.children)
    return element
