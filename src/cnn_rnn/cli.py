"""The `lightning` command: answers what needs no torch at once, then hands over to LightningCLI.

Importing torch and Lightning takes seconds; `--version`, `--help`, a wrong subcommand and the
name of a config that is nowhere are answered before.
"""

import difflib
import importlib.metadata
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

SUBCOMMANDS = {
    "fit": "train, keep the best and the last checkpoint",
    "validate": "metrics of a checkpoint on the validation part",
    "test": "metrics of a checkpoint on the test part",
    "predict": "labels of the test images, or of any folder of photos, and a contact sheet",
    "features": "fill the feature cache of all splits and stop",
    "check": "what is wrong with the data: opens every image, trains nothing",
    "demo": "a page on this machine: drop a photo, see its labels step by step (no config)",
}
_CONFIG_OPTIONS = ("--config", "-c")


class CommandLineError(ValueError):
    """The command line cannot be right, and the message says why."""

    is_user_error = True


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line; the console scripts `lightning` and `cnn-rnn` call this.

    Args:
        argv: what follows the command's name; by default the process's own arguments.

    Returns:
        The exit status: 0, or 1 from `check` where data are broken, or 2 for a mistake that the
        message explains, or 130 when interrupted.

    Raises:
        SystemExit: from the argument parser, after --help, --print_config or a mistake.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_usage())
        return 0
    if arguments[0] == "--version":
        print(f"cnn-rnn {importlib.metadata.version('cnn-rnn')}")
        return 0
    try:
        if arguments[0] == "demo":
            from cnn_rnn.demo import open_page, parse

            options = parse(arguments[1:])
            print("loading the model ...", flush=True)
            page = open_page(options)
            print(f"the demo is at {page.url} (Ctrl+C ends it)", flush=True)
            page.wait()
            return 0
        arguments = _checked(arguments)
        if argv is None:  # processes that Lightning starts for more devices are given these too
            sys.argv[1:] = arguments
        if arguments[0] == "check":
            from cnn_rnn.check_cli import check

            report = check(arguments[1:])
            print(report.text())
            return report.exit_code
        from cnn_rnn.lightning_cli import run

        run(arguments)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # any kind may be the user's to mend; the others go on
        message = user_message(error)
        if message is None:
            raise
        print(f"error: {message}", file=sys.stderr)
        return 2
    return 0


def user_message(error: BaseException | None) -> str | None:
    """The message of an error that its reader can mend; None if it, and what caused it, is a bug.

    Such errors carry a true `is_user_error`.
    """
    while error is not None:
        if getattr(error, "is_user_error", False):
            return str(error)
        error = error.__cause__ or error.__context__
    return None


def packaged_configs() -> list[str]:
    """Names of the configs that come with the package, sorted."""
    folder = resources.files("cnn_rnn") / "configs"
    return sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))


def resolve_configs(arguments: Sequence[str]) -> list[str]:
    """Replaces the name of each --config by the path of a file.

    A name is a path (from the working folder), or names a packaged config, with or without .yaml.

    Raises:
        CommandLineError: no such file.
    """
    resolved = list(arguments)
    for position, prefix, name in _configs_in(arguments):
        resolved[position] = prefix + _resolve(name)
    return resolved


def _checked(arguments: list[str]) -> list[str]:
    command = arguments[0]
    if not command.startswith("-") and command not in SUBCOMMANDS:
        hint = _did_you_mean(command, list(SUBCOMMANDS))
        raise CommandLineError(f"no subcommand {command!r}: choose {_listed(SUBCOMMANDS)}{hint}")
    asks_for_help = any(a in ("-h", "--help") or a.startswith("--help") for a in arguments)
    needed = ("data",) if command == "check" else ("model", "data")
    names_all = all(any(a.startswith(f"--{part}") for a in arguments) for part in needed)
    names_all = names_all or any(a.split("=")[0] == "--photos" for a in arguments)
    if not (asks_for_help or names_all or any(_configs_in(arguments))):
        raise CommandLineError(
            f"say what to run: lightning {command} --config NAME, a file or one of "
            f"{_listed(packaged_configs())}"
        )
    return resolve_configs(arguments)


def _configs_in(arguments: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Each config: position of the argument with its name, what stands before the name, name."""
    for position, argument in enumerate(arguments):
        for option in _CONFIG_OPTIONS:
            if argument == option and position + 1 < len(arguments):
                yield position + 1, "", arguments[position + 1]
            elif argument.startswith(f"{option}="):
                yield position, f"{option}=", argument.removeprefix(f"{option}=")


def _resolve(name: str) -> str:
    if Path(name).is_file() or name.lstrip().startswith("{"):  # a config may be given as JSON
        return name
    known = packaged_configs()
    for packaged in (name, f"{name}.yaml"):
        if packaged in known:
            return str(resources.files("cnn_rnn") / "configs" / packaged)
    raise CommandLineError(
        f"no config {name!r} in {Path.cwd()}, nor among the packaged ones: {_listed(known)}"
        f"{_did_you_mean(name, known)}"
    )


def _did_you_mean(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _listed(names: Sequence[str] | dict[str, str]) -> str:
    return ", ".join(names)


def _usage() -> str:
    commands = "\n".join(f"  {name:<10}{what}" for name, what in SUBCOMMANDS.items())
    return f"""usage: lightning SUBCOMMAND --config NAME [--config NAME ...] [--KEY VALUE ...]

Subcommands (each has a --help of its own):
{commands}

Configs that come with the package: {_listed(packaged_configs())}
Any key of a config can be set behind it: lightning fit --config mini.yaml --trainer.max_epochs 3
See all keys with their values: lightning fit --config mini.yaml --print_config
A checkpoint alone predicts photos: lightning predict --photos FOLDER --ckpt_path best.ckpt"""


if __name__ == "__main__":
    sys.exit(main())
