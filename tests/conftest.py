"""Settings every test shares."""

import pytest
from hypothesis import HealthCheck, settings

# Shared machines stall: a deadline per example would test the neighbours, not the code.
settings.register_profile("orview", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("orview")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name bytes by their argument: every worker must collect the same names, and packed bytes carry the time."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several workers, begin with the files that take long: no core is to wait for the other's last file."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)
