#!/usr/bin/env python3
"""Scores `plumbline inspect` against the suite checkov-cloudformation-render.

usage: cfn_render_scores.py CONFORMANCE_DIR PROGRAM [ARG...]

PROGRAM is run as `PROGRAM ARG... DIR`; by default `PROGRAM inspect DIR --format json`. It must print inspect's JSON.
Exit code 1 below 98 %.
"""
import json
import os
import subprocess
import sys


def find(value, path):
    """The values at a dotted path; a step over a list goes to each element, as the suite's paths do."""
    if not path:
        return [value]
    if isinstance(value, list):
        return [found for item in value for found in find(item, path)]
    if not isinstance(value, dict) or path[0] not in value:
        return []
    return find(value[path[0]], path[1:])


def inspect(command, folder):
    if len(command) == 1:
        command = command + ["inspect", folder, "--format", "json"]
    else:
        command = command + [folder]
    return json.loads(subprocess.run(command, capture_output=True, check=False, text=True).stdout or "{}")


def values(case, seen):
    if case["block"] == "output":
        output = seen.get("outputs", {}).get(case["address"])
        return [] if output is None else [output["value"]]
    kind, _, name = case["address"].rpartition(".")
    for resource in seen.get("resources", []):
        if resource["type"] == kind and resource["address"] == name:
            return find(resource["values"], case["attribute"].split("."))
    return []


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    suite = os.path.join(sys.argv[1], "checkov-cloudformation-render")
    if not os.path.isdir(suite):
        print("skipped: the suite is not there")
        return 0
    with open(os.path.join(suite, "cases.jsonl"), encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines if line.strip()]
    seen = {}
    right = 0
    for case in cases:
        folder = os.path.join(suite, case["input"])
        if folder not in seen:
            seen[folder] = inspect(sys.argv[2:], folder)
        have = values(case, seen[folder])
        if case["value"] in have:
            right += 1
        else:
            print(f"{case['input']} {case['address']} {case['attribute']}: want {case['value']!r}, have {have!r}")
    share = 100 * right / len(cases)
    print(f"checkov-cloudformation-render: {right} of {len(cases)} agree, {share:.1f} %")
    return 0 if share >= 98 else 1


if __name__ == "__main__":
    sys.exit(main())
