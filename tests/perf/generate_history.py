#!/usr/bin/env python3
"""Generates bare git repositories for measurements: the same arguments give the same commits.

    generate_history.py FOLDER --commits 10000 --roots 1000 --per-folder 1000
    generate_history.py FOLDER --replay TREE --commits 1265

The first is an infrastructure repository: one module that every root calls, and commits fifty minutes apart that rewrite a
root each. `--per-folder` says how many roots stand in one folder: 1000 is the worst case (each commit makes a new list of
a thousand names), 50 is usual. The second adds a tree's files bit by bit, as their authors may have: for the search in
history, which cares for what patches hold.
"""
import argparse, os, random, shutil, subprocess

START, STEP = 1735689600, 3000  # 2025-01-01T00:00:00Z; 10,000 commits are 347 days


def data(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return b"data %d\n" % len(raw) + raw + b"\n"


def commit(number, time, message):
    who = b"Person %d <p%d@example.org> %d +0000" % (number % 7, number % 7, time)
    return b"commit refs/heads/main\ncommitter " + who + b"\n" + data(message)


def blob(path, text):
    return b"M 100644 inline " + path.encode() + b"\n" + data(text)


def run(folder, stream):
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", folder], check=True)
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], input=b"".join(stream), check=True)


MODULE = 'variable "acl" {}\nvariable "name" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.name\n  acl    = var.acl\n}\n'
ROOT = '''module "b" {
  source = "%smodules/bucket"
  acl    = "%s"
  name   = "x%d"
}
resource "aws_security_group" "s" {
  description = "d"
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["%s"]
  }
}
'''


def infrastructure(folder, commits, roots, per_folder):
    chance = random.Random(1)

    def root(number, acl):
        group = number // per_folder
        return blob("live/g%d/%d/main.tf" % (group, number),
                    ROOT % ("../../../", acl, number, chance.choice(["0.0.0.0/0", "10.0.0.0/8"])))

    stream = [commit(0, START, "Start"), blob("modules/bucket/main.tf", MODULE)]
    stream += [root(number, "private") for number in range(roots)]
    for number in range(commits):
        stream.append(commit(number, START + (number + 1) * STEP, "Change %d (#%d)" % (number, number)))
        stream.append(root(chance.randrange(roots), chance.choice(["private", "public-read"])))
    run(folder, stream)


def replay(folder, tree, commits):
    """The tree's files in order of their paths, in equal pieces: a commit adds the next piece, file by file and within
    one, so that long files are written over several commits."""
    texts = []
    for where, folders, names in os.walk(tree):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(where, name)
            if os.path.islink(path):
                continue
            with open(path, "rb") as file:
                texts.append((os.path.relpath(path, tree), file.read()))
    total = sum(len(text) for _, text in texts)
    piece = max(1, total // commits)
    stream, room, number = [], 0, 0
    for path, text in texts:
        done = 0
        while done < len(text) or not text:
            if room <= 0 and number < commits:
                stream.append(commit(number, START + number * STEP, "Step %d (#%d)" % (number, number)))
                number, room = number + 1, room + piece
            end = text.find(b"\n", min(len(text), done + room)) + 1
            end = end if end and number < commits else len(text)
            stream.append(blob(path, text[:end]))
            room -= end - done
            done = end
            if not text:
                break
    run(folder, stream)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--commits", type=int, default=10000)
    parser.add_argument("--roots", type=int, default=1000)
    parser.add_argument("--per-folder", type=int, default=1000)
    parser.add_argument("--replay", metavar="TREE")
    args = parser.parse_args()
    if args.replay:
        replay(args.folder, args.replay, args.commits)
    else:
        infrastructure(args.folder, args.commits, args.roots, args.per_folder)


if __name__ == "__main__":
    main()
