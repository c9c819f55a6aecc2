"""This company's linkage model, trained on the people that have landed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from cartera import clock, publications
from cartera.arrows.building import Build, candidate_folder, stage
from cartera.arrows.inputs import freeze
from cartera.duck import storage_errors
from cartera.errors import RefusedByData
from cartera.lock import hold
from cartera.settings import Settings


@dataclass(frozen=True)
class TrainReport:
    """The model that the next build links with, and what it changes."""

    model: str
    model_before: str
    has_families: bool
    source_records: int
    records_that_move: int


@storage_errors("the training")
def train_model(
    settings: Settings,
    *,
    as_of: date | None = None,
    at_most: float | None = None,
    wait: float | None = None,
    progress: Callable[[str], None] | None = None,
) -> TrainReport:
    """Train on all people that have landed, without labels, for the next build to link with.

    ``at_most`` is the share of records that the new model may put with other customers: a model
    that is trained by itself every week is not to turn the base over in a night. Publishes
    nothing. Raises RefusedByData if nothing has landed or more would move; LockBusy.
    """
    from cartera.identity.link import link
    from cartera.identity.model import load_model, save_model
    from cartera.identity.reconcile import records_that_moved
    from cartera.identity.standardise import standardise
    from cartera.identity.training import train

    tell = progress or (lambda line: None)
    with hold(settings, "build", wait=wait) as lock:
        inputs = freeze(settings, as_of or clock.last_midnight(settings.business_timezone))
        started = clock.now()
        name = publications.new_id(started, inputs.hash)
        with candidate_folder(settings, name) as folder:
            build = Build(settings, name, inputs, folder, started, lock, tell)
            stage(build)
            with build.files("work", write=("work",)) as connection:
                standardise(connection, settings.default_country)
                shipped, before = load_model(), load_model(settings.state)
                link(connection, before)
                connection.execute("create temp table before as from work.identity.clusters")
                if before.key != shipped.key:
                    # From the anchors, each time: trained on what was trained, it would drift.
                    link(connection, shipped)
                tell("records linked by the shipped model")
                model = train(connection, shipped)
                link(connection, model)
                tell(f"records linked by the new model, {model.key}")
                records = connection.execute("select count(*) from before").fetchall()[0][0]
                moved = records_that_moved(connection, "before")
        if at_most is not None and moved > at_most * records:
            raise RefusedByData(
                f"The trained model would put {moved:,} of {records:,} source records with other "
                f"customers, more than {at_most:.1%}. The model stays as it is.",
                fix="If that is meant, as after a new source came, run `cartera identity train`.",
            )
        save_model(settings.state, model)
    return TrainReport(model.key, before.key, model.has_families, records, moved)
