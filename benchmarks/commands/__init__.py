"""The commands of `python -m benchmarks`: modules with `add(commands)`, and what they share."""
