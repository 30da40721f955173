"""What holds for the tree as a whole, read from its sources: arrows, sizes, imports, names."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {
    "cnn_rnn": ROOT / "src" / "cnn_rnn",
    "data_modules": ROOT / "data_modules",
    "benchmarks": ROOT / "benchmarks",
}
FORBIDDEN = {
    "cnn_rnn": {"data_modules", "benchmarks"},
    "data_modules": {"cnn_rnn", "benchmarks"},
    "benchmarks": set[str](),
}
MODULES = sorted(path for folder in PACKAGES.values() for path in folder.rglob("*.py"))
LONGEST_MODULE = 300
ALWAYS_THERE = sys.stdlib_module_names | set(PACKAGES)

# Slow to load, or not always installed: imported in the function that needs them.
HEAVY = {
    "altair",
    "captum",
    "gradio",
    "litdata",
    "matplotlib",
    "numba",
    "pandas",
    "pycocotools",
    "ray",
    "scipy",
    "sklearn",
    "timm",
    "transformers",
    "triton",
    "wandb",
}
# A module may exist for one of these: it has it at its top and is itself imported on first use.
COMPILERS = {"numba", "triton"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The name that a module of the project is imported by."""
    parts = relative(path).removeprefix("src/").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def statement_names(tree: ast.AST) -> Iterator[str]:
    """Dotted names in the import statements of `tree`, wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Those of the statements, and those given to importlib as constants."""
    yield from statement_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            first = node.args[0]
            if called in {"import_module", "__import__", "files"} and (
                isinstance(first, ast.Constant) and isinstance(first.value, str)
            ):
                yield first.value


def imported_on_load(tree: ast.Module) -> Iterator[str]:
    """Dotted names imported when the module itself is: outside functions and TYPE_CHECKING."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from statement_names(node)
        todo += list(ast.iter_child_nodes(node))


def top_levels(names: Iterator[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def distributions(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(requirement).name) for requirement in requirements}


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_are_where_these_tests_look(package: str) -> None:
    assert (PACKAGES[package] / "__init__.py").is_file()


def test_the_arrow_checker_sees_every_kind_of_import() -> None:
    source = """
import a.b
from c import d
def function():
    import e
    importlib.import_module("f.g")
class Class:
    from h import i
if TYPE_CHECKING:
    import j
"""
    tree = ast.parse(source)
    assert top_levels(imported_names(tree)) == {"a", "c", "e", "f", "h", "j"}
    assert top_levels(imported_on_load(tree)) == {"a", "c", "h"}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package: str) -> None:
    wrong = {
        relative(path): sorted(hit)
        for path in PACKAGES[package].rglob("*.py")
        if (hit := top_levels(imported_names(parse(path))) & FORBIDDEN[package])
    }
    assert not wrong


def test_imports_inside_the_project_are_absolute() -> None:
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert not wrong


def test_third_party_imports_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    always = distributions(project["dependencies"])
    extras = distributions(chain(*project["optional-dependencies"].values()))
    providers = packages_distributions()
    wrong = []
    for path in [*MODULES, *(ROOT / "tests").rglob("*.py")]:
        tree = parse(path)
        in_tests = path.is_relative_to(ROOT / "tests")
        at_once = set() if in_tests else top_levels(imported_on_load(tree))
        # torch brings triton where it runs at all.
        for name in top_levels(statement_names(tree)) - ALWAYS_THERE - {"triton"}:
            declared = always if name in at_once else always | extras
            if not distributions(providers.get(name, [name])) & declared:
                wrong.append(f"{relative(path)}: {name}")
    assert not wrong


@pytest.mark.parametrize("package", ["cnn_rnn", "data_modules"])
def test_heavy_libraries_are_imported_in_functions(package: str) -> None:
    wrong = {
        relative(path): sorted(found)
        for path in PACKAGES[package].rglob("*.py")
        if (found := top_levels(imported_on_load(parse(path))) & HEAVY - COMPILERS)
    }
    assert not wrong


def test_compiled_modules_are_themselves_imported_on_first_use() -> None:
    loads = {dotted(path): set(imported_on_load(parse(path))) for path in MODULES}
    compiled = {name for name, names in loads.items() if top_levels(iter(names)) & COMPILERS}
    assert compiled
    family = {name for name in loads if name.startswith("cnn_rnn.decoding.fused")}
    wrong = {
        name: sorted(names & (compiled | family))
        for name, names in loads.items()
        if name not in family and names & (compiled | family)
    }
    assert not wrong


def test_importing_cnn_rnn_loads_no_heavy_library() -> None:
    # What torch and Lightning load by themselves is theirs: only what comes on top counts.
    program = f"""
import sys
import lightning, numpy, torch, torchmetrics, torchvision
before = set(sys.modules)
import cnn_rnn, cnn_rnn.decoding, cnn_rnn.metrics, cnn_rnn.network, cnn_rnn.tasks
new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
assert "cnn_rnn" in new
print(*sorted(new & {HEAVY!r} | new & {{"data_modules", "benchmarks"}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


# ---- shape of the modules ----


def test_no_module_is_longer_than_allowed() -> None:
    sources = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]
    lengths = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources
    }
    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_every_module_says_what_it_is_for() -> None:
    sources = [*MODULES, *(ROOT / "scripts").rglob("*.py")]
    assert [relative(path) for path in sources if not ast.get_docstring(parse(path))] == []


def is_re_export(statement: ast.stmt) -> bool:
    """A docstring, an import, or a constant assigned to `__all__` or `__version__`.

    Imports may be put off until a name is asked for: they stand under TYPE_CHECKING and in
    `__getattr__`.
    """
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return True
    if isinstance(statement, ast.If):
        imports = all(isinstance(inner, ast.ImportFrom) for inner in statement.body)
        return ast.unparse(statement.test) == "TYPE_CHECKING" and imports
    if isinstance(statement, ast.FunctionDef):
        return statement.name == "__getattr__"
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Assign):
        names = {ast.unparse(target) for target in statement.targets}
        return names <= {"__all__", "__version__"}
    return False


def test_package_files_only_hand_names_on() -> None:
    wrong = [
        f"{relative(path)}:{statement.lineno}"
        for path in MODULES
        if path.name == "__init__.py"
        for statement in parse(path).body
        if not is_re_export(statement)
    ]
    assert not wrong


def test_public_names_are_sorted_and_complete() -> None:
    wrong = []
    for path in MODULES:
        bound: set[str] = set()
        public: list[str] | None = None
        body = parse(path).body
        body += [inner for node in body if isinstance(node, ast.If) for inner in node.body]
        for node in body:
            if isinstance(node, ast.ImportFrom):
                bound |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                public = ast.literal_eval(node.value)
        if public is not None and public != sorted(set(public)):
            wrong.append(f"{relative(path)}: __all__ is not sorted")
        # A package file hands on exactly what it imports, and says so.
        if path.name == "__init__.py" and bound - {"TYPE_CHECKING", "annotations"} != set(
            public or ()
        ):
            wrong.append(f"{relative(path)}: __all__ is not what is imported")
    assert not wrong
