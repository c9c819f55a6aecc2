"""What these tests share with others."""

from tests.activation.conftest import published
from tests.cartera.conftest import run

__all__ = ["published", "run"]
