#!/usr/bin/env python3
"""Runs every score that ../shared holds and compares it with tests/scores.json; a figure below the recorded one fails.

    tests/scores.py               compare (what CI does)
    tests/scores.py --record      write the figures of this run, where they are better
    tests/scores.py --lower       write them even where they are worse (say why in the commit)

Deviations from a peer's expectation stand in tests/deviations/*.jsonl, each with its reason; score.py counts them apart,
never as agreement. Where ../shared is absent there is nothing to compare and the run passes.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SHARED = os.path.join(os.path.dirname(ROOT), "shared")
RECORD = os.path.join(HERE, "scores.json")
# Suites of languages that plumbline does not read.
LEFT_OUT = {"checkov-dockerfile", "checkov-secrets", "checkov-terraform-render", "checkov-terraform-expressions",
            "checkov-cloudformation-render"}


def run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **more)
    if done.returncode != 0:
        sys.exit(f"scores: {' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def deviations(folder):
    path = os.path.join(folder, "deviations.jsonl")
    own = os.path.join(HERE, "deviations")
    with open(path, "w", encoding="utf-8") as out:
        for name in sorted(os.listdir(own)):
            if name.endswith(".jsonl"):
                with open(os.path.join(own, name), encoding="utf-8") as lines:
                    out.writelines(line.rstrip("\n") + "\n" for line in lines if line.strip())
    return path


def conformance(binary, folder):
    """Per suite: share of agreement over covered cases (deviations left out), share of covered cases, score."""
    figures = {}
    suites = os.path.join(SHARED, "conformance")
    names = [n for n in sorted(os.listdir(suites))
             if os.path.exists(os.path.join(suites, n, "cases.jsonl")) and n not in LEFT_OUT]
    command = [sys.executable, os.path.join(suites, "score.py"), "--bin", binary, "--deviations", deviations(folder)]
    text = run(command + [part for n in names for part in ("--suite", n)])
    print(text, end="")
    for line in text.splitlines():
        found = re.match(r"(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)%\s+(\d+)\s+(\d+)\s+(\d+)\s+([\d.]+)%(?:\s+(\d+) deliberate)?", line)
        if not found or found.group(1) == "all":
            continue
        cases, covered = int(found.group(2)), int(found.group(3))
        figures[found.group(1)] = {"agree": float(found.group(5)), "covered": round(100 * covered / cases, 1),
                                   "score": float(found.group(9)), "deliberate": -int(found.group(10) or 0)}
    return figures


def oracle(binary, folder):
    out = os.path.join(folder, "oracle.json")
    run([sys.executable, os.path.join(SHARED, "terraform-oracle", "score.py"), "--bin", binary, "--json", out])
    with open(out, encoding="utf-8") as text:
        totals = json.load(text)["totals"]
    for part, (right, total) in totals.items():
        print(f"terraform-oracle {part}: {right} of {total}, {100 * right / total:.1f} %")
    return {f"terraform-oracle {part}": {"right": right} for part, (right, total) in totals.items()}


def renders(binary, folder):
    out = os.path.join(folder, "render.json")
    print(run([sys.executable, os.path.join(HERE, "render_scores.py"), "--bin", binary, "--root",
               os.path.join(SHARED, "conformance"), "--json", out]), end="")
    with open(out, encoding="utf-8") as text:
        totals = json.load(text)["totals"]
    text = run([sys.executable, os.path.join(HERE, "cfn_render_scores.py"), os.path.join(SHARED, "conformance"), binary])
    print(text, end="")
    found = re.search(r"(\d+) of (\d+) agree", text)
    figures = {name: {"right": right} for name, (right, _) in totals.items()}
    figures["checkov-cloudformation-render"] = {"right": int(found.group(1))}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--lower", action="store_true")
    arguments = parser.parse_args()
    if not os.path.isdir(SHARED):
        print("scores: skipped, ../shared is not there")
        return 0
    binary = os.path.join(ROOT, "build", "plumbline")
    figures = {}
    folder = tempfile.mkdtemp()
    try:
        for score in (conformance, oracle, renders):
            figures.update(score(binary, folder))
    finally:
        shutil.rmtree(folder)
    recorded = {}
    if os.path.exists(RECORD):
        with open(RECORD, encoding="utf-8") as text:
            recorded = json.load(text)
    worse = []
    for name, before in recorded.items():
        for figure, value in before.items():
            now = figures.get(name, {}).get(figure)
            if now is None or now < value:
                worse.append(f"{name}: {figure} is {now}, was {value}")
    if arguments.record or arguments.lower:
        for name, now in figures.items():
            before = {} if arguments.lower else recorded.get(name, {})
            recorded[name] = {figure: max(value, before.get(figure, value)) for figure, value in now.items()}
        with open(RECORD, "w", encoding="utf-8") as text:
            json.dump(dict(sorted(recorded.items())), text, indent=1)
            text.write("\n")
    for line in worse:
        print("scores: WORSE", line)
    return 1 if worse and not arguments.lower else 0


if __name__ == "__main__":
    sys.exit(main())
