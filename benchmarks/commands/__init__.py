"""The commands of `python -m benchmarks`: each module but `common` has `add(commands)`."""
