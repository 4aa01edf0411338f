"""A test file is a list of named cases, run one after the other or side by side; it exits 0 only if all passed."""
import sys
import threading
import time
import traceback

_print_lock = threading.Lock()


def say(text):
    with _print_lock:
        print(text, flush=True)


def check(truth, text):
    if not truth:
        raise AssertionError(text)


def eventually(condition, seconds=5.0, text="the condition did not come true", step=0.03):
    """The first true value of `condition`, polled. `text` may be a function."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s: {text() if callable(text) else text}")
        time.sleep(step)


def _run(case, failures):
    started = time.monotonic()
    sentence = (case.__doc__ or case.__name__).strip().split("\n")[0]
    try:
        case()
    except (Exception, SystemExit) as error:
        failures.append(case.__name__)
        say(f"FAILED  {sentence}\n{''.join(traceback.format_exception(error))}")
    else:
        say(f"passed  {sentence}  ({time.monotonic() - started:.1f} s)")


def main(*cases, together=False):
    """Runs the cases whose names are given on the command line, or all."""
    chosen = [case for case in cases if len(sys.argv) == 1 or case.__name__ in sys.argv[1:]]
    if not chosen:
        sys.exit(f"no such case; there are: {', '.join(case.__name__ for case in cases)}")
    failures = []
    if together:
        threads = [threading.Thread(target=_run, args=(case, failures)) for case in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        for case in chosen:
            _run(case, failures)
    say(f"{len(chosen) - len(failures)} of {len(chosen)} cases passed" + (f"; failed: {', '.join(failures)}" if failures else ""))
    sys.exit(1 if failures else 0)
