"""What is remembered of each inspection, each label and each event: appended, never changed, durable on return."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, tuple_
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from inspector.domain import UNNAMED, WITHDRAWN, Decision, Example, FrameStatus, Label, Origin, Part, Record
from inspector.errors import StoreError
from inspector.regions import check
from inspector.store.database import connection, rows
from inspector.store.database.rows import Event
from inspector.store.database.schema import events, examples, golden, inspections, labels, shadows
from inspector.store.entry import Entry, Note, Shadow

__all__ = ["Event", "Ledger"]

_FIRST_SEAL = ""


def _now() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """One SQLite file. Every method may be called from any thread; each write is one transaction.

    Raises StoreError for the world's faults: full, read-only or damaged disk, a ledger locked for too long, a
    ledger that is newer than this program.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime] = _now, busy_timeout_s: float = 5.0) -> None:
        self.path = path
        self._clock = clock
        self._engine = connection.connect(path, busy_timeout_s)
        self._for_writing = connection.for_writing(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with connection.plainly(self.path), self._engine.begin() as opened:
            yield opened

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with connection.plainly(self.path), self._for_writing.begin() as opened:
            yield opened

    def append(self, entries: Sequence[Entry], notes: Sequence[Note] = (), challenged: Sequence[Shadow] = ()) -> None:
        """Write all of it in one durable transaction; the pictures have to be durable already.

        challenged: a challenger's words on inspections that are in the ledger or among the entries; on any other they
        are left out, since no word of a challenger may stop a line.
        """
        new = [rows.entry_row(entry) for entry in entries]
        with self._writing() as opened:
            if notes:
                opened.execute(insert(events), [rows.note_row(note) for note in notes])
            if new:
                seal = opened.scalar(select(inspections.c.seal).order_by(inspections.c.number.desc()).limit(1))
                for row in new:
                    seal = row["seal"] = rows.seal(seal or _FIRST_SEAL, row)
                opened.execute(insert(inspections), new)
            if challenged:
                wanted = inspections.c.id.in_([shadow.inspection_id for shadow in challenged])
                known = set(opened.scalars(select(inspections.c.id).where(wanted)))
                heard = [rows.shadow_row(shadow) for shadow in challenged if shadow.inspection_id in known]
                if heard:
                    opened.execute(insert(shadows), heard)

    def add_label(self, label: Label) -> None:
        """Raises StoreError where there is no such inspection, DatasetError for a region that marks nothing."""
        check(label.regions)
        with self._writing() as opened:
            try:
                opened.execute(insert(labels), rows.label_row(label))
            except IntegrityError as error:
                if getattr(error.orig, "sqlite_errorcode", 0) != sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
                    raise
                raise self._unknown(label.inspection_id) from error

    def add_examples(self, recipe: str, new: Sequence[Example]) -> None:
        """Remember pictures to learn from; one that is there already takes the newer word."""
        statement = sqlite.insert(examples)
        changed = {column.name: statement.excluded[column.name] for column in examples.c if not column.primary_key}
        with self._writing() as opened:
            if new:
                opened.execute(
                    statement.on_conflict_do_update(index_elements=["recipe", "digest"], set_=changed),
                    [rows.example_row(recipe, example) for example in new],
                )

    def add_golden(self, recipe: str, parts: Mapping[str, str]) -> None:
        """Make parts (group to defect class) golden for ever; one that is golden already keeps its class."""
        with self._writing() as opened:
            if parts:
                opened.execute(
                    sqlite.insert(golden).on_conflict_do_nothing(),
                    [{"recipe": recipe, "part": part, "defect_class": word} for part, word in parts.items()],
                )

    def log_event(self, kind: str, recipe: str | None, detail: Mapping[str, Any]) -> None:
        """Note what happened beside the inspections; `detail` holds JSON values."""
        self.append((), [Note(self._clock(), kind, recipe, dict(detail))])

    def record(self, inspection_id: str) -> Record:
        """Raises StoreError where there is no such inspection."""
        with self._reading() as opened:
            found = _records(opened, select(inspections).where(inspections.c.id == inspection_id))
        if not found:
            raise self._unknown(inspection_id)
        return found[0]

    def records(
        self,
        recipe: str | None = None,
        decision: Decision | None = None,
        labelled: bool | None = None,
        before: str | None = None,
        limit: int | None = 100,
        newest_first: bool = True,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        serial: str | None = None,
    ) -> list[Record]:
        """Inspections in the order they were made, or backwards, with their labels.

        labelled: whether a person's word on them stands. before: the id of an inspection; only older ones are given,
        to page backwards. since, until: when the part was inspected, the first included, the second not.
        """
        number = inspections.c.number
        conditions = _conditions(recipe=recipe, decision=decision, serial=serial, since=since, until=until)
        if labelled is not None:
            has_word = inspections.c.id.in_(_words().with_only_columns(labels.c.inspection_id))
            conditions.append(has_word if labelled else ~has_word)
        if before is not None:
            conditions.append(number < select(number).where(inspections.c.id == before).scalar_subquery())
        order = number.desc() if newest_first else number.asc()
        with self._reading() as opened:
            return _records(opened, select(inspections).where(*conditions).order_by(order).limit(limit))

    def counts(
        self, recipe: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> dict[Decision, int]:
        """How often each decision was made; every decision is a key."""
        decision = inspections.c.decision
        query = select(decision, func.count()).where(*_conditions(recipe=recipe, since=since, until=until))
        with self._reading() as opened:
            found = {word: number for word, number in opened.execute(query.group_by(decision))}
        return {each: found.get(str(each), 0) for each in Decision}

    def examples(self, recipe: str, every: bool = False) -> list[Example]:
        """What there is to learn from: one Example for each picture, imported or labelled.

        A person's label on a record counts before an import's word, the latest label before earlier ones; a picture
        with an unnamed defect is left out, and an import whose word was withdrawn. The part stays the first one known:
        the same pixels show the same part, whatever serial they were inspected under. An import's mask stays where the
        label marks no region of its own.
        """
        found: dict[str, Example] = {}
        with self._reading() as opened:
            imported = select(examples).where(examples.c.recipe == recipe).order_by(examples.c.digest)
            for row in opened.execute(imported).mappings():
                found[row["digest"]] = rows.example(row)
            for row in opened.execute(_labelled_pictures(recipe)).mappings():
                part = Part(row["serial"], row["lot"]).group
                known = found.get(row["frame_digest"]) or Example(row["frame_digest"], "", part, row["lot"])
                found[known.digest] = replace(
                    known,
                    defect_class=row["word"],
                    origin=Origin.LABELLED,
                    source=row["id"],
                    regions=rows.regions(row["regions"]),
                )
        return [one for one in found.values() if every or one.defect_class not in {UNNAMED, WITHDRAWN}]

    def golden(self, recipe: str) -> dict[str, str]:
        """The golden parts (group to defect class), never trained on."""
        query = select(golden.c.part, golden.c.defect_class).where(golden.c.recipe == recipe)
        with self._reading() as opened:
            return {part: word for part, word in opened.execute(query)}

    def shadows(
        self, recipe_ids: Collection[str], model_id: str, limit: int | None = None
    ) -> list[tuple[Record, Shadow]]:
        """What was said and what a challenger would have said, the newest first, under recipes of these ids.

        Of each part on which they differ in any picture: all its pictures that both have judged.
        """
        inspected = inspections.c
        both = _challenged(recipe_ids, model_id)
        differing = both.with_only_columns(inspected.serial, inspected.lot).where(
            inspected.decision != shadows.c.decision
        )
        query = both.where(tuple_(inspected.serial, inspected.lot).in_(differing))
        query = query.order_by(inspected.number.desc()).limit(limit)
        with self._reading() as opened:
            words = query.with_only_columns(*shadows.c)
            said = {row["inspection_id"]: rows.shadow(row) for row in opened.execute(words).mappings()}
            records = _records(opened, query.with_only_columns(*inspected))
        return [(record, said[record.inspection.id]) for record in records]

    def shadow_counts(self, recipe_ids: Collection[str], model_id: str) -> dict[tuple[Decision, Decision], int]:
        """How often (what was said, what the challenger would have said) occurred under recipes of these ids."""
        pair = (inspections.c.decision, shadows.c.decision)
        query = _challenged(recipe_ids, model_id).with_only_columns(*pair, func.count()).group_by(*pair)
        with self._reading() as opened:
            return {(Decision(was), Decision(would)): number for was, would, number in opened.execute(query)}

    def events(self, kind: str | None = None, recipe: str | None = None, limit: int | None = 100) -> list[Event]:
        """What happened, the newest first."""
        query = select(events).order_by(events.c.number.desc()).limit(limit)
        if kind is not None:
            query = query.where(events.c.kind == kind)
        if recipe is not None:
            query = query.where(events.c.recipe == recipe)
        with self._reading() as opened:
            return [rows.event(row) for row in opened.execute(query).mappings()]

    def pictures(self) -> set[str]:
        """The digest of every picture that an inspection or an example needs."""
        needed = (
            select(inspections.c.frame_digest).where(inspections.c.picture_kept),
            select(examples.c.digest),
            select(examples.c.mask_digest).where(examples.c.mask_digest.is_not(None)),
        )
        with self._reading() as opened:
            return {digest for query in needed for digest in opened.scalars(query)}

    def verify(self) -> str | None:
        """The id of the first inspection that is not as it was written, or that follows a removed one; else None."""
        seal = _FIRST_SEAL
        query = select(inspections).order_by(inspections.c.number)
        with self._reading() as opened:
            for row in opened.execution_options(yield_per=1000).execute(query).mappings():
                seal = rows.seal(seal, dict(row))
                if seal != row["seal"]:
                    return str(row["id"])
        return None

    def _unknown(self, inspection_id: str) -> StoreError:
        return StoreError(f"{self.path}: there is no inspection {inspection_id!r}; check the id, and the workspace")


def _conditions(
    recipe: str | None = None,
    decision: Decision | None = None,
    serial: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ColumnElement[bool]]:
    wanted = {"recipe": recipe, "decision": decision, "serial": serial}
    conditions = [inspections.c[name] == str(value) for name, value in wanted.items() if value is not None]
    if since is not None:
        conditions.append(inspections.c.inspected_at >= rows.moment_text(since))
    if until is not None:
        conditions.append(inspections.c.inspected_at < rows.moment_text(until))
    return conditions


def _records(opened: Connection, query: Select[Any]) -> list[Record]:
    wanted = query.with_only_columns(inspections.c.id).scalar_subquery()
    given: dict[str, list[Label]] = {}
    for row in opened.execute(
        select(labels).where(labels.c.inspection_id.in_(wanted)).order_by(labels.c.number)
    ).mappings():
        given.setdefault(row["inspection_id"], []).append(rows.label(row))
    return [rows.record(row, given.get(row["id"], ())) for row in opened.execute(query).mappings()]


def _challenged(recipe_ids: Collection[str], model_id: str) -> Select[Any]:
    return (
        select(inspections, shadows)
        .join(shadows, shadows.c.inspection_id == inspections.c.id)
        .where(inspections.c.recipe_id.in_(recipe_ids), shadows.c.model_id == model_id)
    )


def _words() -> Select[Any]:
    """The label that stands on each inspection: the latest, unless it takes the one before back."""
    latest = select(func.max(labels.c.number)).group_by(labels.c.inspection_id)
    return select(labels).where(labels.c.number.in_(latest), labels.c.defect_class != WITHDRAWN)


def _labelled_pictures(recipe: str) -> Select[Any]:
    """The word that stands on each kept, whole picture, in the order they were given."""
    seen = (inspections.c.id, inspections.c.serial, inspections.c.lot, inspections.c.frame_digest)
    return (
        _words()
        .with_only_columns(*seen, labels.c.defect_class.label("word"), labels.c.regions)
        .join(inspections, labels.c.inspection_id == inspections.c.id)
        .where(
            inspections.c.recipe == recipe,
            inspections.c.picture_kept,
            inspections.c.frame_status == str(FrameStatus.OK),
            inspections.c.decision != str(Decision.UNFIT),  # too dark to judge is too dark to learn from
        )
        .order_by(labels.c.number)
    )
