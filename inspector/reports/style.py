"""How a report looks: A4 on paper, one column on a screen, nothing that colour alone says."""

from __future__ import annotations

from inspector.reports.markup import Markup


def style(footer: str) -> Markup:
    """footer: at the foot of each printed page; it must hold neither quotes nor backslashes."""
    return Markup(_STYLE.replace("FOOTER", footer))


_STYLE = """
@page { size: A4; margin: 15mm 14mm 18mm;
  @bottom-left { content: "FOOTER"; font: 8pt Helvetica, Arial, sans-serif; }
  @bottom-right { content: "page " counter(page) " of " counter(pages); font: 8pt Helvetica, Arial, sans-serif; } }
* { box-sizing: border-box; }
body { font: 15px/1.45 Helvetica, Arial, sans-serif; color: #111; background: #fff; margin: 0 auto; padding: 1.5rem;
  max-width: 62rem; }
h1 { font-size: 1.7em; margin: 0 0 .2em; }
h2 { font-size: 1.25em; margin: 2em 0 .6em; padding-bottom: .15em; border-bottom: 2px solid #111; }
h3 { font-size: 1.05em; margin: 1.4em 0 .4em; }
h2, h3, caption, h2 + p, h3 + p { break-after: avoid; }
p { margin: .5em 0; }
.note, figcaption, caption { font-size: .87em; color: #333; }
.claim { font-size: 1.12em; font-weight: bold; border-left: 5px solid #111; padding: .3em .8em; margin: .8em 0; }
table { break-inside: avoid; border-collapse: collapse; width: 100%; margin: .8em 0 1em;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3em; }
th, td { border: 1px solid #999; padding: .25em .5em; text-align: left; vertical-align: top; }
thead th { background: #eee; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
tbody th { font-weight: normal; }
.small { font-size: .8em; }
.matrix { width: auto; }
.matrix td { text-align: right; }
.wrong { text-decoration: underline; }
.zero { color: #777; }
dl { display: grid; grid-template-columns: minmax(8rem, 12rem) 1fr; gap: .2em 1em; margin: .6em 0; }
dt { color: #333; }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font-family: "DejaVu Sans Mono", Consolas, monospace; font-size: .85em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; background: #f4f4f4; border: 1px solid #ccc; padding: .6em; }
.plots, .gallery { display: grid; grid-template-columns: 1fr 1fr; gap: 1em 1.2em; margin: 1em 0; }
figure { margin: 0; break-inside: avoid; }
figure svg { width: 100%; height: auto; display: block; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; }
.pair img { width: 100%; height: auto; display: block; border: 1px solid #999; }
.signatures td, .signatures th { height: 3em; }
@media print { body { font-size: 9.5pt; padding: 0; max-width: none; } }
@media (max-width: 40rem) { .plots, .gallery, dl { grid-template-columns: 1fr; } }
"""
