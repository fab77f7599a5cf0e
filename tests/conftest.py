"""Settings every test shares."""

from hypothesis import HealthCheck, settings

# Shared machines stall: a deadline per example would test the neighbours, not the code.
settings.register_profile("orview", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("orview")
