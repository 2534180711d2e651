"""Where a model is wrong on parts it never saw, among which pictures that gathers, and which labels may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspector.domain import ModelCard
from inspector.errors import ModelError
from inspector.learning.errors import Judged, Share, Suspect, judged, shares, suspects, terciles, worst
from inspector.metrics import Proportion
from inspector.recipe import Limits, Recipe
from inspector.store.workspace import Workspace
from inspector.studies.answer import Answer, Shown, Table
from inspector.studies.study import Advance, Here, Study

_LISTED = 100  # errors and suspects: whoever has more has another problem than these
_KINDS = {"by_class": "By class", "by_lot": "By lot", "by_brightness": "By brightness", "by_score": "By score"}


@dataclass(frozen=True, slots=True)
class Misjudged:
    """pictures: all that were scored by a model that had not seen their part. wrong, suspects: the worst first.

    kinds: by_class, by_lot, by_brightness and by_score (how far from the nearer limit, in log-odds), each with the
    share of errors of every value.
    """

    card: ModelCard
    pictures: Sequence[Judged]
    wrong: Sequence[Judged]
    suspects: Sequence[Suspect]
    kinds: Mapping[str, Mapping[str, Share]]


def study(workspace: Workspace, recipe: Recipe) -> Study:
    """Of the model in use."""

    def work(advance: Advance) -> Answer:
        return answer_of(gather(workspace, recipe, on_progress=advance))

    return Here("reading the scores", work)


def gather(
    workspace: Workspace, recipe: Recipe, wanted: str | None = None, on_progress: Advance | None = None
) -> Misjudged:
    """Of the version that is wanted, at its own limits, or of the one in use. on_progress counts pictures.

    Raises ModelError.
    """
    if not (wanted or recipe.model_id):
        raise ModelError(f"recipe {recipe.name}: there is no model in use; name one with --model")
    card = workspace.versions.load(recipe.name, wanted or recipe.model_id).card
    limits = Limits(card.recheck_limit, card.reject_limit) if wanted else recipe.limits
    pictures = judged(card, limits)
    lots = {example.digest: example.lot for example in workspace.ledger.examples(recipe.name)}
    light = terciles(_brightness(workspace, pictures, on_progress))
    kinds: dict[str, Callable[[Judged], str]] = {
        "by_class": lambda one: one.truth,
        "by_lot": lambda one: lots.get(one.digest, ""),
        "by_brightness": lambda one: light.get(one.digest, ""),
        "by_score": lambda one: _distance(one.score, limits),
    }
    found = {name: shares(pictures, kind) for name, kind in kinds.items()}
    return Misjudged(card, pictures, worst(pictures, limits), suspects(pictures), found)


def _brightness(workspace: Workspace, pictures: Sequence[Judged], on_progress: Advance | None) -> dict[str, float]:
    """Of those that are stored, by digest."""
    found = {}
    for done, one in enumerate(pictures, start=1):
        if workspace.images.has(one.digest):
            found[one.digest] = float(workspace.images.get(one.digest).mean())
        if on_progress:
            on_progress(done, len(pictures))
    return found


def _distance(score: float | None, limits: Limits) -> str:
    if score is None:
        return ""
    nearest = min(abs(score - limits.recheck), abs(score - limits.reject))
    return (
        "less than 1 from a limit"
        if nearest < 1
        else "1 to 3 from a limit"
        if nearest < 3
        else "more than 3 from a limit"
    )


def answer_of(found: Misjudged) -> Answer:
    if not found.pictures:
        return Answer(("This model's card holds no scores of parts it never saw; train again to have them.",))
    errors = tuple(_row(one) for one in found.wrong[:_LISTED])
    doubted = tuple((*_row(one.picture), one.looks_like) for one in found.suspects[:_LISTED])
    heads = ("part", "is", "said", "score")
    return Answer(
        (
            f"{len(found.wrong)} errors in {len(found.pictures)} pictures of parts that the model never saw.",
            f"{len(found.suspects)} labels that other parts speak against.",
        ),
        (
            Table(heads, errors, "Errors, the worst first"),
            *(_kind(title, found.kinds[name]) for name, title in _KINDS.items()),
            Table((*heads, "looks like"), doubted, "Labels to look at again"),
        ),
        tuple(_pictures(found)),
    )


def _kind(title: str, kind: Mapping[str, Share]) -> Table:
    return Table(("pictures of", "n", "escapes", "overkill"), tuple(_share(*each) for each in kind.items()), title)


def _row(one: Judged) -> tuple[str, ...]:
    return one.part, one.truth, str(one.decision), "–" if one.score is None else f"{one.score:.2f}"


def _share(value: str, share: Share) -> tuple[str, ...]:
    return value or "not known", str(share.pictures), _rate(share.escapes), _rate(share.overkill)


def _rate(rate: Proportion) -> str:
    return f"{rate.value:.1%} of {rate.n}" if rate.n else "–"


def _pictures(found: Misjudged) -> Iterator[Shown]:
    for one in found.wrong:
        yield Shown(one.digest, f"{one.part} is {one.truth}, said {one.decision}")
    for suspect in found.suspects:
        yield Shown(
            suspect.picture.digest, f"{suspect.picture.part}: is it {suspect.picture.truth} or {suspect.looks_like}?"
        )
