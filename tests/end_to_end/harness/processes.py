"""Processes that end with the test: each begins a session of its own, all of which is killed whatever happens."""
import atexit
import ctypes
import os
import signal
import subprocess
import sys
import time

_running = {}
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def start(arguments, log_path, **options):
    """Starts a program whose output goes to `log_path` (appended).

    It dies with the thread that started it (prctl(2)), so a thread that starts one has to outlive its use.
    """
    with open(log_path, "ab") as log:
        process = subprocess.Popen(arguments, stdin=options.pop("stdin", subprocess.DEVNULL), stdout=log, stderr=log,
                                   start_new_session=True, preexec_fn=_die_with_parent, **options)
    _running[process.pid] = process
    return process


def of_session(process):
    """Ids of all that run in its session: a server leaves its parent's process group, but not the session.

    A zombie that nobody collected does not count, unless it has threads left: one that waits for the disk dies
    after its leader and holds the journal's lock until then.
    """
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        state, session, threads = fields[0], int(fields[3]), int(fields[17])
        if session == process.pid and (state not in "ZX" or threads > 1):
            found.append(int(entry))
    return found


def kill(process, patience_s=10.0):
    """SIGKILL to its whole session, then waits until it is gone."""
    end = time.monotonic() + patience_s
    while (left := of_session(process)) and time.monotonic() < end:
        for one in left:
            try:
                os.kill(one, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.poll()
        time.sleep(0.005)
    process.wait()
    _running.pop(process.pid, None)


def stop(process, patience_s=10.0):
    """SIGTERM to the process; its exit code, or None when it had to be killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(patience_s)
    except subprocess.TimeoutExpired:
        kill(process)
        return None
    kill(process)  # whoever of its session was left behind
    return code


@atexit.register
def kill_all():
    for process in list(_running.values()):
        kill(process)


def _leave(number, _frame):
    sys.exit(128 + number)  # runs atexit


for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(_number, _leave)
