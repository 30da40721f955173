"""`python -m benchmarks.speed NAME ...`: hands over to `main` of the benchmark of that name."""

import importlib
import sys

BENCHMARKS = ("data", "decoding", "training")


def main(arguments: list[str]) -> int:
    """Runs one benchmark.

    Returns:
        Exit status: 2 where there is no such benchmark.
    """
    if not arguments or arguments[0] not in BENCHMARKS:
        wanted = arguments and arguments[0] in ("-h", "--help")
        usage = f"usage: python -m benchmarks.speed {{{','.join(BENCHMARKS)}}} [options]"
        print(usage, file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    importlib.import_module(f"benchmarks.speed.{arguments[0]}").main(arguments[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
