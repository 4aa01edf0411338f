"""Processes that end with the test: each is a group of its own, killed by its id whatever happens."""
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


def group_alive(process):
    """Whether anybody of its group still runs; zombies that nobody collected do not count."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == process.pid and fields[0] not in "ZX":
            return True
    return False


def kill(process):
    """SIGKILL to the whole group, then waits until it is gone."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    end = time.monotonic() + 5
    while group_alive(process) and time.monotonic() < end:
        time.sleep(0.005)
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
    kill(process)  # whoever of its group was left behind
    return code


@atexit.register
def kill_all():
    for process in list(_running.values()):
        kill(process)


def _leave(number, _frame):
    sys.exit(128 + number)  # runs atexit


for _number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(_number, _leave)
