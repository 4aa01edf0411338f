"""What benches of servers say: the machine, the scenarios, a line for people."""
import datetime
import os
import platform
import sys

from . import Room


LATE_MS_MAX = 5    # of the generator: above that, delay and gaps are the machine's and not the server's


def say(text):
    print(text, file=sys.stderr, flush=True)


def machine():
    with open("/proc/cpuinfo") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "cores": os.cpu_count(), "processor": models[0] if models else "?", "kernel": platform.release(),
            "load_before": round(os.getloadavg()[0], 2)}


def scenarios(codec, legs):
    return [lambda count=legs: Room("one_room", count, 0, 3, codec),
            lambda count=legs: Room("rooms_of_8", (count + 7) // 8 * 8, 8, 2, codec)]


def line_of(name, room, report):
    server, late = report["server"], report["generator"]["late_ms_p99"]
    return (f"  {name:10} {room.name:10} {room.codec:5} {report['legs']:5} legs  {server['legs_per_core']:6.0f} per core  "
            f"{server['us_per_leg_and_frame']:7.2f} us per leg and frame  loss {report['packets']['lost_percent']} %  "
            f"delay {report['delay']['p50_ms']}/{report['delay']['p99_ms']} ms  "
            f"{'keeps up' if report['keeps_up'] else 'DOES NOT KEEP UP'}"
            + (f"  (NOT TO BE TRUSTED: the generator was {late} ms late at p99)" if late > LATE_MS_MAX else ""))


def ratio(one, other):
    return round(one["server"]["legs_per_core"] / other["server"]["legs_per_core"], 2) \
        if other["server"]["legs_per_core"] else None
