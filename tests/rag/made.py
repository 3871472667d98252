"""Makes small DOCX and PDF files by hand, sound and hostile ones."""

from __future__ import annotations

import io
import zipfile
import zlib

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(document: str, **parts: str) -> bytes:
    """Pack the main part and others (`styles`, by their names below `word/`)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", document)
        for name, part in parts.items():
            archive.writestr(f"word/{name}.xml", part)
    return packed.getvalue()


def body(inner: str) -> str:
    return f"<w:document {SPACE}><w:body>{inner}</w:body></w:document>"


def paragraph(text: str, style: str = "", *, numbered: bool = False) -> str:
    marks = f'<w:pStyle w:val="{style}"/>' if style else ""
    marks += "<w:numPr/>" if numbered else ""
    return f'<w:p><w:pPr>{marks}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def docx_manual() -> bytes:
    """Make a manual with headings, a list, code, a table and a deleted run."""
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>".format
    table = "".join(f"<w:tr>{cell(one)}{cell(two)}</w:tr>" for one, two in (("port", "peer"), ("1", "core")))
    styles = (
        f'<w:styles {SPACE}><w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="H2"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="C"><w:name w:val="Source Code"/></w:style></w:styles>'
    )
    inner = (
        paragraph("Lab manual", "H1")
        + "<w:p><w:r><w:t>Words of </w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
        "<w:r><w:t>a paragraph.</w:t></w:r></w:p>"
        + paragraph("Parts", "H2")
        + paragraph("fan", numbered=True)
        + paragraph("fibre", numbered=True)
        + paragraph("show vlan", "C")
        + paragraph("  show mac", "C")
        + f"<w:tbl>{table}</w:tbl>"
    )
    return docx(body(inner), styles=styles)


def pdf(*pages: list[str]) -> bytes:
    """Make a PDF with lines of text on its pages."""
    streams = []
    for lines in pages:
        shown = " ".join(f"({line}) Tj 0 -20 Td" for line in lines)
        streams.append(zlib.compress(f"BT /F1 12 Tf 72 700 Td {shown} ET".encode()))
    return pdf_of(streams)


def pdf_of(streams: list[bytes], *, extra: str = "", kids: int = 1) -> bytes:
    """Pack content streams as pages; each page stands in the tree `kids` times."""
    count = len(streams)
    names = " ".join(f"{4 + 2 * index} 0 R" for index in range(count) for _ in range(kids))
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{extra}>>".encode(),
        f"<</Type/Pages/Kids[{names}]/Count {count * kids}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for index, stream in enumerate(streams):
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {5 + 2 * index} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        head = f"<</Length {len(stream)}/Filter/FlateDecode>>stream\n".encode()
        objects.append(head + stream + b"\nendstream")
    out = b"%PDF-1.4\n"
    places = []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + item + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start)
