"""A bad network between a scripted phone and the server: it loses and delays what the phone sends, by a seed.

    call.rtp.road = Road(seed=7, loss=0.05, jitter_s=0.06)

Loss is independent, or in bursts (Gilbert-Elliott): good and bad times follow each other, in a bad time half is
lost. A packet's fate depends on its number alone, so two phones on roads of one seed lose the same packets.
Thread: one of its own for all roads delivers what is late.
"""
import heapq
import itertools
import random
import threading
import time


class Road:
    def __init__(self, seed, loss=0.0, bursts=False, jitter_s=0.0, bad_loss=0.5, bad_frames_mean=6.0):
        self._chance = random.Random(seed)
        self.loss, self.bursts, self.jitter_s = loss, bursts, jitter_s
        self.bad_loss = bad_loss
        self._leave_bad = 1.0 / bad_frames_mean
        bad_share = loss / bad_loss                     # of the time, so that `loss` is the mean
        self._enter_bad = self._leave_bad * bad_share / (1.0 - bad_share)
        self._bad = False
        self.carried = self.lost = 0

    def delay(self):
        """Seconds that the next packet takes; None: it is lost."""
        dice, late = self._chance.random(), self._chance.random() * self.jitter_s
        loss = self.loss
        if self.bursts:
            turn = self._chance.random()
            self._bad = turn >= self._leave_bad if self._bad else turn < self._enter_bad
            loss = self.bad_loss if self._bad else 0.0
        self.carried += 1
        if dice < loss:
            self.lost += 1
            return None
        return late


class _Post:
    def __init__(self):
        self._heap, self._order = [], itertools.count()
        self._changed = threading.Condition()
        self._thread = None

    def send(self, at, deliver):
        with self._changed:
            heapq.heappush(self._heap, (at, next(self._order), deliver))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self):
        while True:
            with self._changed:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    self._changed.wait(self._heap[0][0] - time.monotonic() if self._heap else None)
                deliver = heapq.heappop(self._heap)[2]
            deliver()


post = _Post()
