"""A file inside a PDF, which readers list under attachments."""

from __future__ import annotations

from typing import Any

from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFStream, PDFString


def attach(canvas: Any, name: str, data: bytes) -> None:
    """Put `data` into the document that a canvas writes, as a file called `name`."""
    document = canvas._doc
    stream = PDFStream(dictionary=PDFDictionary({"Type": PDFName("EmbeddedFile")}), content=data)
    file = PDFDictionary(
        {
            "Type": PDFName("Filespec"),
            "F": PDFString(name),
            "UF": PDFString(name),
            "EF": PDFDictionary({"F": document.Reference(stream)}),
        }
    )
    names = PDFDictionary({"Names": PDFArray([PDFString(name), document.Reference(file)])})
    document.Catalog.Names = PDFDictionary({"EmbeddedFiles": names})
