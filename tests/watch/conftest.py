"""Property-based tests: the same examples each time, unless somebody goes looking for new ones."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("same", derandomize=True, max_examples=100, deadline=None, database=None)
# HYPOTHESIS_PROFILE=search pytest tests/watch: minutes of new examples.
settings.register_profile(
    "search", max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
