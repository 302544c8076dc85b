#!/usr/bin/env python3
"""ci/check.py with the environments and event files of the CI hosts, on repositories made here. Usage: ci_check_test.py
PROGRAM"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.abspath("build/plumbline")
CHECK = str(pathlib.Path(__file__).resolve().parent.parent / "ci" / "check.py")
RULE = "aws-rds-instance-encryption"


def database(name, encrypted):
    return f'resource "aws_db_instance" "{name}" {{\n  storage_encrypted = {str(encrypted).lower()}\n}}\n'


class Repository:
    """A repository with a remote: `origin` has main with an old finding; work happens in a clone."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.origin = self.folder / "origin"
        self.origin.mkdir()
        self.git("init", "-q", "-b", "main", ".", at=self.origin)
        # As the hosts' servers do.
        self.git("config", "uploadpack.allowAnySHA1InWant", "true", at=self.origin)
        self.first = self.commit({"old/main.tf": database("old", False)}, "first")

    def git(self, *arguments, at):
        done = subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false",
                               *arguments], cwd=at, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}, check=False)
        if done.returncode:
            raise AssertionError(f"git {arguments}: {done.stderr}")
        return done.stdout.strip()

    def commit(self, files, message):
        for name, text in files.items():
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "-A", at=self.origin)
        self.git("commit", "-q", "-m", message, at=self.origin)
        return self.git("rev-parse", "HEAD", at=self.origin)

    def branch(self, name, start="main"):
        self.git("checkout", "-q", "-B", name, start, at=self.origin)

    def checkout(self, revision, depth=None):
        """What a host's checkout step leaves: one commit, detached."""
        self.work = self.folder / "work"
        self.git("init", "-q", str(self.work), at=self.folder)
        self.git("remote", "add", "origin", f"file://{self.origin}", at=self.work)
        if depth:
            self.git("fetch", "-q", "--no-tags", "--depth", str(depth), "origin", revision, at=self.work)
        else:
            self.git("fetch", "-q", "--no-tags", "origin", "+refs/heads/*:refs/remotes/origin/*", at=self.work)
        self.git("checkout", "-q", "--detach", "FETCH_HEAD" if depth else f"origin/{revision}", at=self.work)


class Case(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.repository = Repository(self.temporary.name)
        self.reports = pathlib.Path(self.temporary.name) / "reports"

    def check(self, environment, *arguments):
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("GITHUB_", "GITLAB_", "CI_", "PLUMBLINE", "GIT_"))}
        done = subprocess.run([sys.executable, CHECK, *arguments], cwd=self.repository.work, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={**clean, "PLUMBLINE": PROGRAM, "PLUMBLINE_ARGS": f"--rule {RULE}",
                                   "PLUMBLINE_REPORTS": str(self.reports), "GIT_CONFIG_GLOBAL": "/dev/null",
                                   **environment})
        self.err = done.stderr
        self.out = done.stdout
        return done.returncode

    def github(self, name, event, **more):
        folder = pathlib.Path(self.temporary.name)
        (folder / "event.json").write_text(json.dumps(event), encoding="utf-8")
        for file in ("output", "summary"):
            (folder / file).write_text("", encoding="utf-8")
        code = self.check({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": name, "GITHUB_REPOSITORY": "o/r",
                           "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_OUTPUT": str(folder / "output"),
                           "GITHUB_STEP_SUMMARY": str(folder / "summary"), **more})
        lines = (folder / "output").read_text(encoding="utf-8").splitlines()
        self.outputs = dict(line.split("=", 1) for line in lines)
        self.summary = (folder / "summary").read_text(encoding="utf-8")
        return code

    def sarif(self):
        run = json.loads((self.reports / "plumbline.sarif").read_text(encoding="utf-8"))["runs"][0]
        return [(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], result.get("baselineState"))
                for result in run["results"]]

    def pull_request(self, base, head="o/r"):
        return {"pull_request": {"number": 7, "base": {"sha": base}, "head": {"repo": {"full_name": head}}}}


class PullRequests(Case):
    def setUp(self):
        super().setUp()
        repository = self.repository
        repository.branch("topic")
        repository.commit({"new/main.tf": database("new", False)}, "topic")
        repository.branch("main")
        self.base = repository.commit({"other/main.tf": database("main", False)}, "main goes on")
        repository.branch("merge")  # refs/pull/7/merge
        repository.git("merge", "-q", "--no-ff", "-m", "merge", "topic", at=repository.origin)

    def test_only_what_the_pull_request_introduces_fails_it(self):
        self.repository.checkout("merge")
        self.assertEqual(self.github("pull_request", self.pull_request(self.base)), 1, self.err)
        self.assertEqual(self.sarif(), [("new/main.tf", "new")])
        self.assertIn("::error", self.out)
        self.assertIn("new/main.tf", self.out)
        self.assertNotIn("old/main.tf", self.out)
        self.assertIn("aws\\_db\\_instance.new".replace("\\", ""), self.summary.replace("\\", ""))
        self.assertEqual(self.outputs["exit-code"], "1")
        self.assertEqual(self.outputs["trusted"], "true")
        self.assertEqual(self.outputs["pull-request"], "7")
        self.assertEqual(self.outputs["sarif"], str(self.reports / "plumbline.sarif"))

    def test_a_shallow_checkout_fetches_what_it_lacks(self):
        self.repository.checkout("merge", depth=1)
        self.assertEqual(self.github("pull_request", self.pull_request(self.base)), 1, self.err)
        self.assertEqual(self.sarif(), [("new/main.tf", "new")])

    def test_a_shallow_checkout_without_its_remote_says_what_to_do(self):
        self.repository.checkout("merge", depth=1)
        self.repository.origin.rename(self.repository.folder / "gone")
        self.assertEqual(self.github("pull_request", self.pull_request(self.base)), 2)
        self.assertIn("could not be fetched", self.err)
        self.assertIn("fetch-depth: 0", self.err)

    def test_a_fork_gets_no_upload_and_no_comment(self):
        self.repository.checkout("merge")
        self.assertEqual(self.github("pull_request", self.pull_request(self.base, "stranger/r")), 1, self.err)
        self.assertEqual(self.outputs["trusted"], "false")
        self.assertIn("new", self.summary)
        deleted = self.pull_request(self.base)
        deleted["pull_request"]["head"]["repo"] = None
        self.github("pull_request", deleted)
        self.assertEqual(self.outputs["trusted"], "false")

    def test_fail_on_decides(self):
        self.repository.checkout("merge")
        event = self.pull_request(self.base)
        self.assertEqual(self.github("pull_request", event, PLUMBLINE_FAIL_ON="critical"), 0, self.err)
        self.assertEqual(self.github("pull_request", event, PLUMBLINE_FAIL_ON="high"), 1, self.err)
        self.assertEqual(self.github("pull_request", event, PLUMBLINE_BASE="none"), 0, self.err)
        self.assertEqual(len(self.sarif()), 3)

    def test_the_merge_queue_compares_with_its_base(self):
        self.repository.checkout("merge")
        self.assertEqual(self.github("merge_group", {"merge_group": {"base_sha": self.base}}), 1, self.err)
        self.assertEqual(self.sarif(), [("new/main.tf", "new")])

    def test_an_event_without_its_parts_is_named(self):
        self.repository.checkout("merge")
        self.assertEqual(self.github("pull_request", {}), 2)
        self.assertIn("is not of a pull_request event", self.err)
        self.assertEqual(self.github("pull_request", self.pull_request("--output=/etc/passwd")), 2)
        self.assertIn("is no revision", self.err)

    def test_gitlab(self):
        self.repository.checkout("merge")
        code = self.check({"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event",
                           "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base, "CI_MERGE_REQUEST_IID": "3"})
        self.assertEqual(code, 1, self.err)
        quality = json.loads((self.reports / "gl-code-quality-report.json").read_text(encoding="utf-8"))
        self.assertEqual([item["location"]["path"] for item in quality], ["new/main.tf"])
        self.assertTrue((self.reports / "gl-sast-report.json").exists())

    def test_azure_and_jenkins_fetch_the_target_branch(self):
        for environment in ({"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
                            {"JENKINS_URL": "https://jenkins.example", "CHANGE_TARGET": "main"}):
            with tempfile.TemporaryDirectory() as folder, self.subTest(environment):
                self.repository.folder = pathlib.Path(folder)
                self.repository.checkout("merge", depth=1)
                self.assertEqual(self.check(environment), 1, self.err)
                self.assertEqual(self.sarif(), [("new/main.tf", "new")])
                self.assertIn("<testsuite", (self.reports / "plumbline.xml").read_text(encoding="utf-8"))


class Pushes(Case):
    def test_a_push_to_main_fails_on_news_and_uploads_the_whole_picture(self):
        self.repository.commit({"new/main.tf": database("new", False)}, "push")
        self.repository.checkout("main")
        event = {"ref": "refs/heads/main", "before": self.repository.first, "repository": {"default_branch": "main"}}
        self.assertEqual(self.github("push", event), 1, self.err)
        self.assertEqual(sorted(path for path, _ in self.sarif()), ["new/main.tf", "old/main.tf"])
        self.repository.commit({"notes.txt": "x"}, "nothing of ours")
        event["before"] = self.repository.git("rev-parse", "HEAD~1", at=self.repository.origin)
        self.repository.git("fetch", "-q", "origin", at=self.repository.work)
        self.repository.git("checkout", "-q", "--detach", "origin/main", at=self.repository.work)
        self.assertEqual(self.github("push", event), 0, self.err)
        self.assertEqual(len(self.sarif()), 2)

    def test_the_first_push_of_a_branch_is_compared_with_main(self):
        self.repository.branch("topic")
        self.repository.commit({"new/main.tf": database("new", False)}, "topic")
        self.repository.checkout("topic")
        event = {"ref": "refs/heads/topic", "before": "0" * 40, "repository": {"default_branch": "main"}}
        self.assertEqual(self.github("push", event), 1, self.err)
        self.assertEqual(self.sarif(), [("new/main.tf", "new")])

    def test_a_schedule_reports_everything_and_fails_on_nothing_unless_told_to(self):
        self.repository.checkout("main")
        self.assertEqual(self.github("schedule", {"schedule": "0 3 * * *"}), 0, self.err)
        self.assertEqual(self.sarif(), [("old/main.tf", None)])
        self.assertEqual(self.github("schedule", {}, PLUMBLINE_FAIL_ON="high"), 1, self.err)

    def test_without_a_host_everything_is_scanned(self):
        self.repository.checkout("main")
        self.assertEqual(self.check({}), 0, self.err)
        self.assertEqual(self.check({"PLUMBLINE_BASE": self.repository.first}), 0, self.err)
        self.assertEqual(self.sarif(), [])


class Comments(Case):
    """The host's API, as far as comments need it."""

    def setUp(self):
        super().setUp()
        self.repository.checkout("main")
        self.comments = {1: "someone's words"}
        self.refuse = False
        case = self

        class Api(http.server.BaseHTTPRequestHandler):
            def answer(self, value, status=200):
                self.send_response(403 if case.refuse else status)
                self.end_headers()
                self.wfile.write(json.dumps(value).encode())

            def body(self):
                case.assertEqual(self.headers["Authorization"], "Bearer secret")
                return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

            def do_GET(self):
                self.answer([{"id": key, "body": text} for key, text in case.comments.items()])

            def do_POST(self):
                case.assertEqual(self.path, "/repos/o/r/issues/7/comments")
                case.comments[len(case.comments) + 1] = self.body()
                self.answer({}, 201)

            def do_PATCH(self):
                case.comments[int(self.path.rsplit("/", 1)[1])] = self.body()
                self.answer({})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def comment(self, text):
        file = pathlib.Path(self.temporary.name) / "report.md"
        file.write_text(text, encoding="utf-8")
        return self.check({"GITHUB_API_URL": f"http://127.0.0.1:{self.server.server_address[1]}",
                           "GITHUB_REPOSITORY": "o/r", "PLUMBLINE_TOKEN": "secret"}, "comment", "7", str(file))

    def test_one_comment_is_written_and_then_renewed(self):
        self.assertEqual(self.comment("one"), 0, self.err)
        self.assertEqual(self.comment("two"), 0, self.err)
        self.assertEqual(self.comments, {1: "someone's words", 2: "<!-- plumbline -->\ntwo"})

    def test_a_comment_that_is_refused_is_a_warning(self):
        self.refuse = True
        self.assertEqual(self.comment("one"), 0, self.err)
        self.assertIn("::warning", self.out)
        self.assertIn("pull-requests: write", self.out)


if __name__ == "__main__":
    unittest.main()
