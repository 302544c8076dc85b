#!/usr/bin/env python3
"""The nightly scan tried for real: generated repositories, several processes, one of them killed and resumed, SQLite
and (where a server can be started) PostgreSQL. Usage: fleet_check.py PLUMBLINE [REPOSITORIES]"""
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

plumbline = os.path.abspath(sys.argv[1])
FINDINGS = ("SELECT r.name, f.fingerprint, f.rule, f.control, f.severity, f.address, f.file, f.line, f.message, f.owners, "
            "f.accepted, CASE WHEN f.resolved_at IS NULL THEN 1 ELSE 0 END FROM plumbline_findings f JOIN plumbline_repositories r ON r.id = "
            "f.repository_id ORDER BY 1, 2")
CONTROLS = ("SELECT r.name, c.control, c.passed, c.failed, c.undecided, c.accepted FROM plumbline_controls c JOIN "
            "plumbline_repositories r ON r.id = c.repository_id ORDER BY 1, 2")


def terraform(rng, name):
    acl = rng.choice(["private", "public-read"])
    return (f'resource "aws_s3_bucket" "{name}" {{\n  acl  = "{acl}"\n  tags = {{ owner = "team{rng.randrange(3)}" }}\n}}\n'
            f'resource "aws_security_group_rule" "{name}" {{\n  type        = "ingress"\n  from_port   = 22\n'
            f'  to_port     = 22\n  protocol    = "tcp"\n  cidr_blocks = ["{rng.choice(["0.0.0.0/0", "10.0.0.0/8"])}"]\n}}\n')


def commit(path, files, seconds):
    text = f"commit refs/heads/main\ncommitter Ann <ann@example.org> {seconds} +0000\ndata 4\nwork\n"
    if subprocess.run(["git", "-C", path, "rev-parse", "-q", "--verify", "main"], capture_output=True).returncode == 0:
        text += "from refs/heads/main^0\n"
    for name, body in files.items():
        text += f"M 100644 inline {name}\ndata {len(body)}\n{body}\n"
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input=text.encode(), check=True)


def generate(folder, count, fewest=1, most=4):
    for i in range(count):
        rng = random.Random(i)
        path = f"{folder}/team{i % 5}/repo{i}"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", path], check=True)
        commit(path, {f"env{j}/main.tf": terraform(rng, f"b{j}") for j in range(rng.randint(fewest, most))}, 1700000000)


def fleet(ledger, repos, cache, *more):
    return [plumbline, "fleet", "--repos", repos, "--ledger", ledger, "--cache", cache, "--jobs", "1", *more]


def run(command, expect=0):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != expect:
        sys.exit(f"fleet_check: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def sqlite_rows(path, query):
    with sqlite3.connect(path) as connection:
        return [tuple(str(field) for field in row) for row in connection.execute(query)]


def check(what, holds):
    if not holds:
        sys.exit(f"fleet_check: failed: {what}")
    print(f"fleet_check: {what}")


class Server:
    """A PostgreSQL server in a temporary folder; None where it cannot be started."""

    def __init__(self, folder):
        self.ready = False
        self.tool = shutil.which("pg_ctl")
        initdb = shutil.which("initdb")
        for version in sorted(os.listdir("/usr/lib/postgresql")) if os.path.isdir("/usr/lib/postgresql") else []:
            initdb = initdb or shutil.which(f"/usr/lib/postgresql/{version}/bin/initdb")
            self.tool = self.tool or shutil.which(f"/usr/lib/postgresql/{version}/bin/pg_ctl")
        if not initdb or not self.tool:
            return
        # The server refuses to run as root.
        self.user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
        self.data = os.path.join(folder, "postgres")
        os.mkdir(self.data, 0o700)
        if self.user:
            os.chmod(folder, 0o755)
            os.chown(self.data, 65534, 65534)
        self.initdb = initdb
        environment = dict(os.environ, HOME=self.data)
        made = subprocess.run([*self.user, initdb, "-D", self.data, "-U", "plumbline", "-A", "trust"], capture_output=True,
                              env=environment)
        options = f"-c listen_addresses= -c unix_socket_directories={self.data} -c fsync=off"
        started = made.returncode == 0 and subprocess.run(
            [*self.user, self.tool, "-D", self.data, "-o", options, "-l", f"{self.data}/log", "-w", "start"],
            capture_output=True, env=environment).returncode == 0
        self.ready = started

    def address(self):
        return f"postgresql:///postgres?host={self.data}&user=plumbline"

    def rows(self, query):
        psql = shutil.which("psql") or os.path.join(os.path.dirname(self.tool), "psql")
        text = run([psql, self.address(), "-At", "-F", "\t", "-c", query])
        return sorted(tuple(line.split("\t")) for line in text.splitlines())

    def stop(self):
        if self.ready:
            subprocess.run([*self.user, self.tool, "-D", self.data, "-m", "immediate", "stop"], capture_output=True)


def interrupted(ledger, repos, cache, after=0.15):
    """Three processes; the second is killed once it has begun, and run again."""
    shards = [subprocess.Popen(fleet(ledger, repos, f"{cache}{i}", "--shard", f"{i}/3"), stdout=subprocess.DEVNULL)
              for i in (1, 2, 3)]
    time.sleep(after)
    shards[1].send_signal(signal.SIGKILL)
    for shard in shards:
        shard.wait()
    check("the other shards end well", shards[0].returncode == 0 and shards[2].returncode == 0)
    killed = shards[1].returncode == -signal.SIGKILL
    print(f"fleet_check: the second shard {'was killed' if killed else 'had ended before it could be killed'}")
    run(fleet(ledger, repos, f"{cache}2", "--shard", "2/3"))


def main(count):
    with tempfile.TemporaryDirectory() as work:
        repos = f"{work}/repos"
        generate(repos, count)
        begun = time.time()
        print(run(fleet(f"{work}/clean.db", repos, f"{work}/cache")).strip())
        first_night = time.time() - begun
        clean = sqlite_rows(f"{work}/clean.db", FINDINGS)
        controls = sqlite_rows(f"{work}/clean.db", CONTROLS)
        check(f"a first night finds something ({len(clean)} findings)", len(clean) > count)

        interrupted(f"{work}/shards.db", repos, f"{work}/cache-shard")
        check("three processes, one killed and resumed: the ledger equals a clean run's",
              sqlite_rows(f"{work}/shards.db", FINDINGS) == clean and sqlite_rows(f"{work}/shards.db", CONTROLS) == controls)

        for i in (1, 2, 3):
            run(fleet(f"{work}/part{i}.db", repos, f"{work}/cache-part{i}", "--shard", f"{i}/3"))
        run([plumbline, "merge", *(f"{work}/part{i}.db" for i in (1, 2, 3)), "--output", f"{work}/merged.db"])
        check("ledgers of shards merge into a clean run's", sqlite_rows(f"{work}/merged.db", FINDINGS) == clean)

        server = Server(work)
        try:
            if server.ready:
                interrupted(server.address(), repos, f"{work}/cache-pg")
                check("PostgreSQL, three processes, one killed and resumed: the ledger equals a clean run's",
                      server.rows(FINDINGS) == sorted(clean) and server.rows(CONTROLS) == sorted(controls))
                run([plumbline, "fleet", "report", "--ledger", server.address(), "--format", "json"])
            else:
                print("fleet_check: PostgreSQL is not installed here; skipped")
        finally:
            server.stop()

        changed = max(1, count // 100)
        for i in range(changed):
            commit(f"{repos}/team{i % 5}/repo{i}", {"env0/main.tf": 'resource "aws_sns_topic" "t" {}\n'}, 1700086400)
        begun = time.time()
        text = run(fleet(f"{work}/clean.db", repos, f"{work}/cache"))
        check(f"a second night judges what changed only: {text.splitlines()[0]}", f"({count - changed} unchanged)" in text)
        print(f"fleet_check: first night {first_night:.2f} s, second {time.time() - begun:.2f} s, {changed} of {count} changed")
        resolved = sqlite_rows(f"{work}/clean.db", "SELECT COUNT(*) FROM plumbline_findings WHERE resolved_at IS NOT NULL")
        check("what was repaired is resolved", int(resolved[0][0]) > 0)

        with open(f"{work}/list", "w") as out:
            out.write(f"# a list\n{repos}/team0/repo0\n{work}/gone\n{repos}/team1/repo1 no-such-branch\n")
        text = run(fleet(f"{work}/list.db", f"{work}/list", f"{work}/cache"), expect=2)
        check("one repository's failure stops no other", text.startswith("1 repositories scanned") and "gone" in text)


if __name__ == "__main__":
    main(int(sys.argv[2]) if len(sys.argv) > 2 else 40)
