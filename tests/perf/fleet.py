#!/usr/bin/env python3
"""What the nightly scan costs: 1,000 generated repositories of 3 to 10 root modules on one process and on two, a night on which 1 % changed, three
processes on one PostgreSQL of which one is killed and resumed. Prints a table; figures in RESULTS.md are from it.
Usage: fleet.py PLUMBLINE [REPOSITORIES]"""
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import fleet_check as check  # noqa: E402


def night(count, commands, what):
    """Runs the processes side by side: wall time, CPU time of all together, and of the busiest one, which is what the wall
    time would be on cores that nobody else uses."""
    load, begun = os.getloadavg()[0], time.time()
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    used = []
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        used.append(usage.ru_utime + usage.ru_stime)
        if process.returncode != 0:
            sys.exit(f"fleet.py: {what} failed")
    wall = time.time() - begun
    print(f"| {what} | {wall:.1f} s | {sum(used):.1f} s | {max(used):.1f} s | {sum(used) / count * 1e3:.2f} ms | {load:.1f} |", flush=True)
    return wall, sum(used), max(used)


def main(count):
    with tempfile.TemporaryDirectory() as work:
        repos = f"{work}/repos"
        check.generate(repos, count, 3, 10)
        print("| | wall | CPU | busiest process | CPU a repository | load before |\n| --- | ---: | ---: | ---: | ---: | ---: |")
        one = night(count, [check.fleet(f"{work}/one.db", repos, f"{work}/cache")], "first night, one process")
        two = night(count, [check.fleet(f"{work}/two.db", repos, f"{work}/two{i}", "--shard", f"{i}/2") for i in (1, 2)],
                    "first night, two processes, one ledger")
        clean = check.sqlite_rows(f"{work}/one.db", check.FINDINGS)
        controls = check.sqlite_rows(f"{work}/one.db", check.CONTROLS)
        if check.sqlite_rows(f"{work}/two.db", check.FINDINGS) != clean:
            sys.exit("fleet.py: two processes gave another ledger than one")
        for i in range(max(1, count // 100)):
            check.commit(f"{repos}/team{i % 5}/repo{i}", {"env0/main.tf": 'resource "aws_sns_topic" "t" {}\n'}, 1700086400)
        second = night(count, [check.fleet(f"{work}/one.db", repos, f"{work}/cache")], "second night, 1 % changed")
        print(f"\n{len(clean)} findings; ledger of {os.path.getsize(f'{work}/one.db') / 1e6:.0f} MB. Two processes are {one[0] / two[0]:.2f} times as fast ({one[2] / two[2]:.2f} by the CPU time of the "
              f"busiest), for {two[1] / one[1]:.2f} times the CPU time. The second night took {second[0] / one[0]:.1%} of the first one's time, {second[1] / one[1]:.1%} of its CPU.", flush=True)
        check.generate(f"{work}/again", count, 3, 10)
        server = check.Server(work)
        try:
            if not server.ready:
                sys.exit("fleet.py: PostgreSQL is not installed here")
            begun = time.time()
            check.interrupted(server.address(), f"{work}/again", f"{work}/cache-pg", after=one[0] / 6)
            same = [row[1:] for row in server.rows(check.FINDINGS)], [row[1:] for row in server.rows(check.CONTROLS)]
            if (sorted(same[0]), sorted(same[1])) != (sorted(row[1:] for row in clean), sorted(row[1:] for row in controls)):
                sys.exit("fleet.py: the ledger in PostgreSQL differs from a clean run's")
            print(f"PostgreSQL, three processes, the second killed after {one[0] / 6:.1f} s and resumed: {time.time() - begun:.1f} s, and the ledger equals a clean run's.")
        finally:
            server.stop()


main(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
