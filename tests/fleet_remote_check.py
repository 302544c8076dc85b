#!/usr/bin/env python3
"""`fleet` over git's smart HTTP: a server of this test's own in front of `git http-backend`, which also fails, hangs, asks
for a password and speaks TLS. Usage: fleet_remote_check.py PLUMBLINE"""
import base64
import collections
import http.server
import json
import os
import random
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

plumbline = os.path.abspath(sys.argv[1])
DEADLINE = 8  # seconds for a repository; the test lasts about as long
SECRET = "correct-horse-battery"
BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "b"\n}\n'


def run(command, expect=0, environment=None):
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != expect:
        sys.exit(f"fleet_remote_check: {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def check(what, holds, said=""):
    if not holds:
        sys.exit(f"fleet_remote_check: failed: {what}\n{said}")
    print(f"fleet_remote_check: {what}", flush=True)


def commit(path, files, parent="main", branch="main"):
    text = f"commit refs/heads/{branch}\ncommitter Ann <ann@example.org> {int(time.time())} +0000\ndata 4\nwork\n"
    if parent and subprocess.run(["git", "-C", path, "rev-parse", "-q", "--verify", parent], capture_output=True).returncode == 0:
        text += f"from refs/heads/{parent}^0\n"
    stream = text.encode()
    for name, body in files.items():
        stream += f"M 100644 inline {name}\ndata {len(body)}\n".encode() + (body if isinstance(body, bytes) else body.encode()) + b"\n"
    subprocess.run(["git", "-C", path, "fast-import", "--quiet", "--force"], input=stream, check=True)


def create(root, name, files):
    path = f"{root}/{name}.git"
    run(["git", "init", "-q", "--bare", "-b", "main", path])
    commit(path, files)
    return path


class Handler(http.server.BaseHTTPRequestHandler):
    """/NAME.git/... is served from the root; the first part of a path may ask for a fault."""

    protocol_version = "HTTP/1.1"
    root = ""
    seen = collections.defaultdict(list)  # first two parts of the path -> (what, bytes of the answer)
    ended = threading.Event()

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        out = b""
        while size := int(self.rfile.readline(), 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        path, _, query = self.path.partition("?")
        parts = path.strip("/").split("/")
        fault = parts.pop(0) if not parts[0].endswith(".git") else ""
        key = f"{fault}/{parts[0]}" if fault else parts[0]
        asked = "pack" if parts[-1] == "git-upload-pack" else "refs"
        body = self.body()
        if fault == "silent":
            self.seen[key].append((asked, 0))
            self.ended.wait()
            return
        if fault == "flaky" and len(self.seen[key]) < 2:
            self.seen[key].append(("503", 0))
            return self.answer(503, [], b"busy\n")
        wanted = "Basic " + base64.b64encode(f"robot:{SECRET}".encode()).decode()
        if fault == "private" and self.headers.get("Authorization") != wanted:
            self.seen[key].append(("401", 0))
            return self.answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
        environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command,
                       "PATH_INFO": "/" + "/".join(parts), "QUERY_STRING": query, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                       "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "127.0.0.1", "GIT_CONFIG_COUNT": "1",
                       "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*", "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.seen[key].append((asked, len(rest)))
        try:
            self.answer(status, [pair for pair in headers if pair[0] != "Status"], rest)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who has had enough hangs up

    do_GET = do_POST = serve


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that refuses our certificate


def start(context=None):
    server = Quiet(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def fleet(work, lines, expect, environment=None, name="fleet", *more, before=()):
    with open(f"{work}/{name}.txt", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    command = [*before, plumbline, "fleet", "--repos", f"{work}/{name}.txt", "--ledger", f"{work}/{name}.db", "--cache", f"{work}/cache", "--jobs", "8",
               "--deadline", str(DEADLINE), "--retries", "3", "--max-megabytes", "1", "--log-json", *more]
    done = run(command, expect, environment)
    return done.stdout, [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")], done.stderr


def certificate(work):
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{work}/key.pem", "-out", f"{work}/certificate.pem", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{work}/certificate.pem", f"{work}/key.pem")
    return context


def tls(work, environment):
    if not shutil.which("openssl"):
        print("fleet_remote_check: openssl is not installed here; TLS skipped")
        return
    port = start(certificate(work))
    lines = [f"https://localhost:{port}/good.git"]
    said, _, errors = fleet(work, lines, 2, environment, "tls", "--retries", "1")
    check("a host whose certificate nobody vouches for is refused", "certificate" in said, said + errors)
    # Where mounts can be made for one process, the machine's list of authorities is ours.
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    trusting = ["unshare", "--mount", "sh", "-c", f'mount --bind {work}/certificate.pem {bundle} && exec "$@"', "sh"]
    if subprocess.run([*trusting, "true"], capture_output=True).returncode != 0:
        print("fleet_remote_check: no mount can be made here; a trusted certificate skipped")
        return
    said, _, errors = fleet(work, lines, 0, environment, "tls", before=trusting)
    check("one that an authority of the machine vouches for is taken", said.startswith("1 repositories scanned"), said + errors)


def main():
    with tempfile.TemporaryDirectory() as work:
        Handler.root = root = f"{work}/served"
        os.mkdir(root)
        noise = random.Random(1).randbytes
        good = create(root, "good", {"main.tf": BUCKET, "picture.bin": noise(400_000)})
        commit(good, {"main.tf": BUCKET.replace('"b"', '"side"')}, branch="side")
        for name in ("same", "flaky", "private", "silent"):
            create(root, name, {"main.tf": BUCKET.replace('"b"', f'"{name}"')})
        create(root, "huge", {"main.tf": BUCKET, "film.bin": noise(3_000_000)})
        run(["git", "init", "-q", "--bare", "-b", "main", f"{root}/empty.git"])
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment.update(PLUMBLINE_GIT_USER="robot", PLUMBLINE_GIT_PASSWORD=SECRET, no_proxy="127.0.0.1,localhost")
        at = f"http://127.0.0.1:{start()}"
        scanned = [f"{at}/good.git", f"{at}/good.git side", f"{at}/same.git", f"{at}/flaky/flaky.git", f"{at}/private/private.git",
                   f"{at}/empty.git"]
        failing = [f"{at}/silent/silent.git", f"{at}/huge.git", f"{at}/nowhere.git", "http://127.0.0.1:9/refused.git"]
        begun = time.time()
        said, events, errors = fleet(work, scanned + failing, 2, environment)
        took = time.time() - begun
        report = said + errors
        check(f"a first night over HTTP: {said.splitlines()[0]}", said.startswith(f"{len(scanned)} repositories scanned (0 unchanged), {len(failing)} not"), report)
        check(f"a host that never answers is left at the deadline ({took:.1f} s)", DEADLINE <= took < DEADLINE + 6 and f"silent/silent.git: it was not fetched within the deadline of {DEADLINE} seconds" in said, report)
        check("a host that is busy twice is asked a third time", [what for what, _ in Handler.seen["flaky/flaky.git"]] == ["503", "503", "refs", "pack"],
              Handler.seen["flaky/flaky.git"])
        again = [event for event in events if event.get("message") == "trying again" and "flaky" in event.get("repository", "")]
        check("and the log says so", len(again) == 2 and "503" in json.dumps(again), report)
        check("a repository beyond the limit is named with it", "huge.git: it is larger than the limit of 1 MiB" in said, report)
        check("one that is not there is named, and not asked for again",
              "nowhere.git: unexpected http status code: 404" in said and len(Handler.seen["nowhere.git"]) == 1, report)
        check("so is a host that cannot be reached", "refused.git" in said, report)
        check("a password from the environment opens a private one", ("pack", ) == tuple(what for what, _ in Handler.seen["private/private.git"][-1:]))

        first = dict(Handler.seen["good.git"])["pack"]
        Handler.seen.clear()
        commit(good, {"main.tf": BUCKET.replace("}", '  tags = { owner = "ann" }\n}')})
        said, _, errors = fleet(work, scanned, 0, environment)
        check(f"a second night: {said.splitlines()[0]}", "(5 unchanged), 0 not" in said, said + errors)
        check("of what did not change only the references are asked", [what for what, _ in Handler.seen["same.git"]] == ["refs"], Handler.seen["same.git"])
        second = max(size for what, size in Handler.seen["good.git"] if what == "pack")
        check(f"of what did only what is new is fetched ({second} bytes after {first})", second < 2_000 < 400_000 < first)

        commit(good, {"main.tf": BUCKET.replace("bucket", "force_destroy = true\n  bucket")}, parent="")
        said, _, errors = fleet(work, scanned[:1], 0, environment)
        check("a rewritten history is followed", "(0 unchanged), 0 not" in said, said + errors)

        Handler.seen.clear()
        environment["PLUMBLINE_GIT_PASSWORD"] = "wrong-" + SECRET[:4]
        said, _, errors = fleet(work, [f"{at}/private/private.git"], 2, environment)
        check(f"a wrong password is not tried for long ({len(Handler.seen['private/private.git'])} requests)", len(Handler.seen["private/private.git"]) <= 4, said + errors)
        said, _, errors = fleet(work, [f"http://robot:{SECRET}@127.0.0.1:{at.rsplit(':', 1)[1]}/private/private.git"], 0, environment)
        check("one in the address is used", "1 repositories scanned" in said, said + errors)
        kept = subprocess.run(["grep", "-rlF", SECRET, f"{work}/cache", f"{work}/fleet.db"], capture_output=True, text=True).stdout
        check("and neither log nor ledger nor mirror holds it", SECRET not in said + errors and not kept, kept)
        with sqlite3.connect(f"{work}/fleet.db") as ledger:
            names = [name for (name, ) in ledger.execute("SELECT name FROM plumbline_repositories")]
        check("a branch is a repository of its own in the ledger", f"{at}/good.git#side" in names, names)
        tls(work, environment)
        Handler.ended.set()


main()
