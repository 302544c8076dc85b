#!/usr/bin/env python3
"""Score `plumbline inspect` against the conformance suites checkov-terraform-render and checkov-terraform-expressions.

    tests/render_scores.py --bin build/plumbline --root ../shared/conformance [--show 20] [--json out.json]

A case counts only where Terraform's own semantics confirm it: not where the input calls functions that Terraform no
longer has, takes a variable without a value for empty, or is refused by Terraform for another reason (REFUSED).
"""
import argparse, collections, json, os, re, subprocess, sys, tempfile


# Inputs that Terraform 1.11 refuses, and why.
REFUSED = {
    "inputs/dynamic/dynamic_blocks_map": "the variable's type has no attribute \"protoc\"",
    "inputs/dynamic/dynamic_blocks_map_brackets": "the variable's type has no attribute \"protoc\"",
    "inputs/dynamic/dynamic_blocks_variable_rendering": "a variable block takes no arguments of the user's",
    "inputs/foreach/data_simple": "a variable block takes no arguments of the user's",
    "inputs/foreach/foreach_module_and_resource": "for_each over a tuple",
    "inputs/rendering/render_lambda": "count is 0: there is no instance",
}


def plain(value):
    """Single blocks are lists of one here and objects there; Terraform's text "true" is a boolean where one is due."""
    if isinstance(value, list):
        items = [plain(v) for v in value]
        return items[0] if len(items) == 1 and isinstance(items[0], dict) else items
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
            return plain(parsed) if isinstance(parsed, (dict, list, bool, int, float)) else value
        except ValueError:
            return value
    return float(value)


def run(args, folder, extra=()):
    done = subprocess.run([args.bin, "inspect", folder, *extra], cwd=args.suite, capture_output=True, timeout=60)
    return done.stdout.decode("utf-8", "replace")


def resources(args, cache, case):
    key = (case["root"], tuple(case.get("vars", [])))
    if key not in cache:
        extra = [x for name in case.get("vars", []) for x in ("--var-file", name)]
        try:
            cache[key] = json.loads(run(args, case["root"], ["--format", "json", *extra]))["resources"]
        except ValueError:
            cache[key] = []
    return cache[key]


def expression(args, folder, text):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write(json.dumps({"id": 1, "expr": text}) + "\n")
        f.flush()
        for line in run(args, folder, ["--expressions", f.name]).splitlines():
            return json.loads(line).get("value", "refused: " + json.loads(line).get("error", ""))
    return "no answer"


def without_module(address):
    return re.sub(r'^(module\.[^.\[]+(\[[^\]]*\])?\.)+', "", address)


def render(args, cache, case):
    """(right, found) or None where the case does not count."""
    if case["root"] in REFUSED:
        return None
    if "map()" in case.get("note", "") or "counts as empty" in case.get("note", "") or case.get("attribute") == "count":
        return None
    kind = case["block"]
    if "instances" in case:
        mode = "data" if kind == "data" else "managed"
        wanted = {re.sub(r"\[.*", "", without_module(a)) for a in case["instances"]}
        have = sorted(a[5:] if kind == "data" else a for a in
                      (r["address"] for r in resources(args, cache, case) if r["mode"] == mode)
                      if re.sub(r"\[.*", "", without_module(a[5:] if kind == "data" else a)) in wanted)
        return have == sorted(case["instances"]), have
    if kind in ("local", "output"):
        address = case["address"]
        if kind == "local" and address.startswith("module."):
            return None  # locals of a called module cannot be asked for
        if address.count("module.") > 1:
            return None
        have = expression(args, case["root"], address)
        return plain(have) == plain(case["value"]), have
    found = [r for r in resources(args, cache, case)
             if (without_module(r["address"]) if case.get("any_module") else r["address"]) in
             (case["address"], "provider." + case["address"])]
    if not found:
        # The render has one block where Terraform has instances.
        found = [r for r in resources(args, cache, case) if re.sub(r"\[[^\]]*\]", "", r["address"]) == case["address"]]
    values = [r["values"].get(case["attribute"]) for r in found if isinstance(r["values"], dict)]
    return any(plain(v) == plain(case["value"]) for v in values), values


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--root", required=True)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--json")
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)
    totals, wrong = collections.OrderedDict(), []
    for suite in ("checkov-terraform-render", "checkov-terraform-expressions"):
        args.suite = os.path.join(args.root, suite)
        right = total = left_out = 0
        cache = {}
        with tempfile.TemporaryDirectory() as empty:
            open(os.path.join(empty, "main.tf"), "w").close()
            for line in open(os.path.join(args.suite, "cases.jsonl"), encoding="utf-8"):
                case = json.loads(line)
                if "expr" in case:
                    have = expression(args, empty, case["expr"])
                    answer = plain(have) == plain(case["value"]), have
                else:
                    answer = render(args, cache, case)
                if answer is None:
                    left_out += 1
                    continue
                total += 1
                right += answer[0]
                if not answer[0]:
                    wrong.append("%s %s %s: expected %s, got %s" % (
                        case.get("root", ""), case.get("address", case.get("expr")), case.get("attribute", ""),
                        json.dumps(case.get("value", case.get("instances")))[:200], json.dumps(answer[1])[:300]))
        totals[suite] = [right, total]
        print("%-32s %4d of %4d  %5.1f%%  (%d left out)" % (suite, right, total, 100.0 * right / total, left_out))
    for text in wrong[: args.show]:
        print(text)
    if args.json:
        json.dump({"totals": totals, "differences": wrong}, open(args.json, "w"), indent=1)


if __name__ == "__main__":
    sys.exit(main())
