#!/usr/bin/python3
"""The laboratory from outside, with the real program: what a researcher runs in the first hour.

The same seed gives the same hash with any number of jobs; the report's folder repeats its run, and its page opens in
Chromium without a word to any network; a simulated journal passes the tools for real ones, and a scenario learned
from it runs; what is wrong is named before hours are spent. A swarm runs, and a broken world's line is its own proof.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from harness.testing import check, eventually, main, run

HERE = os.path.dirname(os.path.abspath(__file__))
PARTYLINE = os.path.abspath(os.environ["PARTYLINE"])
SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(HERE)), "sim", "scenarios")
MINIMAL = os.path.join(SCENARIOS, "minimal.toml")


def partyline(*arguments, status=0):
    """The program's standard output and its complaints."""
    done = subprocess.run([PARTYLINE, *arguments], capture_output=True, text=True, timeout=120)
    check(done.returncode == status,
          f"partyline {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def result(*arguments):
    return json.loads(partyline(*arguments, "--json")[0])


def same_world(folder):
    """One seed is one world, whatever the number of jobs; another seed is another."""
    one = result("simulate", MINIMAL, "--seed", "7", "--jobs", "1")
    for field in ("seed", "state_hash", "events", "virtual_seconds", "wall_seconds", "metrics"):
        check(field in one, f"--json without {field}")
    check(one["seed"] == 7 and one["calls"] > 100, f"the run: {one['seed']}, {one['calls']} calls")
    two = result("simulate", MINIMAL, "--seed", "7", "--jobs", "2")
    check(one["state_hash"] == two["state_hash"] and one["metrics"] == two["metrics"], "two jobs made another world")
    check(result("simulate", MINIMAL, "--seed", "8")["state_hash"] != one["state_hash"], "seed 8 is seed 7")
    told = partyline("simulate", MINIMAL, "--seed", "7")[0].splitlines()
    check(told[0].startswith("seed 7  commit ") and one["configuration"].startswith(told[0].split()[-1]), told[0])
    check(told[-1] == f"state {one['state_hash']}", f"the last line: {told[-1]}")


def report(folder):
    """The report repeats itself, and its page needs nothing but a browser."""
    made = os.path.join(folder, "report")
    first = result("simulate", MINIMAL, "--seed", "3", "--until", "30m", "--report", made)
    with open(os.path.join(made, "run.txt")) as file:
        command = file.readline().split()
    check(command[0] == "partyline", f"run.txt begins with {command}")
    again = subprocess.run([PARTYLINE, *command[1:], "--json"], cwd=made, capture_output=True, text=True, timeout=60)
    check(json.loads(again.stdout)["state_hash"] == first["state_hash"], "run.txt makes another world")
    with open(os.path.join(made, "report.html")) as file:
        page = file.read()
    check("<svg" in page, "a report without a plot")
    for outside in (" src=", "url(", "<link", "fetch(", "import "):
        check(outside not in page, f"the page asks for something else: {outside}")
    profile = os.path.join(folder, "browser")
    shown = subprocess.run(["/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                            "--disable-background-networking", "--disable-component-update", "--disable-sync",
                            f"--user-data-dir={profile}", "--window-size=1200,1600",
                            f"--screenshot={folder}/report.png", "--dump-dom", f"file://{made}/report.html"],
                           capture_output=True, text=True, timeout=90)
    for word in ("Minimal", "set_up_delay_s", first["state_hash"][:16]):
        check(word in shown.stdout, f"the shown page does not say {word}")


def compared(folder):
    """Two scenarios under the same chances: what does not differ differs by nothing."""
    with open(MINIMAL) as file:
        text = file.read()
    other = os.path.join(folder, "three_lines.toml")
    check("[trunk]" not in text, "the minimal scenario has a trunk now")
    with open(other, "w") as file:
        file.write(text + "\n[trunk]\nlines = 3\n")
    told = partyline("simulate", "compare", MINIMAL, other, "--seed", "2")[0]
    row = lambda metric: next(line for line in told.splitlines() if line.startswith(metric + " "))
    check(row("blocked_line").endswith("higher"), row("blocked_line"))
    same = partyline("simulate", "compare", MINIMAL, MINIMAL, "--seed", "2")[0]
    check("higher" not in same.replace('"higher"', "") and "lower" not in same.replace('"lower"', ""), same)


def journal(folder):
    """A simulated journal is a journal: the tools for real ones read it, and a scenario is learned from it."""
    data = os.path.join(folder, "data")
    result("simulate", MINIMAL, "--seed", "5", "--journal", data)
    partyline("journal", "check", data, "--rules")
    verified = result("replay", "verify", data)
    check(verified["ok"] and verified["transitions"] > 500, f"verify: {verified}")
    learned = os.path.join(folder, "learned.toml")
    partyline("simulate", "fit", data, "--out", learned)
    again = result("simulate", learned, "--seed", "1", "--replications", "1")
    check(20 < again["calls"] < 500, f"the learned scenario makes {again['calls']} calls, the recorded had some 100")


def refused(folder):
    """What is wrong is said in a line, with its place, before anything runs."""
    wrong = os.path.join(folder, "wrong.toml")
    with open(MINIMAL) as file:
        lines = file.read().splitlines()
    at = next(i for i, line in enumerate(lines) if "poisson" in line)
    with open(wrong, "w") as file:
        file.write("\n".join(lines).replace("poisson", "poison"))
    said = partyline("simulate", wrong, status=2)[1]
    check(f"wrong.toml:{at + 1}: " in said and '"poisson"' in said, said)
    said = partyline("simulate", MINIMAL, "--set", "trunk.linez=3", status=2)[1]
    check("Did you mean lines?" in said, said)
    out, said = partyline("simulate", MINIMAL, "--until", "8000h", "--report", "/proc/none", status=1)
    check("--report" in said and not out, f"{out}{said}")
    check("A..B" in partyline("swarm", "--seeds", "9..3", status=2)[1], "a range the wrong way round")


def swarm(folder):
    """Some seeds are drawn, broken into, healed and judged; twice the same."""
    one, two = (result("swarm", "--seeds", "1..6", "--jobs", jobs) for jobs in ("1", "2"))
    check(one["ok"] and one["cases"] == 6 and one["crashes"] > 0, f"the swarm: {one}")
    for field in ("transitions", "wishes", "crashes", "virtual_seconds"):
        check(one[field] == two[field], f"{field} depends on the number of jobs")


def interrupted(folder):
    """Ctrl-C ends a long run at once, and leaves no terminal in disorder."""
    process = subprocess.Popen([PARTYLINE, "simulate", MINIMAL, "--until", "8000h"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: process.stdout.readline().startswith("seed "), 10, "it never said its seed")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        check(process.wait(5) != 0, "an interrupted run says that all is well")
    finally:
        if process.poll() is None:
            process.kill()


def story():
    folder = tempfile.mkdtemp(prefix="partyline-simulate-")
    try:
        run(same_world, report, compared, journal, refused, swarm, interrupted, arguments=(folder,))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(story)
