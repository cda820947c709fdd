"""Benchmarks: a ladder from nothing to a full SDK, always read as ratios; see README.md here."""
