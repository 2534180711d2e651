"""Studies: what each of them answers, how it is told in a terminal, and that it ends when asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.devices.render.light import Sensor
from inspector.domain import GOOD, Example
from inspector.errors import DatasetError, ModelError, TrainingError
from inspector.learning import comparison
from inspector.learning.runs import Progress
from inspector.learning.snapshot import take
from inspector.pictures import write_picture
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace
from inspector.studies import backbones, evaluated, imported, line, misjudged, variants, withstood
from inspector.studies.answer import Answer, Table
from inspector.studies.study import Advance, Here, Study
from tests.unit.comparison_stand_in import ABSENT
from tests.unit.learning_cards import RECIPE
from tests.unit.learning_rooms import brightness_model, open_room, picture, publish, teach
from tests.unit.watched_lines import Line, taught_room

TABLE = Table(("variant", "size"), (("int8", "2.95 MB"), ("float", "10.41 MB")), "What it could be")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_room(tmp_path) as opened:
        teach(opened, {kind: [f"{kind}-{number}" for number in range(6)] for kind in (GOOD, "dent")})
        yield opened


def stand_in(name: str, mode: str) -> tuple[str, ...]:
    return sys.executable, "-m", f"tests.unit.{name}_stand_in", mode


def run(study: Study) -> tuple[Answer, list[Progress]]:
    steps: list[Progress] = []
    return study.run(steps.append), steps


# An answer


def test_a_table_stands_under_its_heads() -> None:
    assert list(TABLE.lines()) == ["What it could be", "variant  size", "int8     2.95 MB", "float    10.41 MB"]


def test_in_a_terminal_the_first_sentence_is_the_last_line() -> None:
    answer = Answer(("it stays", "pruned is not to ship"), (TABLE, Table(("empty",), (), "Nothing")))
    assert list(answer.lines())[-2:] == ["pruned is not to ship", "it stays"]
    assert "Nothing" not in list(answer.lines())


# How a study runs


def counted(seen: list[int]) -> Here:
    def work(advance: Advance) -> Answer:
        for done in range(3):
            advance(done, 3)
            seen.append(done)
        return Answer(("done",))

    return Here("counting", work)


def test_a_study_here_tells_how_far_it_is() -> None:
    answer, steps = run(counted([]))
    assert answer.sentences == ("done",)
    assert steps == [Progress("counting", 0, 0), *(Progress("counting", done, 3) for done in range(3))]


def test_a_study_here_ends_at_its_next_step() -> None:
    seen: list[int] = []
    study = counted(seen)

    def stop(step: Progress) -> None:
        if step.done == 1:
            study.cancel()

    with pytest.raises(TrainingError, match="cancelled; nothing was changed"):
        study.run(stop)
    assert seen == [0, 1]


@pytest.mark.parametrize("study", [backbones.study, variants.study, withstood.study, misjudged.study, line.study])
def test_what_was_cancelled_before_it_ran_never_starts(workspace: Workspace, study: object) -> None:
    made = study(workspace, workspace.recipes.load(RECIPE))  # type: ignore[operator]
    made.cancel()
    with pytest.raises(TrainingError, match="cancelled"):
        made.run(lambda _step: None)
    assert not list(workspace.cache.glob("*/run-*"))


def test_a_process_is_ended_with_its_study(workspace: Workspace) -> None:
    study = backbones.study(workspace, workspace.recipes.load(RECIPE), stand_in("comparison", "hangs"))
    with pytest.raises(TrainingError, match="cancelled; nothing was changed"):
        study.run(lambda _step: study.cancel())
    assert comparison.last(workspace, RECIPE) is None


def given_up_on_the_way(study: Study, step: str) -> None:
    """As soon as it says this step."""
    with pytest.raises(TrainingError, match="cancelled"):
        study.run(lambda told: study.cancel() if told.step == step else None)


def test_a_comparison_is_given_up_while_pictures_are_still_held_against_each_other(workspace: Workspace) -> None:
    study = backbones.study(workspace, workspace.recipes.load(RECIPE), stand_in("comparison", "works"))
    given_up_on_the_way(study, "comparing")
    assert comparison.last(workspace, RECIPE) is None


def test_errors_are_given_up_while_pictures_are_read(tmp_path: Path) -> None:
    with judged_room(tmp_path) as room:
        given_up_on_the_way(misjudged.study(room, room.recipes.load(RECIPE)), "reading the scores")


def test_a_certificate_that_was_given_up_is_not_kept(tmp_path: Path) -> None:
    """Not even where everything was tried already."""
    with certified_room(tmp_path) as room:
        _, steps = run(withstood.study(room, room.recipes.load(RECIPE)))
        (kept,) = (room.path / "reports").rglob("robustness.json")
        kept.unlink()
        last, study = max(step.done for step in steps), withstood.study(room, room.recipes.load(RECIPE))
        with pytest.raises(TrainingError, match="cancelled"):
            study.run(lambda told: study.cancel() if told.done == last else None)
        assert not kept.exists()


# What they answer


def test_backbones_are_ranked_with_a_picture_to_open(workspace: Workspace) -> None:
    answer, steps = run(backbones.study(workspace, workspace.recipes.load(RECIPE), stand_in("comparison", "works")))
    assert steps[-1].step == "fast: probe"
    assert [row[0] for row in answer.tables[0].rows] == ["best", "fast"]
    assert answer.sentences[0].startswith("start from fast: ")
    assert answer.tables[1].rows[0] == ("vgg16", ABSENT["reason"])
    assert answer.file is not None and answer.file.read_bytes().startswith(b"<svg")


def test_variants_are_side_by_side_with_what_they_decide_otherwise(workspace: Workspace) -> None:
    published = publish(workspace, 1, snapshot_id=take(workspace, RECIPE).id)
    answer, _ = run(variants.study(workspace, workspace.recipes.load(RECIPE), stand_in("optimising", "qat-wins")))
    assert [row[0] for row in answer.tables[0].rows] == ["float", "dynamic", "int8", "qat", "pruned", "pruned"]
    assert f"is the qat variant of {published.card.id}" in answer.sentences[0]
    assert answer.pictures[0].words == "float: cap-1 (dent, golden): ng in float, ok here, to the worse"
    assert workspace.images.has(answer.pictures[0].digest)


def certified_room(tmp_path: Path) -> Workspace:
    room = open_room(tmp_path)
    teach(room, {GOOD: [f"g{n}" for n in range(5)], "dent": [f"b{n}" for n in range(5)]})
    room.ledger.add_golden(RECIPE, {f"g{n}": GOOD for n in range(3)} | {f"b{n}": "dent" for n in range(3)})
    publish(room, 1, brightness_model())
    return room


def test_a_certificate_says_each_end_and_is_kept(tmp_path: Path) -> None:
    with certified_room(tmp_path) as room:
        answer, steps = run(withstood.study(room, room.recipes.load(RECIPE)))
        assert list((room.path / "reports").rglob("robustness.json"))
    rows = {row[0]: row for row in answer.tables[0].rows}
    assert rows["light"][2:4] == ("-38", "a defect passes")
    assert rows["blur"][2:4] == ("–", "–")  # there is no less than none
    assert "each by itself" in answer.sentences[0]
    assert steps[-1].step == "certifying" and steps[-1].done > 0


def judged_room(tmp_path: Path) -> Workspace:
    """A model in use that misses a dent, rejects a good part, and is right about the rest."""
    opened = open_room(tmp_path)
    scores = {"g1": -4.0, "g2": -5.0, "g3": 6.0, "d1": 1.5, "d2": 4.0, "d3": -4.5}
    rows = []
    for seed, (part, score) in enumerate(scores.items()):
        word = GOOD if part[0] == "g" else "dent"
        digest = opened.images.put(picture(seed, 60 + 20 * seed))
        opened.ledger.add_examples(RECIPE, [Example(digest, word, part, lot="L1" if seed % 2 else "")])
        rows.append({"digest": digest, "part": part, "defect_class": word, "score": score, "leading_defect": "dent"})
    version = publish(opened, 1, results={"validation": rows})
    opened.recipes.save(Recipe(RECIPE, model_id=version.card.id, limits=Limits(1.0, 2.0)))
    return opened


def test_errors_are_listed_counted_by_kind_and_shown(tmp_path: Path) -> None:
    with judged_room(tmp_path) as room:
        answer, _ = run(misjudged.study(room, room.recipes.load(RECIPE)))
    tables = {table.title: table for table in answer.tables}
    assert answer.sentences[0] == "2 errors in 6 pictures of parts that the model never saw."
    assert [row[:3] for row in tables["Errors, the worst first"].rows] == [("d3", "dent", "ok"), ("g3", GOOD, "ng")]
    assert tables["By class"].rows == (("dent", "3", "33.3% of 3", "–"), (GOOD, "3", "–", "33.3% of 3"))
    assert [row[0] for row in tables["By lot"].rows] == ["not known", "L1"]
    assert {row[0]: row[1] for row in tables["By score"].rows}["less than 1 from a limit"] == "1"
    assert answer.pictures[1].words == "g3 is good, said ng"


def test_a_card_without_scores_is_said_so(workspace: Workspace) -> None:
    version = publish(workspace, 1)
    workspace.recipes.save(Recipe(RECIPE, model_id=version.card.id))
    answer, _ = run(misjudged.study(workspace, workspace.recipes.load(RECIPE)))
    assert "train again to have them" in answer.sentences[0]


def test_a_calm_line_and_one_whose_light_fell(tmp_path: Path) -> None:
    workspace, recipe = taught_room(tmp_path, parts=30)
    with workspace:
        production = Line(workspace, recipe)
        production.run(60, keep=False)
        calm, _ = run(line.study(workspace, recipe))
        assert "calm over the newest 60 parts" in calm.sentences[0]
        assert {row[1] for row in calm.tables[0].rows} == {"yes"}
        production.run(200, Sensor(light=0.75), keep=False)
        alarmed, _ = run(line.study(workspace, recipe))
        assert workspace.ledger.events(recipe=RECIPE) == [], "who asks sees it; the guard notes it"
    assert alarmed.sentences[0].startswith("ALARM light fell 2")
    assert ("light", "no") in [row[:2] for row in alarmed.tables[0].rows]


def folder_of(tmp_path: Path, *names: str) -> Path:
    """Pictures by class: the digit is how bright, and whose part."""
    folder = tmp_path / "pictures"
    for name in names:
        file = folder / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        write_picture(picture(int(name[-1]), 20 * int(name[-1])), file)
    return folder


def test_a_folder_is_evaluated_with_what_the_model_has_met(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "good/a1", "good/a2", "dent/b8", "dent/b9")
    with open_room(tmp_path) as room:
        teach(room, {kind: [f"{kind}-{number}" for number in range(4)] for kind in (GOOD, "dent")})
        digest = room.images.put(picture(8, 160))
        room.ledger.add_examples(RECIPE, [Example(digest, "dent", "known")])
        snapshot = take(room, RECIPE, golden_share=0.0)
        version = publish(room, 1, brightness_model(), snapshot_id=snapshot.id)
        room.recipes.save(Recipe(RECIPE, model_id=version.card.id))
        answer, steps = run(evaluated.study(room, room.recipes.load(RECIPE), folder))
    figures, met = answer.tables
    assert {row[0]: row[2] for row in figures.rows}["escapes"] == "2"
    (repeated,) = (row for row in met.rows if row[0].endswith("b8.png"))
    assert repeated[1:] == ("same pixels", "known")
    assert f"trained on {len(met.rows)} of these pictures" in answer.sentences[0]
    assert steps[-1].step == "evaluating"


def test_a_folder_is_taken_in_once_and_what_is_not_is_listed(workspace: Workspace, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "good/a1", "dent/b8")
    (folder / "dent" / "broken.png").write_bytes(b"")
    before = len(workspace.ledger.examples(RECIPE))
    answer, _ = run(imported.study(workspace, workspace.recipes.load(RECIPE), folder))
    assert answer.sentences[0].startswith("2 pictures of 2 parts imported")
    (row,) = answer.tables[0].rows
    assert "broken.png" in row[0]
    again, _ = run(imported.study(workspace, workspace.recipes.load(RECIPE), folder))
    assert "2 were imported before" in " ".join(again.sentences)
    assert len(workspace.ledger.examples(RECIPE)) == before + 2


def test_an_import_that_is_given_up_adds_nothing(workspace: Workspace, tmp_path: Path) -> None:
    before = list(workspace.ledger.examples(RECIPE))
    study = imported.study(workspace, workspace.recipes.load(RECIPE), folder_of(tmp_path, "good/a1", "dent/b8"))
    given_up_on_the_way(study, "importing")
    assert list(workspace.ledger.examples(RECIPE)) == before


def test_a_folder_without_pictures_is_answered_in_words(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DatasetError):
        imported.study(workspace, workspace.recipes.load(RECIPE), tmp_path / "none").run(lambda _step: None)


def test_nothing_can_be_evaluated_without_a_model(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model in use"):
        evaluated.study(workspace, workspace.recipes.load(RECIPE), tmp_path).run(lambda _step: None)


@pytest.mark.parametrize("study", [variants.study, withstood.study, misjudged.study, line.study])
def test_without_a_model_there_is_nothing_to_ask(workspace: Workspace, study: object) -> None:
    with pytest.raises(ModelError, match="no model"):
        study(workspace, workspace.recipes.load(RECIPE)).run(lambda _step: None)  # type: ignore[operator]
