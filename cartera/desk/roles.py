"""Who may do what at the desk: a role has rights, and a page names the roles that see it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """From the fewest rights to the most."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    MARKETER = "marketer"
    ADMIN = "admin"

    @property
    def sees_contact_data(self) -> bool:
        """Names, addresses, why records are one person; their lists carry them too."""
        return self in (Role.MARKETER, Role.ADMIN)

    @property
    def pulls_lists(self) -> bool:
        """A pull is contact data on disk, and counts for caps."""
        return self.sees_contact_data


EVERYBODY = frozenset(Role)
# Who works with single customers and with the data; a viewer sees sums alone.
WORKERS = EVERYBODY - {Role.VIEWER}


@dataclass(frozen=True)
class Person:
    """Who is logged in: ``name`` is what the access log calls them."""

    name: str
    role: Role
