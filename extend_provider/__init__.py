"""Apache Airflow provider for Extend, the document-processing API."""

from __future__ import annotations

__version__ = "0.1.0"
