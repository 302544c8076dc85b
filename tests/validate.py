#!/usr/bin/env python3
"""Machine formats against the schemas of those who read them: OSCAL's (NIST), JUnit's (Jenkins), our own of JSON reports.

    validate.py PROGRAM CACHE    validates; needs the packages jsonschema and xmlschema
    validate.py fetch CACHE      fetches the schemas from the packages that carry them, once

No schema is kept in the repository. NIST's come with the package `oscal` 2.0.0, in a database; Jenkins' stands among the
tests in the source package of `pytest`. GitLab's schemas are in no package that can be had; unit tests hold the fields
that GitLab's documentation asks for.
"""
import io
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/perf"))
import generate_history  # noqa: E402
OSCAL = {"oscal": "assessment-results", "oscal-component": "component-definition"}
OSCAL_VERSION = "v1.1.2"  # what reporters/oscal_parts.h says


def package(cache, name, *options):
    """The one file that pip downloads for a package."""
    folder = cache / name.split("==")[0]
    if not folder.exists() or not any(folder.iterdir()):
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--dest", str(folder), *options, name], check=True)
    return next(folder.iterdir())


def fetch(cache):
    cache.mkdir(parents=True, exist_ok=True)
    if not all((cache / f"{model}.json").exists() for model in OSCAL.values()):
        with zipfile.ZipFile(package(cache, "oscal==2.0.0")) as wheel, tempfile.TemporaryDirectory() as folder:
            inner = zipfile.ZipFile(io.BytesIO(wheel.read("oscal/data/oscal_support.zip")))
            database = sqlite3.connect(inner.extract(inner.namelist()[0], folder))
            for model in OSCAL.values():
                (content,) = database.execute(
                    "select f.content from oscal_support s join filecache f on f.uuid = s.filecache_uuid "
                    "where s.version = ? and s.model = ? and s.type = 'json-schema'", (OSCAL_VERSION, model)).fetchone()
                text = content.decode() if isinstance(content, bytes) else content
                # Python's regular expressions know no classes of Unicode's.
                text = text.replace("\\\\p{L}", "[^\\\\W\\\\d_]").replace("\\\\p{N}", "\\\\d")
                (cache / f"{model}.json").write_text(text)
            database.close()
    if not (cache / "junit.xsd").exists():
        with tarfile.open(package(cache, "pytest==8.3.4", "--no-binary", ":all:")) as source:
            member = next(item for item in source.getmembers() if item.name.endswith("junit-10.xsd"))
            (cache / "junit.xsd").write_bytes(source.extractfile(member).read())


def reports(program, folder):
    """Each report to be validated: what it is of, its format, its text."""
    # Outside of this repository, whose top would be the case's.
    case = folder / "case"
    shutil.copytree(ROOT / "fixtures/reports/case", case)
    trees = {"the common case": (case, ["scan", ".", "--history", "history.json", "--baseline", ".plumbline/baseline.json"])}
    terragoat = ROOT.parent / "shared/corpora/terragoat"
    if terragoat.is_dir():
        trees["terragoat"] = (terragoat, ["scan", "."])
    for name, (top, arguments) in trees.items():
        for extra in ([], ["--include-passed"], ["--framework", "*"], ["--framework", "cmmc_2_0:level-1"]):
            for format_name in ("oscal", "oscal-component", "json", "junit"):
                run = subprocess.run([program, *arguments, *extra, "--fail-on", "never", "-q", "--format", format_name],
                                     capture_output=True, cwd=top)
                if run.returncode not in (0, 2):
                    raise SystemExit(f"{name}, {format_name}: exit code {run.returncode}\n{run.stderr.decode()}")
                yield f"{format_name} of {name} {' '.join(extra)}".strip(), format_name, run.stdout
    # An audit's results: each change a record, the guardrails of every commit, a credential in the history.
    repository = folder / "history.git"
    generate_history.infrastructure(str(repository), 40, 8, 4)
    period = ["--from", "2025-01-01", "--to", "2025-01-31"]
    for extra in (period, [*period, "--at", "2025-01-01"], [*period, "--framework", "*"], ["--only", "secrets"]):
        run = subprocess.run([program, "audit", str(repository), *extra, "--fail-on", "never", "-q", "--format", "oscal"],
                             capture_output=True, cwd=folder)
        if run.returncode not in (0, 2):
            raise SystemExit(f"audit {extra}: exit code {run.returncode}\n{run.stderr.decode()}")
        yield f"oscal of an audit {' '.join(extra)}", "oscal", run.stdout
    for part in ("*", "fedramp-moderate"):
        run = subprocess.run([program, "frameworks", "coverage", part, "--format", "oscal"], capture_output=True, cwd=ROOT)
        yield f"component definition of {part}", "oscal-component", run.stdout


def main():
    if sys.argv[1] == "fetch":
        fetch(pathlib.Path(sys.argv[2]))
        return 0
    import jsonschema
    import xmlschema
    program, cache = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2])
    schemas = {name: json.loads((cache / f"{model}.json").read_text()) for name, model in OSCAL.items()}
    schemas["json"] = json.loads((ROOT / "reporters/report.schema.json").read_text())
    validators = {name: jsonschema.validators.validator_for(schema)(schema) for name, schema in schemas.items()}
    junit = xmlschema.XMLSchema(str(cache / "junit.xsd"))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        texts = list(reports(program, pathlib.Path(folder)))
    for name, format_name, text in texts:
        if format_name == "junit":
            faults = [f"{error.path}: {error.reason}" for error in junit.iter_errors(io.BytesIO(text))]
        else:
            faults = ["/".join(map(str, error.absolute_path)) + ": " + error.message[:300]
                      for error in validators[format_name].iter_errors(json.loads(text))]
        if faults:
            failed += 1
            print(f"INVALID: {name}")
            for fault in faults[:10]:
                print("  " + fault)
        else:
            passed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
