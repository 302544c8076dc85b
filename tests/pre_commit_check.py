#!/usr/bin/env python3
"""The hook tried for real: pre-commit builds this repository's last commit as it does for users (a wheel), and commits are
made through it. Usage: pre_commit_check.py [PLUMBLINE]; the program is what `plumbline-system` finds on the PATH."""
import glob
import os
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
program = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(TOP, "build", "plumbline")
TOOLS = os.path.join(TOP, "build", "pre-commit")
GOOD = 'resource "aws_sqs_queue" "q" {\n  name                    = "q"\n  sqs_managed_sse_enabled = true\n}\n'
BAD = ('resource "aws_security_group_rule" "ssh" {\n  type        = "ingress"\n  description = "ssh"\n  from_port   = 22\n'
       '  to_port     = 22\n  protocol    = "tcp"\n  cidr_blocks = ["0.0.0.0/0"]\n}\n')
FINDING = "aws-vpc-admin-ports aws_security_group_rule.ssh"
NOTHING_NEW = "Passed"
begun = time.time()


def run(command, folder, expect=0, environment=None):
    done = subprocess.run(command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if (done.returncode != 0) != (expect != 0):
        sys.exit(f"pre_commit_check: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


def check(what, holds, output=""):
    if not holds:
        sys.exit(f"pre_commit_check: failed: {what}\n{output}")
    print(f"pre_commit_check: {time.time() - begun:5.0f} s  {what}", flush=True)


def pre_commit():
    """The path of pre-commit, installed into a folder of its own once."""
    path = os.path.join(TOOLS, "bin", "pre-commit")
    if not os.path.exists(path):
        run([sys.executable, "-m", "venv", TOOLS], TOP)
        run([os.path.join(TOOLS, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "pre-commit>=4,<5"], TOP)
    return path


class Scratch:
    """A repository of somebody's infrastructure."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        os.mkdir(folder)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Ann")
        self.git("config", "user.email", "ann@example.org")

    def git(self, *arguments, expect=0):
        return run(["git", *arguments], self.folder, expect, self.environment)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def commit(self, expect=0):
        return self.git("commit", "-m", "work", expect=expect)


def environment_of(work):
    """The user's, with a home of its own for pre-commit; what the build sets lets it find what CI's has compiled."""
    made = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    made.update(PRE_COMMIT_HOME=os.path.join(work, "pre-commit"), PATH=f"{os.path.dirname(program)}:{made['PATH']}",
                SKBUILD_BUILD_DIR="build", CC="cc", CXX="c++", SKBUILD_CMAKE_DEFINE="PLUMBLINE_WERROR=ON", TMPDIR=work)
    return made


def main():
    tool = pre_commit()
    with tempfile.TemporaryDirectory() as work:
        environment = environment_of(work)
        source = os.path.join(work, "plumbline")
        run(["git", "clone", "-q", TOP, source], work)
        revision = run(["git", "rev-parse", "HEAD"], source).strip()
        scratch = Scratch(os.path.join(work, "infrastructure"), environment)
        scratch.write("old.tf", BAD.replace("ssh", "old"))
        scratch.git("add", "-A")
        scratch.commit()

        scratch.write("main.tf", BAD)
        scratch.git("add", "-A")
        said = run([tool, "try-repo", source, "plumbline-system", "--ref", revision], scratch.folder, 1, environment)
        check("try-repo plumbline-system: the program on the PATH shows the staged finding", f"main.tf:7:3: high {FINDING}" in said, said)
        check("and what was there before is not reported", "old.tf" not in said, said)

        scratch.write(".pre-commit-config.yaml",
                      f"repos:\n  - repo: {source}\n    rev: {revision}\n    hooks:\n      - id: plumbline\n")
        run([tool, "install", "--install-hooks"], scratch.folder, 0, environment)
        built = glob.glob(os.path.join(environment["PRE_COMMIT_HOME"], "repo*", "py_env-*", "bin", "plumbline"))
        check("pre-commit builds and installs the wheel", len(built) == 1)
        check("which holds the program", run([built[0], "--version"], work) == run([program, "--version"], work))
        scratch.git("add", "-A")
        said = scratch.commit(expect=1)
        check("a commit with a finding is refused and shows it", f"main.tf:7:3: high {FINDING}" in said, said)
        check("and nothing was committed", scratch.git("rev-list", "--count", "HEAD").strip() == "1")

        scratch.write("main.tf", GOOD)
        scratch.git("add", "-A")
        said = scratch.commit()
        check("a good one passes, with an old finding beside it", NOTHING_NEW in said, said)

        scratch.write("main.tf", GOOD + "\n# reviewed\n")
        scratch.git("add", "-A")
        scratch.write("main.tf", GOOD + "\n# reviewed\n" + BAD)
        said = scratch.commit()
        check("partly staged: what is only in the work tree does not count", NOTHING_NEW in said, said)
        check("and is still there", BAD in open(os.path.join(scratch.folder, "main.tf"), encoding="utf-8").read())

        scratch.git("add", "-A")
        scratch.write("main.tf", GOOD)
        said = scratch.commit(expect=1)
        check("partly staged: what is repaired in the work tree only is refused", FINDING in said, said)


main()
