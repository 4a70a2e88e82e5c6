"""From bytes to a small tree, safely: no DTD, no entities, no network, bounded in size, elements and depth.

The encoding is settled before the parser sees anything: byte order mark, then declaration, then UTF-8; GBK and GB2312
are read as GB18030, which contains them. A document whose bytes are not in the encoding it declares is refused, since
guessing would store names that nobody wrote.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping

from lxml import etree

from minkang.errors import Fault

MAX_BYTES = 8 * 1024 * 1024
MAX_ELEMENTS = 100_000
MAX_DEPTH = 120
HL7 = "urn:hl7-org:v3"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
SDTC_STATUS = "{urn:hl7-org:sdtc}statusCode"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_READ = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "utf-16": "utf-16",
    "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030",
}  # fmt: skip
_DECLARATION = re.compile(r"^\s*<\?xml\b([^>]{0,400})\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z][\w.-]{0,40})["']""")
_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Node:
    """An element without its namespace.

    Attributes:
        name: local name; of another namespace than HL7's with `{…}` before it.
        attributes: by name, the empty ones too.
        text: what stands directly in it, with white space trimmed.
        children: in document order.
        line: in the document, from 1.
    """

    __slots__ = ("attributes", "children", "line", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str], text: str, line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.text = text
        self.line = line
        self.children: list[Node] = []

    def get(self, name: str) -> str:
        """An attribute, trimmed; empty where it is not there."""
        return self.attributes.get(name, "").strip()

    def all(self, name: str) -> Iterator[Node]:
        """Children of this name."""
        return (one for one in self.children if one.name == name)

    def first(self, *path: str) -> Node | None:
        """The first descendant along a path of names."""
        found = self
        for name in path:
            for one in found.children:
                if one.name == name:
                    found = one
                    break
            else:
                return None
        return found

    def words(self, *path: str) -> str:
        """The text of the first descendant along a path; empty where there is none."""
        found = self.first(*path)
        return found.text if found else ""

    def every(self) -> Iterator[Node]:
        """Itself and all below, in document order."""
        pending = [self]
        while pending:
            one = pending.pop()
            yield one
            pending.extend(reversed(one.children))


def decode(body: bytes) -> str:
    """The text of a document in the encoding it declares.

    Raises:
        Fault: `CDA-001` too large, `CDA-002` an encoding that is not read here, `CDA-003` bytes that are not in the
            declared encoding, `CDA-004` a DTD or entities.
    """
    if len(body) > MAX_BYTES:
        raise Fault("CDA-001", limit=MAX_BYTES)
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    if not marked and body[:4] in (b"<\0?\0", b"\0<\0?"):
        marked = "utf-16-le" if body[:1] == b"<" else "utf-16-be"
    head = body[:600].decode(marked or "latin-1", "replace").lstrip("\ufeff")
    declaration = _DECLARATION.match(head)
    named = _ENCODING.search(declaration.group(1)) if declaration else None
    said = named.group(1).lower() if named else ""
    codec = marked or _READ.get(said or "utf-8", "")
    if not codec or codec == "utf-32" or (said and said not in _READ):
        raise Fault("CDA-002", encoding=said or marked)
    try:
        text = body.decode(codec)
    except UnicodeDecodeError as error:
        raise Fault("CDA-003", f"byte {error.start}", encoding=said or codec) from None
    text = text.lstrip("\ufeff")
    if found := _DOCTYPE.search(text):
        raise Fault("CDA-004", _line(text, found.start()))
    return text


def parse(body: bytes) -> Node:
    """The root element of a document.

    Raises:
        Fault: as `decode`; `CDA-005` not well formed, with line and column; `CDA-006` too many elements or too deep.
    """
    text = decode(body)
    declaration = _DECLARATION.match(text)
    if declaration:
        text = "\n" * declaration.group(0).count("\n") + text[declaration.end() :]
    if text.count("<") > 2 * MAX_ELEMENTS:
        raise Fault("CDA-006", elements=MAX_ELEMENTS, depth=MAX_DEPTH)
    if found := _CONTROL.search(text):
        raise Fault("CDA-005", _line(text, found.start()), reason=f"U+{ord(found.group()):04X}")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line, column = getattr(error, "position", (0, 0))
        reason = str(getattr(error, "msg", "") or error)
        raise Fault("CDA-005", f"line {line}, column {column}", reason=reason.replace("\n", " ")[:200]) from None
    return _tree(root)


def _line(text: str, position: int) -> str:
    return f"line {text.count(chr(10), 0, position) + 1}"


def _tree(root: etree._Element) -> Node:
    top = _node(root)
    pending = [(root, top, 1)]
    count = 0
    while pending:
        element, node, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise Fault("CDA-006", f"line {node.line}", elements=MAX_ELEMENTS, depth=MAX_DEPTH)
        for child in element:
            made = _node(child)
            node.children.append(made)
            count += 1
            if len(child):
                pending.append((child, made, depth + 1))
    if count > MAX_ELEMENTS:
        raise Fault("CDA-006", elements=MAX_ELEMENTS, depth=MAX_DEPTH)
    return top


_HL7_PREFIX = f"{{{HL7}}}"


def _node(element: etree._Element) -> Node:
    name: str = element.tag
    if name.startswith(_HL7_PREFIX):
        name = name[len(_HL7_PREFIX) :]
    text = element.text or ""
    if len(element):
        if name == "text":  # A narrative: its words in their order, whatever marks them up.
            text = "\n".join(part for part in (str(one).strip() for one in element.itertext()) if part)
        else:
            text += "".join([child.tail for child in element if child.tail])
    attributes: dict[str, str] = dict(element.attrib)  # type: ignore[arg-type]  # they are text in XML that was text
    return Node(name, attributes, text.strip(), element.sourceline or 0)  # type: ignore[arg-type, unreachable]
