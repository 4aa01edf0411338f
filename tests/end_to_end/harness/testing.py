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


def _run(case, arguments, failures):
    started = time.monotonic()
    sentence = (case.__doc__ or case.__name__).strip().split("\n")[0]
    try:
        case(*arguments)
    except (Exception, SystemExit) as error:
        failures.append(case.__name__)
        say(f"FAILED  {case.__name__}: {sentence}\n{''.join(traceback.format_exception(error))}")
    else:
        say(f"passed  {sentence}  ({time.monotonic() - started:.1f} s)")


def run(*cases, arguments=(), together=False):
    """Runs the cases whose names are given on the command line, or all; raises at the end if one failed."""
    chosen = [case for case in cases if len(sys.argv) == 1 or case.__name__ in sys.argv[1:]]
    if not chosen:
        sys.exit(f"no such case; there are: {', '.join(case.__name__ for case in cases)}")
    failures = []
    if together:
        threads = [threading.Thread(target=_run, args=(case, arguments, failures)) for case in chosen]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        for case in chosen:
            _run(case, arguments, failures)
    say(f"{len(chosen) - len(failures)} of {len(chosen)} cases passed")
    if failures:
        raise Failed(", ".join(failures))


class Failed(AssertionError):
    """Cases failed and have said why already."""


def main(story, *arguments):
    """Runs `story` as a program: 0 when it passes, 1 with its reason when not."""
    started = time.monotonic()
    try:
        story(*arguments)
    except Failed as error:
        say(f"FAILED: {error}")
        sys.exit(1)
    except Exception:
        say(f"FAILED\n{traceback.format_exc()}")
        sys.exit(1)
    say(f"passed in {time.monotonic() - started:.1f} s")
