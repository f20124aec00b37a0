"""
Python runs this in every process of the Airflow that is photographed: the regions are local services there.

They stand in ``EXTEND_REGIONS``, a JSON object of region to base URL.
"""

from __future__ import annotations

import json
import os

from extend_provider.client import REGIONS

REGIONS.update(json.loads(os.environ["EXTEND_REGIONS"]))
