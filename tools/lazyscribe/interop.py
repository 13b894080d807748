"""The Python half of the check that heddle and lazyscribe read each other's files. The other half is interop.ts, which runs it.

It needs lazyscribe; with lazyscribe-yaml and lazyscribe-arrow it checks more. Each command works in a folder, and prints what
it found as JSON:

    python3 interop.py about           # which packages there are
    python3 interop.py write FOLDER    # writes a project, a repository and its releases
    python3 interop.py read FOLDER     # reads what is there, and writes it again in memory
    python3 interop.py edit FOLDER     # changes what is there, and saves it
"""

import json
import math
import os
import sys
from datetime import datetime
from importlib.metadata import entry_points, version

from lazyscribe import Project, Repository
from lazyscribe import release as releases


def has(alias):
    return any(entry.name == alias for entry in entry_points(group="lazyscribe.artifact_type"))


def about():
    aliases = sorted(entry.name for entry in entry_points(group="lazyscribe.artifact_type"))
    return {"lazyscribe": version("lazyscribe"), "python": sys.version.split()[0], "handlers": aliases}


def write():
    """Writes what is hard to read: numbers, texts, versions, tests, a dependency."""
    upstream = Project("upstream.json", mode="w", author="ada")
    with upstream.log("Set features") as exp:
        exp.log_artifact("features", ["age", "größe"], handler="json")
    upstream.save()

    project = Project("project.json", mode="w", author="ada")
    with project.log("Base performance") as exp:
        exp.log_metric("auc", 1.0)
        exp.log_metric("tiny", 1e-07)
        exp.log_metric("large", 1e22)
        exp.log_metric("count", 2**60 + 1)
        exp.log_metric("folds", [0.1, 0.2, 1.0])
        exp.log_parameter("text", "naïve – 日本語 🚀 \u2028 \x7f \\ \"")
        exp.log_parameter("nested", {"10": [None, True, {}], "9": [], "Ü": -0.0})
        exp.log_parameter("none", None)
        exp.tag("baseline", "v1")
        exp.dependencies[upstream["set-features"].short_slug] = upstream["set-features"]
        exp.log_artifact("config", {"b": [1, 1.5, None], "a": "é"}, handler="json")
        exp.log_artifact("laid out", {"b": 1, "a": 2}, handler="json", indent=2, sort_keys=True)
        # The library makes the folder of the experiment only.
        os.makedirs(exp.path / "sub")
        exp.log_artifact("in a folder", "x", handler="json", fname="sub/x.json")
        exp.log_artifact("model", {"weights": [1, 2]}, handler="pickle")
        with exp.log_test("Only the young", description="under 30") as test:
            test.log_metric("auc", 0.5)
            test.log_parameter("most", 30)
            test.log_artifact("confusion", {"tp": 10}, handler="json")
        if has("yaml"):
            value = {"lr": 0.1, "tiny": 1e-07, "yes": "no", "layers": [64, 32], "time": "12:30", "none": None}
            exp.log_artifact("net", value, handler="yaml")
        if has("csv") and has("parquet"):
            import pyarrow

            table = pyarrow.table({"name": ["a", "b,\"c\""], "n": [1, 2], "x": [0.5, 1.0], "ok": [True, False]})
            exp.log_artifact("rows", table, handler="csv")
            exp.log_artifact("columns", table, handler="parquet")
    with project.log("It's 50% done, 3,14 日本語") as exp:
        exp.log_metric("nan", math.nan)
        exp.log_metric("inf", -math.inf)
    project.save()

    repository = Repository("repository.json", mode="w")
    for value in (["a"], ["a", "b"], ["a", "b", "c"]):
        repository.log_artifact("features", value, handler="json", indent=1)
        latest = repository.artifacts[-1]
        # A day for each version: the library itself would write them all into the file of one second.
        latest.created_at = datetime(2020, 4, 1 + latest.version)
        latest.fname = f"features-{latest.created_at:%Y%m%d%H%M%S}.json"
    repository.set_artifact_expiry("features", version=2, expiry="2020-04-05T00:00:00")
    repository.log_artifact("My Model", {"w": 1}, handler="pickle")
    repository.artifacts[-1].created_at = datetime(2020, 4, 2, 12)
    repository.save()
    with open("releases.json", "w") as file:
        tags = [releases.Release(tag="v1.0.0", artifacts=[("features", 1)], created_at=datetime(2020, 4, 3))]
        releases.dump(tags, file, indent=4)
    # The library cannot look up the latest of what it has read with an expiry, as it leaves that a text.
    return {
        "slugs": [exp.slug for exp in project.experiments],
        "features": repository.load_artifact("features"),
        "asOf": repository.load_artifact("features", version="2020-04-03T12:00:00", match="asof"),
        "asOfExpired": repository.load_artifact("features", version="2020-04-05T00:00:00", match="asof"),
        "diff": repository.get_version_diff("features", (0, 2)),
    }


def values_of(artifacts, load):
    """The values of artifacts of which JSON can tell."""
    found = {}
    for artifact in artifacts:
        if artifact.alias in ("json", "yaml"):
            found[artifact.name] = load(artifact.name)
        elif artifact.alias in ("csv", "parquet"):
            found[artifact.name] = load(artifact.name).to_pylist()
    return found


def read():
    project = Project("project.json", mode="r")
    repository = Repository("repository.json", mode="r")
    for artifact in repository.artifacts:
        if isinstance(artifact.expiry, str):
            artifact.expiry = datetime.fromisoformat(artifact.expiry)
    names = sorted({artifact.name for artifact in repository.artifacts})
    found = {
        "project": json.dumps(list(project), sort_keys=True, indent=4),
        "repository": json.dumps(list(repository), sort_keys=True, indent=4),
        "slugs": [exp.slug for exp in project.experiments],
        "experiments": {
            exp.slug: {
                "metrics": exp.metrics,
                "parameters": exp.parameters,
                "dependencies": {name: upstream.slug for name, upstream in exp.dependencies.items()},
                "artifacts": values_of(exp.artifacts, exp.load_artifact),
                "tests": {test.name: values_of(test.artifacts, test.load_artifact) for test in exp.tests},
            }
            for exp in project.experiments
        },
        "versions": {
            name: [
                repository.load_artifact(name, version=artifact.version)
                for artifact in repository.artifacts
                if artifact.name == name and artifact.alias in ("json", "yaml")
            ]
            for name in names
        },
        "latest": {name: repository.get_artifact_metadata(name)["version"] for name in names},
    }
    if os.path.exists("releases.json"):
        with open("releases.json") as file:
            found["releases"] = [release.to_dict() for release in releases.load(file)]
    return found


def edit():
    project = Project("project.json", mode="w+", author="grace")
    project.experiments[0].log_metric("edited", 2.0)
    with project.log("From Python") as exp:
        exp.log_artifact("numbers", [1, 2.0], handler="json")
    project.save()
    return {"slugs": [exp.slug for exp in project.experiments]}


if __name__ == "__main__":
    command, *folder = sys.argv[1:]
    if folder:
        os.chdir(folder[0])
    print(json.dumps({"about": about, "write": write, "read": read, "edit": edit}[command]()))
