"""One session at the screen: a workspace, one recipe, and a presenter for each thing that people do there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gui.bridge import Glance
from gui.session.adjusting import Adjusting
from gui.session.capturing import Capturing
from gui.session.depicting import Depicting
from gui.session.guarding import Guarding
from gui.session.labelling import Labelling
from gui.session.likening import Likening
from gui.session.operating import Operating
from gui.session.reporting import Reporting
from gui.session.reviewing import Reviewing
from gui.session.running import Run, Running
from gui.session.studying import Studying
from gui.session.suspecting import Suspecting
from gui.session.training import Training
from gui.session.trial import Trial
from gui.session.watching import Watching
from inspector.recipe import Recipe
from inspector.store.workspace import Workspace


class Session(QObject):
    """Owns the presenters and closes them. `failed` (InspectorError) is any fault of theirs, `recipe_changed` (Recipe).

    The workspace is the caller's, who closes it after the session.
    """

    failed = Signal(object)
    recipe_changed = Signal(object)

    def __init__(self, workspace: Workspace, recipe: Recipe, run: Run | None = None) -> None:
        super().__init__()
        self.workspace = workspace
        self.recipe = recipe
        self.running = Running(workspace, recipe, run)
        self.guarding = Guarding(workspace, self.running)
        self.depicting = Depicting(workspace, recipe)
        self.labelling = Labelling(workspace, recipe, self.running.bridge.watch)
        self.reviewing = Reviewing(workspace, recipe.name)
        self.likening = Likening(workspace, recipe)
        self.adjusting = Adjusting(workspace, recipe)
        self.capturing = Capturing(workspace, recipe)
        self.suspecting = Suspecting(workspace, recipe)
        self.training = Training(workspace, recipe)
        self.operating = Operating(workspace, recipe)
        self.trial = Trial(workspace, recipe.name)
        self.reporting = Reporting(workspace, recipe.name)
        self.studying = Studying(workspace, recipe)
        for presenter in (
            self.running,
            self.labelling,
            self.reviewing,
            self.adjusting,
            self.capturing,
            self.suspecting,
            self.training,
            self.operating,
            self.trial,
            self.reporting,
            self.studying,
        ):
            presenter.failed.connect(self.failed)
        self.watching = Watching(self.labelling)
        self.running.glanced.connect(self._glance)
        self.guarding.looked.connect(self.running.look_for_alarm)

    def use(self, recipe: Recipe) -> None:
        """Everybody works with this recipe from now on."""
        self.recipe = recipe
        self.running.change(recipe)
        self.depicting.change(recipe)
        self.adjusting.change(recipe)
        self.capturing.change(recipe)
        self.suspecting.change(recipe)
        self.training.change(recipe)
        self.operating.change(recipe)
        self.studying.change(recipe)
        self.reviewing.forget_model()
        self.likening.change(recipe)
        self.recipe_changed.emit(recipe)

    def show_good_parts(self) -> None:
        """Show good parts to the camera, which the live picture gives back for it."""
        self.adjusting.preview.stop()
        self.capturing.start()

    def close(self) -> None:
        """Stop the line, finish what is being written, end every thread."""
        self.running.close()
        for presenter in (
            self.studying,
            self.guarding,
            self.reporting,
            self.trial,
            self.operating,
            self.training,
            self.suspecting,
            self.capturing,
            self.adjusting,
            self.labelling,
            self.likening,
            self.reviewing,
            self.depicting,
        ):
            presenter.close()

    def _glance(self, glance: Glance) -> None:
        if glance.durable:
            self.labelling.now_durable(glance.durable)
        self.watching.look(glance)
