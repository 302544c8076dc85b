#!/usr/bin/env python3
"""Runs plumbline for a CI job: on what a pull request or push brings, or on everything, reported as the host wants it.

One script for GitHub (action.yml), GitLab (templates/plumbline.yml), Azure Pipelines, Jenkins and anything else. It finds
out what to compare with from the host's environment, fetches the history that a shallow checkout lacks, runs the program
and puts its reports where the host looks for them. It needs Python 3.8 and git, and runs nothing that it finds in the
repository. Settings, all optional:

  PLUMBLINE           the program (default: `plumbline` on the PATH, else the one that was built beside this script)
  PLUMBLINE_ARGS      more arguments for `plumbline scan`, as a shell would split them: paths, --framework soc2, ...
  PLUMBLINE_FAIL_ON   what fails the job (`--fail-on`). By default any new finding does; where everything is scanned
                      (a schedule), nothing does
  PLUMBLINE_BASE      a revision to compare with, or `none` for everything, instead of what the host says
  PLUMBLINE_REPORTS   the folder for reports (default: plumbline-reports)
"""

import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

NO_COMMIT = re.compile(r"0{40,64}")
# What git takes as a revision and nothing that it, or plumbline, could take as an option.
REVISION = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_./@{}^~+-]*")
MARK = "<!-- plumbline -->"
# A fetch that hangs must not use up the job's hours.
FETCH_SECONDS = 300


@dataclasses.dataclass
class Task:
    """What the host asks for."""

    base: str = ""  # a revision; empty: there is nothing to compare with
    branch: str = ""  # where `base` is only known as a branch of origin
    everything: bool = False  # also report on everything: the default branch, a schedule
    why: str = ""
    untrusted: bool = False  # from a fork: the job's token may read only
    pull_request: int = 0


def say(text):
    print(f"plumbline check: {text}", file=sys.stderr)


def stop(text):
    say(text)
    sys.exit(2)


def github_task(env):
    try:
        event = json.loads(pathlib.Path(env["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError) as error:
        stop(f"GITHUB_EVENT_PATH names no event file that can be read: {error}")
    try:
        return github_event_task(env, event)
    except (KeyError, TypeError) as error:
        stop(f"the event file {env['GITHUB_EVENT_PATH']} is not of a {env.get('GITHUB_EVENT_NAME')} event: no {error}")


def github_event_task(env, event):
    name = env.get("GITHUB_EVENT_NAME", "")
    if name in ("pull_request", "pull_request_target"):
        pull = event["pull_request"]
        head = (pull["head"].get("repo") or {}).get("full_name")
        return Task(
            base=pull["base"]["sha"],
            why=f"pull request #{pull['number']}",
            untrusted=head != env.get("GITHUB_REPOSITORY") or name == "pull_request_target",
            pull_request=pull["number"],
        )
    if name == "merge_group":
        return Task(base=event["merge_group"]["base_sha"], why="merge queue")
    if name == "push":
        default = (event.get("repository") or {}).get("default_branch", "")
        ref = event.get("ref", "")
        if event.get("deleted"):
            return Task(everything=True, why=f"deletion of {ref}")
        return push_task(event.get("before", ""), ref == f"refs/heads/{default}", default, ref)
    return Task(everything=True, why=name or "no event")


def push_task(before, is_default, default, ref):
    if before and not NO_COMMIT.fullmatch(before):
        return Task(base=before, everything=is_default, why=f"push to {ref}")
    if is_default or not default:
        return Task(everything=True, why=f"first push to {ref}")
    return Task(base=f"origin/{default}", branch=default, why=f"first push to {ref}")


def gitlab_task(env):
    default = env.get("CI_DEFAULT_BRANCH", "")
    if env.get("CI_PIPELINE_SOURCE") == "merge_request_event":
        # Of a merged results pipeline HEAD is the merge, which has the target's tip as a parent.
        base = env.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA") or env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
        return Task(base=base, why=f"merge request !{env.get('CI_MERGE_REQUEST_IID', '')}")
    if env.get("CI_PIPELINE_SOURCE") == "push":
        branch = env.get("CI_COMMIT_BRANCH", "")
        return push_task(env.get("CI_COMMIT_BEFORE_SHA", ""), branch == default, default, branch)
    return Task(everything=True, why=env.get("CI_PIPELINE_SOURCE", ""))


def azure_task(env):
    target = env.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "")
    if target:
        branch = target[len("refs/heads/"):] if target.startswith("refs/heads/") else target
        return Task(base=f"origin/{branch}", branch=branch, why="pull request",
                    untrusted=env.get("SYSTEM_PULLREQUEST_ISFORK") == "True")
    return Task(everything=True, why=env.get("BUILD_REASON", ""))


def jenkins_task(env):
    target = env.get("CHANGE_TARGET", "")
    if target:
        return Task(base=f"origin/{target}", branch=target, why=f"change {env.get('CHANGE_ID', '')}")
    return Task(everything=True, why=env.get("BRANCH_NAME", ""))


def other_task(_env):
    return Task(everything=True, why="no CI host is known here")


HOSTS = {  # how a host is known, and what it wants
    "github": ("GITHUB_ACTIONS", github_task),
    "gitlab": ("GITLAB_CI", gitlab_task),
    "azure": ("TF_BUILD", azure_task),
    "jenkins": ("JENKINS_URL", jenkins_task),
}


def find_host(env):
    for host, (mark, task) in HOSTS.items():
        if env.get(mark):
            return host, task
    return "other", other_task


def git(*arguments, **options):
    # The checkout may belong to another user than the job's container runs as.
    command = ["git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null", *arguments]
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)


def is_comparable(base):
    return git("merge-base", base, "HEAD").returncode == 0


def fetch_history(task):
    """Makes sure that the merge base with `task.base` is here. CI checkouts are often one commit deep."""
    if not REVISION.fullmatch(task.base):
        stop(f"{task.base!r} is no revision that can be compared with.")
    if is_comparable(task.base):
        return
    head = git("rev-parse", "HEAD").stdout.strip()
    wanted = f"+refs/heads/{task.branch}:refs/remotes/origin/{task.branch}" if task.branch else task.base
    shallow = git("rev-parse", "--is-shallow-repository").stdout.strip() == "true"
    faults = ""
    for depth in ["--deepen=50", "--deepen=1000", "--unshallow"] if shallow else [""]:
        options = [depth] if depth else []
        names = [wanted] if not shallow else [head, wanted]
        try:
            done = git("fetch", "--no-tags", "--no-recurse-submodules", "--quiet", *options, "origin", *names,
                       timeout=FETCH_SECONDS)
            faults = done.stderr.strip() or faults
        except subprocess.TimeoutExpired:
            faults = f"no answer in {FETCH_SECONDS} seconds"
        if is_comparable(task.base):
            return
    stop(f"the commit to compare with, {task.base}, is not in this checkout and could not be fetched"
         f"{': ' + faults if faults else ''}\nCheck out the history (GitHub: `fetch-depth: 0`, GitLab: `GIT_DEPTH: 0`, "
         "Azure: `fetchDepth: 0`), or name another revision in PLUMBLINE_BASE.")


def find_program(env):
    beside = pathlib.Path(__file__).resolve().parent.parent / "build" / "plumbline"
    program = env.get("PLUMBLINE") or shutil.which("plumbline") or (str(beside) if beside.exists() else "")
    if not program:
        stop("there is no plumbline on the PATH. Install it (README.md), or name it in PLUMBLINE.")
    return program


def scan(program, arguments, reports):
    """Runs a scan with an --output for each of `reports` (format to path; a path of None is standard output)."""
    command = [program, "scan", "--no-progress", *arguments]
    for name, path in reports.items():
        command += ["--format", name]
        if path:
            command += ["--output", str(path)]
    sys.stdout.flush()
    code = subprocess.run(command, check=False).returncode
    if code not in (0, 1, 2):
        stop(f"plumbline ended with {code}, which is a bug; please report it.")
    return code


def set_output(env, **values):
    if env.get("GITHUB_OUTPUT"):
        with open(env["GITHUB_OUTPUT"], "a", encoding="utf-8") as file:
            for name, value in values.items():
                file.write(f"{name.replace('_', '-')}={value}\n")


def write_summary(env, path):
    if env.get("GITHUB_STEP_SUMMARY") and path.exists():
        with open(env["GITHUB_STEP_SUMMARY"], "a", encoding="utf-8") as file:
            file.write(path.read_text(encoding="utf-8"))


def report_names(host, folder):
    """Which reports a host reads, and the one for the job's log."""
    names = {"sarif": folder / "plumbline.sarif", "markdown": folder / "plumbline.md"}
    if host == "gitlab":
        names.update({"gitlab": folder / "gl-code-quality-report.json", "gitlab-sast": folder / "gl-sast-report.json"})
    if host in ("azure", "jenkins", "gitlab"):
        names["junit"] = folder / "plumbline.xml"
    names["github" if host == "github" else "terminal"] = None
    return names


def check(env):
    host, find_task = find_host(env)
    task = find_task(env)
    chosen = env.get("PLUMBLINE_BASE", "").strip()
    if chosen == "none":
        task = dataclasses.replace(task, base="", branch="", everything=True)
    elif chosen:
        task = dataclasses.replace(task, base=chosen, branch="", everything=task.everything and bool(task.base))
    try:
        arguments = shlex.split(env.get("PLUMBLINE_ARGS", ""))
    except ValueError as error:
        stop(f"PLUMBLINE_ARGS: {error}")
    program = find_program(env)
    folder = pathlib.Path(env.get("PLUMBLINE_REPORTS") or "plumbline-reports").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    reports = report_names(host, folder)
    fail_on = env.get("PLUMBLINE_FAIL_ON", "").strip()
    code = 0
    if task.base:
        fetch_history(task)
        say(f"{task.why}: what it changes since its merge base with {task.base}")
        wanted = dict(reports)
        if task.everything:
            del wanted["sarif"]  # code scanning's picture of the default branch is whole
        compare = [*arguments, "--diff", task.base]
        code = scan(program, compare + (["--fail-on", fail_on] if fail_on else []), wanted)
    if task.everything:
        say(f"{task.why}: everything")
        wanted = {"sarif": reports["sarif"]} if task.base else reports
        whole = scan(program, [*arguments, "--fail-on", "never" if task.base or not fail_on else fail_on], wanted)
        # What has been broken for long is named, and is no news of this push.
        code = code if task.base or whole == 2 and not fail_on else whole
    write_summary(env, reports["markdown"])
    if host == "azure":
        print(f"##vso[task.uploadsummary]{reports['markdown']}")
    set_output(env, sarif=reports["sarif"], markdown=reports["markdown"], exit_code=code,
               trusted="false" if task.untrusted else "true", pull_request=task.pull_request or "")
    if code == 1:
        say("there are findings that fail this check; each names its rule, its reason and its repair")
    if code == 2:
        say("something could not be read or parsed; it is named above")
    return code


def call_api(env, method, path, body=None):
    request = urllib.request.Request(
        env.get("GITHUB_API_URL", "").rstrip("/") + path, method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {env['PLUMBLINE_TOKEN']}", "Accept": "application/vnd.github+json",
                 "X-GitHub-Api-Version": "2022-11-28", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


def find_comment(env, pull):
    for page in range(1, 101):  # 10,000 comments
        comments = call_api(env, "GET", f"/repos/{env['GITHUB_REPOSITORY']}/issues/{pull}/comments?per_page=100&page={page}")
        for comment in comments:
            if (comment.get("body") or "").startswith(MARK):
                return comment["id"]
        if len(comments) < 100:
            return None
    return None


def comment(env, pull, markdown):
    """Writes the Markdown report as a comment of the pull request, or renews the one that is there. A comment that cannot
    be written is worth a warning and fails nothing: the findings are in the log, too."""
    text = MARK + "\n" + pathlib.Path(markdown).read_text(encoding="utf-8")
    path = f"/repos/{env['GITHUB_REPOSITORY']}/issues"
    try:
        known = find_comment(env, int(pull))
        if known:
            call_api(env, "PATCH", f"{path}/comments/{known}", {"body": text})
        else:
            call_api(env, "POST", f"{path}/{int(pull)}/comments", {"body": text})
    except (urllib.error.URLError, OSError, ValueError) as error:
        print(f"::warning title=plumbline::The pull request's comment was not written: {error}. "
              "The job needs `permissions: pull-requests: write`.")
    return 0


def main(arguments):
    if arguments == []:
        return check(os.environ)
    if len(arguments) == 3 and arguments[0] == "comment":
        return comment(os.environ, arguments[1], arguments[2])
    print("usage: check.py | check.py comment PULL_REQUEST MARKDOWN_FILE\n\n" + __doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
