"""The table at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.chaos import points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dev.chaos.options import Options
    from dev.chaos.session import Outcome

_EXAMPLES = 8
"""Names that are listed for each kind of fault."""


def shortfalls(outcome: Outcome, options: Options) -> list[str]:
    """
    Tell why a test has not passed.

    :param outcome: what it has shown.
    :param options: what it was asked for.
    :return: a line for each reason; none when it has passed.
    """
    findings = outcome.findings
    reasons = []
    for name, those in findings.faults.items():
        if those:
            more = f" and {len(those) - _EXAMPLES} more" if len(those) > _EXAMPLES else ""
            reasons.append(f"{len(those)} {name}: {'; '.join(those[:_EXAMPLES])}{more}")
    bought = findings.created - findings.failed
    if bought != findings.fills:
        without = f" besides {findings.failed} that failed" if findings.failed else ""
        reasons.append(f"the service created {bought} runs{without} for {findings.fills} fill tasks")
    if findings.attempts < options.attempts:
        reasons.append(f"only {findings.attempts} of {options.attempts} task attempts")
    if options.every_point and outcome.unhit:
        reasons.append(f"no kill at {', '.join(outcome.unhit)}")
    return reasons


def table(outcome: Outcome) -> str:
    """
    Lay a test out for people.

    :param outcome: what it has shown.
    :return: Markdown.
    """
    kills = [
        (point.name, point.when, str(outcome.kills[point.name]), str(outcome.missed[point.name]))
        for point in (*points.EVERY_POINT, *points.OF_CELERY)
        if point not in points.OF_CELERY or outcome.kills[point.name]
    ]
    weather = [(name, str(times)) for name, times in sorted(outcome.weather.items())]
    return "\n\n".join(
        [
            _lay_out(("kill point", "what dies, and when", "kills", "not reached"), kills),
            _lay_out(("fault of the service", "requests hit"), [*weather, ("service gone", str(outcome.outages))]),
            _lay_out(("result", ""), _results(outcome)),
        ]
    )


def _results(outcome: Outcome) -> list[tuple[str, str]]:
    findings = outcome.findings
    bought = findings.created - findings.failed
    return [
        ("Airflow", outcome.airflow),
        ("seed", str(outcome.seed)),
        ("time", f"{outcome.seconds:.0f} s, {outcome.waves} waves"),
        ("tasks", f"{findings.fills} that fill, {findings.downloads} that download"),
        ("most tasks running or waiting at once", str(outcome.at_once)),
        ("task attempts", f"{findings.attempts}, at most {findings.most_attempts} of one task"),
        ("kills", str(sum(outcome.kills.values()))),
        ("components started again", ", ".join(f"{name} {n} times" for name, n in sorted(outcome.restarts.items()))),
        ("runs created, as the service counts", str(findings.created)),
        ("of these, runs that the service let fail", str(findings.failed)),
        ("other runs per fill task", f"{bought / findings.fills:.3f}" if findings.fills else "-"),
        ("credits", str(findings.credits)),
        *((name, str(len(those))) for name, those in findings.faults.items()),
        ("hidden `.part` files of killed downloads", str(outcome.left_overs)),
    ]


def _lay_out(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
