"""Draw the packet of the example DAGs: ``example_dags/forms/packet.pdf``, two invoices with an attachment each.

Run it after a change and commit the PDF::

    python dev/draw_demo_packet.py

The same version of reportlab draws the same bytes every time.
"""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.pagesizes import LETTER  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

PACKET = Path(__file__).parents[1] / "example_dags" / "forms" / "packet.pdf"

MARGIN = 72
LINE = 22

# Title and lines of each page.
PAGES = [
    ("Invoice", ["Invoice number: 2026-118", "From: Northwind Data Ltd", "Amount due: 4,275.00"]),
    ("Positions", ["Data pipelines, 40 hours at 95.00: 3,800.00", "Travel: 475.00"]),
    ("Timesheet", ["Contractor: Jordan Avery", "Week: 2026-11-16", "Total hours: 40"]),
    ("Invoice", ["Invoice number: 2026-119", "From: Harbour Cleaning", "Amount due: 310.50"]),
    ("Certificate of insurance", ["Policy number: PL-20077", "Insured: Harbour Cleaning", "Valid until: 2027-06-30"]),
]


def draw_packet() -> bytes:
    """The packet as a PDF."""
    canvas = Canvas("packet.pdf", pagesize=LETTER, invariant=1)
    canvas.setTitle("Two invoices with attachments")
    canvas.setAuthor("extend_provider")
    for title, lines in PAGES:
        top = LETTER[1] - MARGIN
        canvas.setFont("Helvetica-Bold", 22)
        canvas.drawString(MARGIN, top, title)
        canvas.setFont("Helvetica", 12)
        for number, line in enumerate(lines, start=2):
            canvas.drawString(MARGIN, top - number * LINE, line)
        canvas.showPage()
    return bytes(canvas.getpdfdata())


if __name__ == "__main__":
    PACKET.write_bytes(draw_packet())
