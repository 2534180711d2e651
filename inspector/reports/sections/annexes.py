"""What else is on file of a model, such as the robustness certificate: shown as it is, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from inspector.recipe import Limits
from inspector.reports.evidence import ROBUSTNESS
from inspector.reports.markup import Markup, element, facts, join, paragraph, section
from inspector.reports.sections.making import grid
from inspector.reports.words import RATE, flattened, plain, recorded, spoken

_SENTENCES = ("sentence", "sentences")


def annexes(found: Mapping[str, Any], limits: Limits) -> Markup:
    """The certificate first, or that there is none; then the others by name. limits: those of the report."""
    rest = [name for name in sorted(found) if name != ROBUSTNESS]
    if ROBUSTNESS in found:
        first = section("Robustness certificate", _other_limits(found[ROBUSTNESS], limits), _content(found[ROBUSTNESS]))
    else:
        absent = "None is filed for this model: how much light, focus or position may change was not measured."
        first = section("Robustness certificate", paragraph(absent))
    return join([first, *(section(f"Annex: {name}", _content(found[name])) for name in rest)])


def _other_limits(certificate: object, limits: Limits) -> Markup:
    measured = certificate.get("limits") if isinstance(certificate, Mapping) else None
    if not isinstance(measured, Mapping) or measured == asdict(limits):
        return Markup()
    words = f"It was measured at other limits than those of this report ({plain(measured)}): certify the model again."
    return paragraph(element("strong", words))


def _content(value: object) -> Markup:
    if isinstance(value, list):
        return _rows("Entries", value)
    if not isinstance(value, Mapping):
        return paragraph(plain(value))
    said = [value[key] for key in _SENTENCES if key in value]
    sentences = [line for each in said for line in (each if isinstance(each, list) else [each])]
    lists = {key: item for key, item in value.items() if isinstance(item, list) and key not in _SENTENCES}
    tables = {key: item for key, item in value.items() if _is_table(item)}
    single = {key: item for key, item in value.items() if key not in {*lists, *tables, *_SENTENCES}}
    shown = [paragraph(sentence, class_="claim") for sentence in sentences]
    shown.append(_facts(single))
    shown += [join([element("h3", spoken(key).capitalize()), _facts(item)]) for key, item in tables.items()]
    shown += [_rows(spoken(key).capitalize(), item) for key, item in lists.items()]
    return join(shown)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) and not value.keys() >= RATE


def _facts(values: Mapping[str, Any]) -> Markup:
    return facts((name, recorded(name, item)) for name, item in flattened(values)) if values else Markup()


def _rows(title: str, items: list[Any]) -> Markup:
    tables = [item for item in items if isinstance(item, Mapping)]
    if tables:
        return grid(title, tables)
    return facts([(title, plain(items))])
