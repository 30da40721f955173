"""The benchmark suite: rows and seeds to tables."""
