"""Read the text, images and links of PDFs written by typst, without a PDF library."""

import re
import zlib
from itertools import combinations
from typing import NamedTuple

_STRING = rb"\((?:\\.|[^\\()])*\)"
for _ in range(8):  # parentheses inside a string need no backslash if they balance
    _STRING = rb"\((?:\\.|[^\\()]|%s)*\)" % _STRING
_SHOWN = re.compile(
    rb"/ActualText(?P<actual>%(string)s|<\w+>)>>BDC.*?EMC"
    rb"|/(?P<font>f\d+) \S+ Tf [^[(]*(?P<glyphs>\[(?:%(string)s|[^]()])*\]TJ|%(string)sTj)" % {b"string": _STRING},
    re.S,
)


_SET = re.compile(
    rb"/(?P<font>f\d+) (?P<size>\S+) Tf 1 0 0 -1 (?P<x>\S+) \S+ Tm(?P<glyphs>\[(?:%(string)s|[^]()])*\]TJ|%(string)sTj)"
    % {b"string": _STRING},
    re.S,
)


class Piece(NamedTuple):
    """A run of text from x to right on the baseline y, with its font size; in points from the lower left corner."""

    x: float
    right: float
    y: float
    size: float
    text: str


class Page:
    """A page of a PDF.

    Attributes
    ----------
    size
        Width and height in points.
    pieces
        Pieces of text in reading order.
    images
        Number of images.
    links
        Target pages of the links, counted from 0.
    """

    def __init__(self, objects: dict[int, bytes], page: bytes, numbers: dict[int, int]):
        left, bottom, right, top = map(float, re.search(rb"/MediaBox\[([^]]*)\]", page)[1].split())
        resources = objects[_reference(page, b"Resources")]
        fonts = {
            name.decode(): _unicode_of(objects, int(number))
            for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
        }
        content = _stream(objects[_reference(page, b"Contents")])
        self.size = (round(right - left), round(top - bottom))
        self.images = content.count(b" Do")
        widths = {
            name.decode(): _widths_of(objects, int(number))
            for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
        }
        drawn = re.split(rb"q 1 0 0 -1 (\S+) (\S+) cm", content)
        self.pieces = [
            Piece(
                float(x),
                max((float(x) + _end(run, widths, fonts) for run in _SET.finditer(piece)), default=float(x)),
                float(y),
                max((float(run["size"]) for run in _SET.finditer(piece)), default=0.0),
                "".join(_text(shown, fonts) for shown in _SHOWN.finditer(piece)),
            )
            for x, y, piece in zip(drawn[1::3], drawn[2::3], drawn[3::3], strict=True)
        ]
        self.text = "".join(piece.text for piece in self.pieces)
        annotations = [objects[int(n)] for n in re.findall(rb"(\d+) 0 R", _array(page, b"Annots"))]
        goals = [objects[_goal(annotation, objects)] for annotation in annotations if b"/Dest" in annotation]
        self.links = [numbers[int(re.search(rb"(\d+) 0 R", goal)[1])] for goal in goals]


def pages(document: bytes) -> list[Page]:
    objects = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", document, re.S)}
    page_objects = {n: body for n, body in sorted(objects.items()) if body.startswith(b"<</Type/Page/")}
    numbers = {n: i for i, n in enumerate(page_objects)}
    return [Page(objects, body, numbers) for body in page_objects.values()]


def squeezed(text: str) -> str:
    """Remove the characters that a line break may add or remove, for comparison of texts."""
    return re.sub(r"[\s\u200b\u2060\u00ad\u2010-]+", "", text)


MARGIN = 20 / 25.4 * 72
HANGING = 3.0
"""Maximum overhang of punctuation at the end of a line, in points, for optical margin alignment."""


def beyond_margins(page: Page) -> list[Piece]:
    """Return the pieces of text that extend beyond the left or right margin."""
    inked = [piece for piece in page.pieces if piece.text.strip()]
    return [p for p in inked if p.x < MARGIN - 0.5 or p.right > page.size[0] - MARGIN + HANGING]


def overlaps(page: Page) -> list[tuple[str, str]]:
    """Return pairs of overlapping texts on the same line."""
    inked = [piece for piece in page.pieces if piece.text.strip()]
    return [
        (one.text, other.text)
        for one, other in combinations(inked, 2)
        if abs(one.y - other.y) < 2 and min(one.right, other.right) - max(one.x, other.x) > 0.6
    ]


def _text(shown: re.Match, fonts: dict[str, dict[bytes, str]]) -> str:
    if actual := shown["actual"]:
        return _decoded(actual)
    glyphs = b"".join(map(_unescaped, re.findall(_STRING, shown["glyphs"], re.S)))
    unicode = fonts[shown["font"].decode()]
    return "".join(unicode.get(glyphs[i : i + 2], "\N{REPLACEMENT CHARACTER}") for i in range(0, len(glyphs), 2))


def _end(run: re.Match, widths: dict[str, dict[int, float]], fonts: dict[str, dict[bytes, str]]) -> float:
    """Return where a run of glyphs ends, relative to its piece: glyph widths minus kerning.

    Spaces at the end of a line are ignored.
    """
    of_font, unicode = widths[run["font"].decode()], fonts[run["font"].decode()]
    thousandths = inked = 0.0
    for part in re.findall(rb"(?:%s)|[-.\d]+" % _STRING, run["glyphs"], re.S):
        if not part.startswith(b"("):
            thousandths -= float(part)
            continue
        glyphs = _unescaped(part)
        for glyph in (glyphs[i : i + 2] for i in range(0, len(glyphs), 2)):
            thousandths += of_font.get(int.from_bytes(glyph), 0.0)
            inked = inked if unicode.get(glyph, "").isspace() else thousandths
    return float(run["x"]) + inked / 1000 * float(run["size"])


def _decoded(string: bytes) -> str:
    content = bytes.fromhex(string[1:-1].decode()) if string[:1] == b"<" else _unescaped(string)
    return content.decode("utf-16" if content[:2] == b"\xfe\xff" else "latin-1")


def _unescaped(literal: bytes) -> bytes:
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def byte(escaped: re.Match) -> bytes:
        code = escaped[1]
        return bytes([int(code, 8)]) if code.isdigit() else named.get(code, code)

    return re.sub(rb"\\([0-7]{1,3}|.)", byte, literal[1:-1], flags=re.S)


def _reference(body: bytes, key: bytes) -> int:
    return int(re.search(rb"/" + key + rb" (\d+) 0 R", body)[1])


def _goal(annotation: bytes, objects: dict[int, bytes]) -> int:
    """Return the object number of a link's target, given by number or by name in the catalog."""
    if named := re.search(rb"/Dest\(([^)]*)\)", annotation):
        (catalog,) = [body for body in objects.values() if b"/Type/Catalog" in body]
        return int(re.search(rb"\(%s\)(\d+) 0 R" % re.escape(named[1]), catalog)[1])
    return _reference(annotation, b"Dest")


def _array(body: bytes, key: bytes) -> bytes:
    """Return the content of a key's array; empty if there is no such key."""
    return (re.search(rb"/" + key + rb"\[([^]]*)\]", body) or [b"", b""])[1]


def _stream(body: bytes) -> bytes:
    return zlib.decompress(re.search(rb"stream\n(.*)\nendstream", body, re.S)[1])


def _unicode_of(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    """Return glyph -> text from the font's own table, which lacks the glyph for missing characters."""
    table = _stream(objects[_reference(objects[font], b"ToUnicode")])
    _, _, entries = table.partition(b"endcodespacerange")
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in re.findall(rb"<(\w{4})> <(\w+)>", entries)
    }


def _widths_of(objects: dict[int, bytes], font: int) -> dict[int, float]:
    """Return glyph -> width in thousandths of the font size, from (first glyph, last glyph, width) triples."""
    descendant = int(re.search(rb"/DescendantFonts\[(\d+)", objects[font])[1])
    numbers = list(map(float, _array(objects[descendant], b"W").split()))
    triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return {glyph: width for first, last, width in triples for glyph in range(int(first), int(last) + 1)}
