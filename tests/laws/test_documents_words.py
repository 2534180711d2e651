"""Law of the documents: words, keys, files and figures in them are those of the program."""

from __future__ import annotations

import ast
import math
import re
import tomllib
from functools import cache

import pytest

import run
from inspector.cli import INTERRUPTED
from inspector.cli.watching import ALARM
from inspector.domain import Decision, Reason
from inspector.errors import InspectorError
from inspector.learning.gate import DEFAULT_RULES
from inspector.learning.snapshot import GOLDEN_SHARE
from inspector.metrics import claim, clopper_pearson, parts_needed
from inspector.store.database.schema import inspections
from tests.laws.documents import PAGES, codes, prose, table, text_of
from tests.laws.sources import ROOT

JUDGED = {Reason.BELOW_LIMITS, Reason.ABOVE_REJECT_LIMIT, Reason.BETWEEN_LIMITS}
KEY_NAMES = {"Key_Space": "Space", "Key_Escape": "Esc"}
EXIT_WORDS = {
    "RecipeError": "recipe",
    "PictureError": "pictures",
    "DatasetError": "data set",
    "DeviceError": "camera or line",
    "StoreError": "storage",
    "ModelError": "model",
    "TrainingError": "training",
    "GateRefused": "gate",
}


@cache
def tree_of(name: str) -> ast.Module:
    """A file of the screen, read and not imported: laws need no Qt."""
    return ast.parse((ROOT / "gui" / name).read_text(encoding="utf-8"))


def calls(name: str, method: str) -> list[ast.Call]:
    nodes = ast.walk(tree_of(name))
    return [
        node
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method
    ]


def shown(node: ast.expr) -> str:
    """The words of `self.tr("words")`, "" for anything else."""
    is_text = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "tr"
    first = node.args[0] if is_text and isinstance(node, ast.Call) else None
    return str(first.value) if isinstance(first, ast.Constant) else ""


def keys_of(page: str) -> set[str]:
    """The keys of a page of the screen, all its files; the number keys are left to the other checks."""
    found = set()
    files = sorted(path.name for path in (ROOT / "gui" / "pages").glob(f"{page}*.py"))
    for call in (call for file in files for call in calls(f"pages/{file}", "add_key")):
        key = call.args[1]
        if isinstance(key, ast.Constant):
            found.add(str(key.value))
        elif isinstance(key, ast.Attribute):
            found.add(KEY_NAMES[key.attr])
    return found


def operator_keys(place: int) -> set[str]:
    """The first column of the place-th table of keys on the operator's page, without the number keys."""
    rows = re.split(r"^\| key \| what it does \|$", text_of("operator"), flags=re.M)[place].split("\n\n")[0]
    found = re.findall(r"^\| ([^|-][^|]*?) \|", rows, re.M)
    return {key for key in found if not re.fullmatch(r"1 to \d", key)}


@pytest.mark.parametrize(("place", "page"), [(1, "run"), (2, "review")])
def test_the_operators_keys_are_those_of_the_screen(place: int, page: str) -> None:
    assert operator_keys(place) == keys_of(page)


def test_the_number_keys_reach_as_far_as_the_operator_is_told() -> None:
    text = text_of("operator")
    bridge = (ROOT / "gui" / "bridge.py").read_text(encoding="utf-8")
    assert "| 1 to 8 |" in text and re.search(r"^REJECTS = 8$", bridge, re.M)
    review = (ROOT / "gui" / "pages" / "review.py").read_text(encoding="utf-8")
    assert "| 1 to 9 |" in text and "range(1, 10)" in review


def test_the_pages_stand_in_the_order_of_their_keys() -> None:
    titles = next(
        node for node in ast.walk(tree_of("window.py")) if isinstance(node, ast.Tuple) and shown(node.elts[0])
    )
    told = ", ".join(f"`Ctrl+{place}` {shown(title)}" for place, title in enumerate(titles.elts, start=1))
    assert f"{told}." in text_of("operator")


def test_every_verdict_is_explained_and_no_other() -> None:
    assert [row[1] for row in table("operator", "sign", "word")] == [str(each).upper() for each in Decision]


def test_every_reason_for_unfit_is_explained_in_the_words_of_the_screen() -> None:
    source = (ROOT / "gui" / "look" / "words.py").read_text(encoding="utf-8")
    words = dict(re.findall(r'Reason\.(\w+): self\.tr\("([^"]+)"\)', source))
    told = {row[0] for row in table("operator", "words", "look at")}
    assert told == {words[reason.name] for reason in Reason if reason not in JUDGED}


def test_every_bar_at_the_top_is_explained_and_its_buttons_exist() -> None:
    said = {shown(call.args[0]) for call in calls("window.py", "_fault")} | {
        shown(call.args[0]) for call in calls("hook.py", "emit")
    }
    rows = table("operator", "the bar says", "do this")
    assert {row[0] for row in rows} == said - {""}
    sources = "".join(ast.unparse(tree_of(name)) for name in ("window.py", "widgets/faultbar.py"))
    buttons = re.findall(r"\*\*(Start again|Open Setup|Log|Close)\*\*", text_of("operator"))
    assert len(set(buttons)) == 4
    assert [word for word in buttons if f"tr('{word}')" not in sources] == []


def every_error(above: type[InspectorError] = InspectorError) -> list[type[InspectorError]]:
    return [above, *(found for below in above.__subclasses__() for found in every_error(below))]


def test_every_exit_code_is_documented_and_no_other() -> None:
    told = {int(row[0]): row[1] for row in table("reference", "exit code", "means")}
    ours = [error for error in every_error() if error.__module__ == "inspector.errors"]
    assert set(told) == {0, 2, ALARM, INTERRUPTED} | {error.exit_code for error in ours}
    for error in ours:
        assert EXIT_WORDS.get(error.__name__, "") in told[error.exit_code]


def test_every_column_of_an_inspection_is_documented_and_no_other() -> None:
    told = [name for row in table("quality", "column", "is") for name in codes(row[0])]
    assert sorted(told) == sorted(column.name for column in inspections.columns)


@pytest.mark.parametrize("row", table("quality", "n", "escapes are at most"), ids=lambda row: row[0])
def test_what_may_be_claimed_is_computed_and_rounded_to_the_safe_side(row: list[str]) -> None:
    bound = claim(int(row[0]), misses=0)
    assert float(row[1].removesuffix(" %")) == math.ceil(bound * 1000 - 1e-9) / 10


def test_the_figures_in_the_quality_pages_sentences_are_computed() -> None:
    text = " ".join(text_of("quality").split())
    share = clopper_pearson(3, 120)
    assert f"missing 3 of 120 is {share.value:.1%}".replace("%", " %") in text
    assert f"between {share.low:.1%} and {share.high:.1%}".replace("%", " %") in text
    rules = DEFAULT_RULES
    assert f"more than {rules.max_overkill_rise * 100:.0f} points more overkill" in text
    assert f"{rules.max_recheck_rise * 100:.0f} points more recheck" in text
    assert f"below {rules.min_defective} defective and {rules.min_good} good golden parts" in text
    assert rules.max_new_escapes == 0 and "none is allowed" in text
    assert GOLDEN_SHARE == 0.2 and "One part in five of each class" in text
    assert f"| {parts_needed(0.005)} | 0.5 % |" in text_of("quality")


def test_the_plug_ins_are_those_that_ship() -> None:
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    firsts = [row[0] for row in table("reference", "plug-in", "option") if row[0]]
    assert {codes(name)[0] for name in firsts if name.endswith("camera")} == set(shipped["inspector.cameras"])
    lines = {codes(name)[0] for name in firsts if name.endswith("line")}
    assert "The line `none` has no options" in text_of("reference")
    assert lines | {"none"} == set(shipped["inspector.lines"])
    assert "inspector.exporters" not in shipped and "no command uses it yet" in text_of("plugins")


def test_what_it_is_told_of_the_package_is_in_the_package() -> None:
    told = text_of("it")
    files = [*(ROOT / "installer").glob("*.sh"), *(ROOT / "installer" / "deb").iterdir()]
    installer = "".join(file.read_text(encoding="utf-8") for file in files)
    for fact in (
        "/opt/inspector-station",
        "/var/lib/inspector-station/workspace",
        "/etc/inspector-station/settings.toml",
        "2770",
        "umask 002",
        "usermod -aG inspector NAME",
    ):
        assert fact in told and fact in installer, fact
    assert "INSPECTOR_WORKSPACE" in told and "INSPECTOR_WORKSPACE" in installer


def test_what_it_is_told_of_the_set_up_is_true() -> None:
    told = text_of("it")
    oldest, newest = (".".join(map(str, version)) for version in (run.OLDEST, run.NEWEST))
    assert f"Python {oldest} to {newest} with venv" in told
    assert f"{run.FREE_GB} GB must be free" in told
    advice = run.explain("Network is unreachable") + run.explain("CERTIFICATE_VERIFY_FAILED")
    for variable in ("PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_CERT"):
        assert f"{variable}=" in told and f"{variable}=" in advice
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"inspector-station_{version}_amd64.deb" in told
    log = (ROOT / "gui" / "log.py").read_text(encoding="utf-8")
    assert "newest 1,000 lines" in told and re.search(r"^LINES = 1000$", log, re.M)


def glossary() -> list[list[str]]:
    return table("glossary", "term", "means", "not")


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    terms = [row[0].casefold() for row in glossary()]
    assert terms == sorted(set(terms))


def test_the_verdicts_are_in_the_glossary() -> None:
    assert {str(each) for each in Decision} <= {row[0].casefold() for row in glossary()}


def test_the_pages_avoid_the_words_that_the_glossary_avoids() -> None:
    avoided = [word.strip() for row in glossary() for word in row[2].split(",") if word.strip()]
    assert avoided
    used = [
        f"{page.name}: {word}"
        for page in PAGES
        if page.name != "glossary.md"
        for word in avoided
        if re.search(rf"\b{re.escape(word)}s?\b", prose(page.read_text(encoding="utf-8")), re.I)
    ]
    assert used == []
