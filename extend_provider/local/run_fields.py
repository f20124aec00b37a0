"""The keys of wire forms that several kinds of run share."""

from __future__ import annotations

ENDING = ("status", "failureReason", "failureMessage")
STAMPS = ("createdAt", "updatedAt")
SHORT_USAGE = "usage=usageWithoutBreakdown"
KEPT_FILE = "file=anyFile"
FORM_SUMMARY = ("file", *ENDING, "metrics", SHORT_USAGE, *STAMPS)
FORM_FIELDS = (KEPT_FILE, *ENDING, "config", "output", "metrics", "usage")
