"""HTML elements of a report. Every text that comes from a scenario goes through ``escape``."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from .chart import Chart

__all__ = ["definitions", "escape", "figures", "scrolling", "section", "share_table", "table"]


def section(id_: str, title: str, *parts: str) -> str:
    """A section of the page; empty if it has no content."""
    body = "".join(parts)
    return f'<section id="{id_}"><h2>{escape(title)}</h2>{body}</section>' if body else ""


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1, name: str = "", spoken: str = ""
) -> str:
    """A table; empty if there are no rows.

    Args:
        head: the titles of the columns.
        rows: the cells, as plain text.
        texts: the number of columns that hold text, from the first; the others hold numbers, aligned to the right.
        name: the caption, if there is one.
        spoken: the caption of a table that has its name above it already; only readers of the screen say it.
    """
    kinds = ["text" if index < texts else "number" for index in range(len(head))]
    body = "".join(
        f"<tr>{_cells('th', row[:1], kinds[:1], scope='row')}{_cells('td', row[1:], kinds[1:])}</tr>" for row in rows
    )
    titles = _cells("th", head, kinds, scope="col")
    inner = f"{_caption(name, spoken)}<thead><tr>{titles}</tr></thead><tbody>{body}</tbody>"
    return scrolling(f"<table>{inner}</table>", name or spoken) if body else ""


def scrolling(inner: str, name: str) -> str:
    """A box for what may be wider than the page; it can be scrolled by keyboard, and shows that it can."""
    label = f' aria-label="{escape(name)}"' if name else ""
    return f'<div class="scroll" role="region" tabindex="0"{label}>{inner}</div>'


def _caption(name: str, spoken: str) -> str:
    if name:
        return f'<caption><span class="title">{escape(name)}</span></caption>'
    return f'<caption><span class="spoken">{escape(spoken)}</span></caption>' if spoken else ""


def _cells(tag: str, cells: Sequence[str], kinds: Sequence[str], scope: str = "") -> str:
    more = f' scope="{scope}"' if scope else ""
    return "".join(
        f'<{tag} class="{kind}"{more}>{escape(cell)}</{tag}>' for cell, kind in zip(cells, kinds, strict=True)
    )


def share_table(head: tuple[str, str], numbers: Mapping[str, int], name: str = "") -> str:
    """A table of names and numbers, the largest first, each with a bar in proportion; empty if there are none."""
    most = max(numbers.values(), default=0)
    rows = "".join(
        f'<tr><th scope="row" class="text">{escape(key)}</th><td class="number">{number:,}</td>'
        f'<td class="bar" aria-hidden="true"><i style="width:{number / most:.1%}"></i></td></tr>'
        for key, number in sorted(numbers.items(), key=lambda item: -item[1])
    )
    titles = _cells("th", head, ("text", "number"), scope="col") + '<td class="bar" aria-hidden="true"></td>'
    inner = f"{_caption(name, head[0])}<thead><tr>{titles}</tr></thead><tbody>{rows}</tbody>"
    return scrolling(f'<table class="shares">{inner}</table>', name or head[0]) if rows else ""


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of names with their values."""
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in pairs)}</dl>"


def figures(charts: Sequence[Chart]) -> list[str]:
    """The elements into which the page's script draws charts, two in a row; a last one without neighbour is wide."""
    odd = sum(not chart.wide for chart in charts) % 2
    return [_figure(chart, wide=chart.wide or (odd == 1 and chart is charts[-1])) for chart in charts]


def _figure(chart: Chart, *, wide: bool) -> str:
    """The element of a chart, with its title, description and legend."""
    key = "".join(
        f'<li><i style="background:{color}" data-color="{color}"></i>{escape(name)}</li>' for name, color in chart.key
    )
    listed = f'<ul class="key{" spare" if chart.labelled else ""}">{key}</ul>' if key else ""
    size, id_, title = "wide" if wide else "half", escape(f"chart-{chart.id}"), escape(chart.title)
    numbers = table(chart.head, chart.rows, spoken=chart.title)
    as_table = f'<details class="numbers"><summary>{title}: the numbers</summary>{numbers}</details>' if numbers else ""
    height = f' style="min-height:{chart.figure["layout"]["height"]}px"'
    return (
        f'<figure class="{size}"><figcaption><h3>{title}</h3><p>{escape(chart.about)}</p>{listed}</figcaption>'
        f'<div class="chart" id="{id_}"{height} role="img" aria-label="{title}. {escape(chart.about)}"></div>'
        f"{as_table}</figure>"
    )
