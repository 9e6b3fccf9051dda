"""Reads back what a PDF shows, as far as typst writes PDFs: for tests, in place of a PDF library."""

import re
import zlib

_STRING = rb"\((?:\\.|[^\\()])*\)"
for _ in range(8):  # parentheses inside a string need no backslash if they balance
    _STRING = rb"\((?:\\.|[^\\()]|%s)*\)" % _STRING
_SHOWN = re.compile(
    rb"/ActualText(?P<actual>%(string)s|<\w+>)>>BDC.*?EMC"
    rb"|/(?P<font>f\d+) \S+ Tf [^[(]*(?P<glyphs>\[(?:%(string)s|[^]()])*\]TJ|%(string)sTj)" % {b"string": _STRING},
    re.S,
)


class Page:
    """size: width and height in points; pieces: (x, text) of what is set in one go; images: how many there are.

    links: the pages that its links lead to, counted from 0.
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
        drawn = re.split(rb"q 1 0 0 -1 (\S+) \S+ cm", content)
        self.pieces = [
            (float(x), "".join(_text(shown, fonts) for shown in _SHOWN.finditer(piece)))
            for x, piece in zip(drawn[1::2], drawn[2::2], strict=True)
        ]
        self.text = "".join(text for _, text in self.pieces)
        annotations = [objects[int(n)] for n in re.findall(rb"(\d+) 0 R", _array(page, b"Annots"))]
        goals = [objects[_reference(annotation, b"Dest")] for annotation in annotations if b"/Dest" in annotation]
        self.links = [numbers[int(re.search(rb"(\d+) 0 R", goal)[1])] for goal in goals]


def pages(document: bytes) -> list[Page]:
    objects = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\n(.*?)\nendobj", document, re.S)}
    found = {n: body for n, body in sorted(objects.items()) if body.startswith(b"<</Type/Page/")}
    numbers = {n: i for i, n in enumerate(found)}
    return [Page(objects, body, numbers) for body in found.values()]


def squeezed(text: str) -> str:
    """Without what a line break may add or take away, so that texts compare."""
    return re.sub(r"[\s\u200b\u2060\u00ad\u2010-]+", "", text)


def _text(shown: re.Match, fonts: dict[str, dict[bytes, str]]) -> str:
    if actual := shown["actual"]:
        return _decoded(actual)
    glyphs = b"".join(map(_unescaped, re.findall(_STRING, shown["glyphs"], re.S)))
    unicode = fonts[shown["font"].decode()]
    return "".join(unicode.get(glyphs[i : i + 2], "\N{REPLACEMENT CHARACTER}") for i in range(0, len(glyphs), 2))


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


def _array(body: bytes, key: bytes) -> bytes:
    """What a key's array holds; nothing without that key."""
    return (re.search(rb"/" + key + rb"\[([^]]*)\]", body) or [b"", b""])[1]


def _stream(body: bytes) -> bytes:
    return zlib.decompress(re.search(rb"stream\n(.*)\nendstream", body, re.S)[1])


def _unicode_of(objects: dict[int, bytes], font: int) -> dict[bytes, str]:
    """Glyph -> text, by the font's own table; the glyph for what a font lacks is not in it."""
    table = _stream(objects[_reference(objects[font], b"ToUnicode")])
    _, _, entries = table.partition(b"endcodespacerange")
    return {
        bytes.fromhex(glyph.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for glyph, text in re.findall(rb"<(\w{4})> <(\w+)>", entries)
    }
