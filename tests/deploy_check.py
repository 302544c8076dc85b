#!/usr/bin/env python3
"""What we ship to be deployed, checked by those who know its formats: actionlint for workflows, kubeconform for manifests
with Kubernetes' schemas of several versions, and our own rules. Usage: deploy_check.py PLUMBLINE. Tools go to
build/deploy-tools; needs go, and says so where there is none."""
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = os.path.join(TOP, "build", "deploy-tools")
GO_TOOLS = {"actionlint": "github.com/rhysd/actionlint/cmd/actionlint@v1.7.7", "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform@v0.6.7"}
# A Python package that brings the schemas of every version; kubeconform's own place for them is a host that builds need not reach.
SCHEMAS = "kubernetes-validate==1.37.0"
# From the first one that lets a shard fail for itself unasked (backoffLimitPerIndex).
VERSIONS = ("1.29.0", "1.32.0", "1.36.0")
MANIFESTS = sorted(glob.glob(f"{TOP}/deploy/kubernetes/*.yaml"))
WORKFLOWS = [f"{TOP}/deploy/github-fleet.yml", f"{TOP}/ci/examples/github.yml"]


def run(command, expect=0, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if (done.returncode != 0) != (expect != 0):
        sys.exit(f"deploy_check: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def say(text):
    print(f"deploy_check: {text}", flush=True)


def go_tool(name):
    path = os.path.join(TOOLS, "bin", name)
    if not os.path.exists(path):
        run(["go", "install", GO_TOOLS[name]], env={**os.environ, "GOBIN": os.path.dirname(path), "GOFLAGS": ""})
    return path


def schema_folder():
    """Where the package has its schemas."""
    python = os.path.join(TOOLS, "venv", "bin", "python")
    if not os.path.exists(python):
        run([sys.executable, "-m", "venv", os.path.join(TOOLS, "venv")])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", SCHEMAS])
    where = "import kubernetes_validate, os; print(os.path.dirname(kubernetes_validate.__file__))"
    return os.path.join(run([python, "-c", where]).strip(), "kubernetes-json-schema")


def write_standalone(source, target):
    """Each schema with the definitions it refers to in the same file, which is what kubeconform reads."""
    with open(os.path.join(source, "_definitions.json"), encoding="utf-8") as file:
        definitions = json.load(file)["$defs"]
    for kind in ("namespace-v1", "serviceaccount-v1", "configmap-v1", "service-v1", "resourcequota-v1", "limitrange-v1", "statefulset-apps-v1",
                 "cronjob-batch-v1", "networkpolicy-networking-v1"):
        with open(os.path.join(source, f"{kind}.json"), encoding="utf-8") as file:
            text = file.read().replace("/api/_definitions.json#/", "#/")
        with open(os.path.join(target, f"{kind}.json"), "w", encoding="utf-8") as file:
            json.dump({**json.loads(text), "$defs": definitions}, file)


def check_manifests(work):
    schemas = schema_folder()
    for version in VERSIONS:
        folder = os.path.join(work, version)
        os.mkdir(folder)
        write_standalone(os.path.join(schemas, f"v{version}-local-strict"), folder)
        command = [go_tool("kubeconform"), "-strict", "-summary", "-kubernetes-version", version, "-schema-location",
                   folder + "/{{.ResourceKind}}{{.KindSuffix}}.json"]
        say(f"Kubernetes {version}: " + run([*command, *MANIFESTS]).strip())
    with open(MANIFESTS[0], encoding="utf-8") as file:
        faulty = file.read().replace("concurrencyPolicy:", "concurrencyPolice:")
    with open(f"{work}/faulty.yaml", "w", encoding="utf-8") as file:
        file.write(faulty)
    if "concurrencyPolice" not in run([*command, f"{work}/faulty.yaml"], expect=1):
        sys.exit("deploy_check: kubeconform let a misspelt key pass")


def check_workflows(work):
    """In a repository of their own that holds action.yml, so that its inputs are checked, too."""
    folder = os.path.join(work, "repository")
    os.makedirs(f"{folder}/.github/workflows")
    run(["git", "init", "-q", folder])
    shutil.copy(f"{TOP}/action.yml", folder)
    for path in WORKFLOWS:
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("OWNER/plumbline@0000000000000000000000000000000000000000", "./")
        with open(f"{folder}/.github/workflows/{os.path.basename(path)}", "w", encoding="utf-8") as file:
            file.write(text)
    run([go_tool("actionlint"), "-no-color"], cwd=folder)
    say(f"actionlint: {len(WORKFLOWS)} workflows and the action they use have no fault")


def main():
    program = os.path.abspath(sys.argv[1])
    run([program, "scan", f"{TOP}/deploy", f"{TOP}/ci", f"{TOP}/templates", f"{TOP}/action.yml", "--fail-on", "low", "--no-progress", "--quiet"])
    say("our own rules find nothing of low severity or above")
    if not shutil.which("go"):
        say("go is not installed here; actionlint and kubeconform skipped")
        return
    with tempfile.TemporaryDirectory() as work:
        check_workflows(work)
        check_manifests(work)


main()
