"""The pages, in the order of the menu: the one place that lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from cartera.desk.roles import EVERYBODY, WORKERS, Role

if TYPE_CHECKING:
    from cartera.desk.desk import Desk


@dataclass(frozen=True)
class Page:
    """``name`` is the module, the address and the file of words; ``icon`` a Material symbol."""

    name: str
    icon: str
    roles: frozenset[Role] = EVERYBODY

    @property
    def show(self) -> Callable[[Desk], None]:
        """What draws it. Loaded when somebody opens it: Streamlit is an extra."""
        shown: Callable[[Desk], None] = import_module(f"{__name__}.{self.name}").show
        return shown


PAGES = (
    Page("overview", "monitoring"),
    Page("segments", "donut_small"),
    Page("campaigns", "campaign"),
    Page("retention", "autorenew"),
    Page("service", "support_agent"),
    Page("customers", "person_search", WORKERS),
    Page("lists", "checklist", WORKERS),
    Page("quality", "verified", WORKERS),
)


def pages_of(role: Role) -> tuple[Page, ...]:
    """The pages that ``role`` may open; the others have no address."""
    return tuple(page for page in PAGES if role in page.roles)
