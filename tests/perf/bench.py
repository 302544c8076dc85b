#!/usr/bin/env python3
"""Measures plumbline, and beside it the peers that are installed, on the same inputs; writes RESULTS.md beside this file.

    ./dev bench                     every input, median of 5 runs
    ./dev bench --runs 1 --only terragoat --no-peers --output -

A harness, not a test: nothing here fails because a machine is slow. Wall time is of the whole process; CPU time and peak
memory are what the kernel counted for it and its children. The first run of each input is not counted: it fills the
cache of files. Inputs come from ../shared/corpora and from generate.py; one that is not there is left out and named.
"""
import argparse, os, platform, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CORPORA = os.path.join(os.path.dirname(TOP), "shared", "corpora")
sys.path.insert(0, HERE)
import generate  # noqa: E402
import generate_history  # noqa: E402

TIMEOUT = 900  # seconds; a peer that takes longer is reported as such


def tools(binary, peers):
    """Name -> (version, command for a folder or file)."""
    found = {"plumbline": (version([binary, "--version"]),
                           lambda path: [binary, "scan", path, "--fail-on", "never", "--no-progress", "--quiet", "--format", "sarif",
                                         "--output", os.devnull])}
    if not peers:
        return found
    if shutil.which("checkov"):
        found["checkov"] = (version(["checkov", "--version"]),
                            lambda path: ["checkov", "--skip-download", "--quiet", "--compact", "--soft-fail", "--output", "sarif",
                                          "--output-file-path", tempfile.gettempdir(), "-d" if os.path.isdir(path) else "-f", path])
    if shutil.which("trivy"):
        found["trivy"] = (version(["trivy", "--version"]),
                          lambda path: ["trivy", "config", "--quiet", "--skip-check-update", "--format", "sarif", "--output", os.devnull, path])
    return found


def version(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.split("\n")[0].split()[-1]
    except (OSError, subprocess.TimeoutExpired, IndexError):
        return "?"


def measure(command):
    """Seconds of wall time, seconds of CPU, bytes of peak memory, exit code; None when it took too long."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        if time.perf_counter() - begin > TIMEOUT:
            process.kill()
            os.wait4(process.pid, 0)
            process.returncode = -9
            return None
        time.sleep(0.0005)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)  # Popen need not wait again
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode


def medians(command, runs):
    results = []
    for run in range(runs + 1):
        result = measure(command)
        if result is None:
            return None
        if run or runs == 1:
            results.append(result)
    return tuple(statistics.median(column) for column in zip(*(r[:3] for r in results))) + (results[-1][3],)


def stages(binary, path, *options):
    """Milliseconds of each stage of one scan, as --stats prints them, and what was counted."""
    done = subprocess.run([binary, "scan", path, "--fail-on", "never", "--no-progress", "--quiet", "--stats", "--jobs", "1", "--format", "sarif",
                           "--output", os.devnull, *options], capture_output=True, text=True, timeout=TIMEOUT)
    rows = []
    for line in done.stderr.splitlines():
        parts = line.split(None, 4)
        if len(parts) >= 4 and parts[0] == "stats:" and parts[3] == "ms":
            rows.append((parts[1], float(parts[2]), parts[4].strip() if len(parts) > 4 else ""))
    return rows


def reader_and_evaluator(binary, chosen, runs):
    """Lines of a table: the reader's speed beside tree-sitter's, and the evaluator without any rule."""
    out = row(["input", "part", "figure"]) + row(["---", "---", "---:"])
    bench = os.path.join(os.path.dirname(binary), "plumbline_reader_bench")
    for name in ("terragoat", "terraform-aws-components"):
        if chosen.get(name) and os.path.exists(bench):
            done = subprocess.run([bench, chosen[name], str(runs)], capture_output=True, text=True, timeout=TIMEOUT)
            for line in done.stdout.splitlines():
                out += row([name, "reader, " + line.split()[0], line.split()[1] + " MB/s"])
    for name, path in chosen.items():
        if not path or name.startswith(("kubernetes", "cloudformation", "one")):
            continue
        taken = [dict((stage, (time, what)) for stage, time, what in stages(binary, path, "--no-builtin-rules")) for _ in range(runs)]
        out += row([name, "evaluator, no rules", "%.1f ms (%s)" % (statistics.median(run["judge"][0] for run in taken),
                                                                  taken[0]["judge"][1].split(",")[0])])
    return out


def size_of(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names)


def inputs(scratch, corpora):
    """Name -> path; None where it is not there."""
    made = {}
    for corpus in ("terragoat", "terraform-aws-components", "kubernetes-examples", "cloudformation-templates"):
        path = os.path.join(corpora, corpus)
        made[corpus] = path if os.path.isdir(path) else None
    one = os.path.join(corpora, "terragoat", "terraform", "aws", "s3.tf")
    alone = os.path.join(scratch, "one")
    if os.path.exists(one):  # in a folder of its own: a file is judged with its neighbours
        os.makedirs(alone)
        made["one file"] = shutil.copy(one, alone)
    else:
        made["one file"] = None
    for resources, calls in ((10000, 100), (20000, 200)):
        path = os.path.join(scratch, "generated-%d" % resources)
        generate.generate(path, resources, calls)
        made["generated, %d resources in %d calls" % (resources, calls)] = path
    for documents in (10000, 30000, 100000):
        path = os.path.join(scratch, "documents-%d" % documents)
        generate.manifests(path, documents)
        made["one file of %d Kubernetes documents" % documents] = path
    # What CloudFormation takes at most is 500 resources and 1 MB.
    for resources, size in ((500, 1000000), (10000, 0)):
        path = os.path.join(scratch, "template-%d" % resources)
        generate.template(path, resources, size)
        made["one CloudFormation template of %d resources" % resources] = path
    return made


def staged_repository(scratch, corpora):
    """A repository of terraform-aws-components in which a change to one root is staged; None without the corpus."""
    source = os.path.join(corpora, "terraform-aws-components")
    if not os.path.isdir(source):
        return None
    path = os.path.join(scratch, "hook")
    shutil.copytree(source, path, symlinks=True)
    git = ["git", "-C", path, "-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "start"], ["gc", "-q"]):
        subprocess.run(git + command, check=True)
    with open(os.path.join(path, "modules", "access-analyzer", "main.tf"), "a") as file:
        file.write('resource "aws_security_group_rule" "open" {\n  type        = "ingress"\n  from_port   = 22\n  to_port     = 22\n'
                   '  protocol    = "tcp"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n')
    subprocess.run(git + ["add", "-A"], check=True)
    return path


def history(binary, runs, scratch, corpora):
    """The audit of a year, and the search for credentials in all of a history, as a part of the report."""
    made = []
    for commits, per_folder in ((5000, 1000), (10000, 1000), (10000, 50)):
        path = os.path.join(scratch, "history-%d-%d.git" % (commits, per_folder))
        generate_history.infrastructure(path, commits, 1000, per_folder)
        made.append((commits, "%d commits, 1000 roots, %d in a folder" % (commits, per_folder), path))
    out = "## Git history\n\n`plumbline audit` of the year 2025, every change replayed (`generate_history.py` makes the repositories).\n\n"
    out += row(["repository", "wall", "CPU", "peak memory"]) + row(["---", "---:", "---:", "---:"])
    cpu = {}
    for commits, name, path in made:
        print("audit: %s" % name, file=sys.stderr)
        result = medians([binary, "audit", path, "--from", "2025-01-01", "--to", "2025-12-31", "--no-progress", "--quiet", "--format",
                          "json", "--output", os.devnull], runs)
        cpu[name] = result[1]
        out += row([name, "%.1f s" % result[0], "%.1f s" % result[1], "%.0f MB" % (result[2] / 1e6)])
    out += "\nTwice the changes take %.2f times the CPU time.\n" % (cpu[made[1][1]] / cpu[made[0][1]])
    repositories = [(name, path) for _, name, path in made[1:2]]
    if os.path.isdir(corpora):
        path = os.path.join(scratch, "corpora.git")
        generate_history.replay(path, corpora, 1265)
        repositories.insert(0, ("the corpora in 1265 commits, %.1f MB of patches" % (patches(path) / 1e6), path))
    if os.path.exists(os.path.join(TOP, ".git")):
        repositories.insert(0, ("this project's own, %.1f MB of patches" % (patches(TOP) / 1e6), TOP))
    out += "\nCredentials in the whole history (`plumbline audit REPO --only secrets`), beside `gitleaks git REPO` with its own rules.\n\n"
    out += row(["repository", "plumbline, CPU", "peak memory", "gitleaks, CPU", "peak memory", "times"]) + row(["---"] + ["---:"] * 5)
    for name, path in repositories:
        print("credentials: %s" % name, file=sys.stderr)
        ours = medians([binary, "audit", path, "--only", "secrets", "--no-progress", "--quiet", "--format", "json", "--output", os.devnull], runs)
        cells = [name, "%.2f s" % ours[1], "%.0f MB" % (ours[2] / 1e6), "", "", ""]
        if shutil.which("gitleaks"):
            theirs = medians(["gitleaks", "git", path, "--no-banner", "-l", "error"], runs)
            cells[3:] = ["%.2f s" % theirs[1], "%.0f MB" % (theirs[2] / 1e6), "%.1f" % (theirs[1] / ours[1])]
        out += row(cells)
    return out


def patches(path):
    """Bytes that `git log -p` prints."""
    with subprocess.Popen(["git", "-C", path, "log", "-p"], stdout=subprocess.PIPE) as process:
        return sum(len(block) for block in iter(lambda: process.stdout.read(1 << 20), b""))


def row(cells):
    return "| " + " | ".join(cells) + " |\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=os.path.join(TOP, "build", "plumbline"))
    parser.add_argument("--corpora", default=CORPORA)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", action="append", help="inputs whose name has this in it")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--history", action="store_true", help="measure git histories only, and print that part")
    parser.add_argument("--output", default=os.path.join(HERE, "RESULTS.md"))
    args = parser.parse_args()
    if args.history:
        with tempfile.TemporaryDirectory() as scratch:
            sys.stdout.write(history(args.bin, args.runs, scratch, args.corpora))
        return
    found = tools(args.bin, not args.no_peers)
    with tempfile.TemporaryDirectory() as scratch:
        chosen = {name: path for name, path in inputs(scratch, args.corpora).items() if not args.only or any(word in name for word in args.only)}
        out = "# Measurements\n\nWritten by `./dev bench` (`tests/perf/bench.py`), which says what is measured and how.\n\n"
        out += "Machine: %d cores, %s, %s. Median of %d runs. " % (os.cpu_count(), platform.machine(), platform.system(), args.runs)
        out += "Versions: " + ", ".join("%s %s" % (name, tool[0]) for name, tool in found.items()) + ".\n\n"
        out += row(["input", "size", "tool", "wall", "CPU", "peak memory"]) + row(["---", "---:", "---", "---:", "---:", "---:"])
        wall = {}
        if not args.only or any(word in "hook" for word in args.only):
            path = staged_repository(scratch, args.corpora)
            if path:
                hook = medians([args.bin, "scan", path, "--staged", "--quiet"], max(args.runs, 20))
                out += row(["hook: one root of terraform-aws-components staged", "", "plumbline", "%.1f ms" % (hook[0] * 1e3),
                            "%.1f ms" % (hook[1] * 1e3), "%.0f MB" % (hook[2] / 1e6)])
        start = medians([args.bin, "--version"], args.runs)
        out += row(["`--version`", "", "plumbline", "%.1f ms" % (start[0] * 1e3), "%.1f ms" % (start[1] * 1e3), "%.0f MB" % (start[2] / 1e6)])
        for name, path in chosen.items():
            if path is None:
                print("left out: %s is not there" % name, file=sys.stderr)
                continue
            for tool, (_, command) in found.items():
                print("%s: %s" % (name, tool), file=sys.stderr)
                result = medians(command(path), args.runs if tool == "plumbline" else min(args.runs, 3))
                size = "%.2f MB" % (size_of(path) / 1e6)
                if result is None:
                    out += row([name, size, tool, "more than %d s" % TIMEOUT, "", ""])
                    continue
                wall[name, tool] = result[0]
                out += row([name, size, tool, "%.3f s" % result[0], "%.3f s" % result[1], "%.0f MB" % (result[2] / 1e6)])
        sizes = [name for name in chosen if name.startswith("generated")]
        if len(sizes) == 2:
            out += "\nTwice the generated program takes"
            out += ",".join(" %s %.2f times as long" % (tool, wall[sizes[1], tool] / wall[sizes[0], tool])
                            for tool in found if (sizes[0], tool) in wall and (sizes[1], tool) in wall) + ".\n"
        out += "\n## Reader and evaluator\n\nOne core. The reader against tree-sitter over the `.tf` files; the evaluator as the stage `judge` of a scan "
        out += "without rules.\n\n" + reader_and_evaluator(args.bin, chosen, args.runs)
        out += "\n## Stages of plumbline\n\nOne thread (`--jobs 1`), one run. `parse` is the reader, `judge` the evaluator and the rules.\n\n"
        out += row(["input", "stage", "time", "what"]) + row(["---", "---", "---:", "---"])
        for name, path in chosen.items():
            for stage, milliseconds, what in stages(args.bin, path) if path else []:
                out += row([name, stage, "%.1f ms" % milliseconds, what])
    with tempfile.TemporaryDirectory() as scratch:
        out += "\n" + history(args.bin, min(args.runs, 3), scratch, args.corpora)
    if args.output == "-":
        sys.stdout.write(out)
    else:
        with open(args.output, "w") as file:
            file.write(out)


if __name__ == "__main__":
    main()
