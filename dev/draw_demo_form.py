"""Draw the form of the example DAGs and the demo: ``example_dags/forms/onboarding.pdf``.

Run it after a change and commit the PDF::

    python dev/draw_demo_form.py

The same version of reportlab draws the same bytes every time.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import LETTER  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

FORM = Path(__file__).parents[1] / "example_dags" / "forms" / "onboarding.pdf"

INK = HexColor("#1b2a41")
MUTED = HexColor("#5c6b7f")
ACCENT = HexColor("#1f6f78")
LINE = HexColor("#b8c4d0")
FIELD = HexColor("#f5f8fa")
WHITE = HexColor("#ffffff")

MARGIN = 54
WIDTH = LETTER[0] - 2 * MARGIN
GAP = 18
HALF = (WIDTH - GAP) / 2
HEIGHT = 24  # of a one-line field
BUTTON = 16  # side of radio buttons and check boxes

BUSINESS_TYPES = [("sole_proprietor", "Sole proprietor"), ("partnership", "Partnership"), ("llc", "LLC")]
COUNTRIES = [
    (" ", " "),  # reportlab needs an initial value, and the empty form should have none
    ("Australia", "AU"),
    ("Brazil", "BR"),
    ("Canada", "CA"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("India", "IN"),
    ("United Kingdom", "GB"),
    ("United States", "US"),
]
SKILLS = ["Airflow", "Data modelling", "Java", "Python", "SQL", "Terraform"]


class _NoSelection(list[str]):
    """An empty selection that reportlab does not take for a missing one (it fails on those)."""

    def __bool__(self) -> bool:
        return True


def draw_form() -> bytes:
    """The form as a PDF."""
    canvas = Canvas("onboarding.pdf", pagesize=LETTER, invariant=1)
    canvas.setTitle("New contractor onboarding")
    canvas.setAuthor("extend_provider")
    canvas.setSubject("Fillable demo form")
    _header(canvas)
    _about_you(canvas, 612)
    _business(canvas, 386)
    _work(canvas, 272)
    _footer(canvas)
    canvas.showPage()
    return bytes(canvas.getpdfdata())


def _header(canvas: Canvas) -> None:
    top = LETTER[1]
    canvas.setFillColor(INK)
    canvas.rect(0, top - 104, LETTER[0], 104, stroke=0, fill=1)
    canvas.setFillColor(ACCENT)
    canvas.rect(0, top - 108, LETTER[0], 4, stroke=0, fill=1)
    canvas.setFillColor(WHITE)
    canvas.setFont("Helvetica-Bold", 22)
    canvas.drawString(MARGIN, top - 58, "New contractor onboarding")
    canvas.setFont("Helvetica", 10.5)
    canvas.drawString(MARGIN, top - 78, "Northwind Trading - People Operations")
    canvas.setFont("Helvetica", 9)
    canvas.drawRightString(LETTER[0] - MARGIN, top - 58, "Form NC-1")
    canvas.setFillColor(INK)
    canvas.setFont("Helvetica", 10.5)
    canvas.drawString(
        MARGIN, top - 140, "Welcome aboard. Please fill in all three sections so that we can set up your contract."
    )


def _about_you(canvas: Canvas, top: float) -> None:
    _section(canvas, "1", "About you", top)
    right = MARGIN + HALF + GAP
    _text(canvas, "full_name", "Full name", MARGIN, top - 66)
    _text(canvas, "email", "Email", right, top - 66)
    _text(canvas, "address", "Address", MARGIN, top - 170, height=76, flags="multiline")
    _country(canvas, right, top - 118)
    _text(canvas, "start_date", "Start date", right, top - 170, hint="YYYY-MM-DD")


def _business(canvas: Canvas, top: float) -> None:
    _section(canvas, "2", "Your business", top)
    _label(canvas, "Business type", MARGIN, top - 36)
    step = WIDTH / len(BUSINESS_TYPES)
    for index, (value, label) in enumerate(BUSINESS_TYPES):
        x = MARGIN + index * step
        canvas.acroForm.radio(
            name="business_type",
            value=value,
            tooltip="Business type",
            x=x,
            y=top - 64,
            size=BUTTON,
            fieldFlags="noToggleToOff radio",
            **_colours(),
        )
        canvas.setFillColor(INK)
        canvas.setFont("Helvetica", 10.5)
        # reportlab draws circles at 40 % of the button, not in its middle
        canvas.drawString(x + 20, top - 64 + 0.4 * BUTTON - 3.7, label)


def _work(canvas: Canvas, top: float) -> None:
    _section(canvas, "3", "Work and pay", top)
    _label(canvas, "Skills", MARGIN, top - 36, hint="choose all that apply")
    canvas.acroForm.listbox(
        name="skills",
        tooltip="Skills",
        options=SKILLS,
        value=_NoSelection(),
        x=MARGIN,
        y=top - 142,
        width=HALF,
        height=100,
        fontSize=11,
        fieldFlags="multiSelect",
        **_colours(),
    )
    right = MARGIN + HALF + GAP
    _text(canvas, "hourly_rate", "Hourly rate", right, top - 66, hint="US dollars")
    canvas.acroForm.checkbox(
        name="agrees_to_e_delivery",
        tooltip="Agrees to e-delivery",
        x=right,
        y=top - 112,
        size=BUTTON,
        fieldFlags="",
        **_colours(),
    )
    canvas.setFillColor(INK)
    canvas.setFont("Helvetica", 10.5)
    canvas.drawString(right + 24, top - 108, "I agree to receive documents")
    canvas.drawString(right + 24, top - 122, "electronically (e-delivery)")


def _footer(canvas: Canvas) -> None:
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, 72, LETTER[0] - MARGIN, 72)
    canvas.setFillColor(MUTED)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(MARGIN, 58, "A made-up form for demos and tests. Northwind Trading does not exist.")
    canvas.drawRightString(LETTER[0] - MARGIN, 58, "Page 1 of 1")


def _section(canvas: Canvas, number: str, title: str, top: float) -> None:
    canvas.setFillColor(ACCENT)
    canvas.setFont("Helvetica-Bold", 13)
    canvas.drawString(MARGIN, top - 8, f"{number}   {title}")
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, top - 16, LETTER[0] - MARGIN, top - 16)


def _label(canvas: Canvas, text: str, x: float, y: float, *, hint: str = "") -> None:
    canvas.setFillColor(INK)
    canvas.setFont("Helvetica-Bold", 9)
    canvas.drawString(x, y, text)
    canvas.setFillColor(MUTED)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(x + canvas.stringWidth(text, "Helvetica-Bold", 9) + 6, y, hint)


def _text(
    canvas: Canvas,
    name: str,
    label: str,
    x: float,
    y: float,
    *,
    height: float = HEIGHT,
    hint: str = "",
    flags: str = "",
) -> None:
    _label(canvas, label, x, y + height + 5, hint=hint)
    canvas.acroForm.textfield(
        name=name,
        tooltip=label,
        x=x,
        y=y,
        width=HALF,
        height=height,
        fontSize=11,
        maxlen=None,
        fieldFlags=flags,
        **_colours(),
    )


def _country(canvas: Canvas, x: float, y: float) -> None:
    _label(canvas, "Country", x, y + HEIGHT + 5)
    canvas.acroForm.choice(
        name="country",
        tooltip="Country",
        options=COUNTRIES,
        value=" ",
        x=x,
        y=y,
        width=HALF,
        height=HEIGHT,
        fontSize=11,
        **_colours(),
    )


def _colours() -> dict[str, object]:
    return {"fillColor": FIELD, "borderColor": LINE, "textColor": INK, "borderWidth": 0.8}


def main() -> None:
    """Write the form to ``--output``."""
    parser = argparse.ArgumentParser(description="Draw the demo form.")
    parser.add_argument("--output", type=Path, default=FORM, help="where to write the PDF (default: %(default)s)")
    output = parser.parse_args().output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(draw_form())
    print(f"wrote {output}")


if __name__ == "__main__":
    main()
