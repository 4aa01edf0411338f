"""What is in a sound besides the tones that belong there: clicks, gaps, echoes, noise of a codec.

In windows of 100 ms the expected tones are fitted by least squares (under a Hann window, phases free) and taken
away. What is left, against what was there, is the residue in dB. A click, a phase jump or a hole within a window
leaves -9 dB and more (three tones, a millisecond cut out: -4; a hole of 5 ms: -9); a codec's noise is there in every
window alike.
"""
import math

WINDOW_S = 0.1


def _solve(matrix, right):
    """Gauss with pivots; the matrix is small, symmetric and well conditioned (tones lie 100 Hz apart)."""
    size = len(right)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for at in range(size):
        best = max(range(at, size), key=lambda n: abs(rows[n][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for below in range(at + 1, size):
            factor = rows[below][at] / rows[at][at]
            rows[below] = [b - factor * a for a, b in zip(rows[at], rows[below])]
    found = [0.0] * size
    for at in reversed(range(size)):
        found[at] = (rows[at][size] - sum(rows[at][n] * found[n] for n in range(at + 1, size))) / rows[at][at]
    return found


class Ear:
    """Prepared for these tones at this rate: the windowed sines and their products are the same for each window."""

    def __init__(self, tones, rate):
        self.count = int(WINDOW_S * rate)
        hann = [0.5 - 0.5 * math.cos(2 * math.pi * n / self.count) for n in range(self.count)]
        self._hann = hann
        self._waves = [[weight * wave(2 * math.pi * tone * n / rate) for n, weight in enumerate(hann)]
                       for tone in tones for wave in (math.sin, math.cos)]
        self._products = [[sum(map(float.__mul__, one, other)) for other in self._waves] for one in self._waves]

    def residue_db(self, samples):
        """Energy beside the tones against all energy; 0 for silence."""
        windowed = [sample * weight for sample, weight in zip(samples, self._hann)]
        energy = sum(value * value for value in windowed)
        if energy < self.count:
            return 0.0
        dots = [sum(map(float.__mul__, windowed, wave)) for wave in self._waves]
        explained = sum(a * b for a, b in zip(_solve(self._products, dots), dots))
        return 10 * math.log10(max(energy - explained, energy * 1e-9) / energy)


def residues(samples, tones, rate, windows=20):
    """Residues of that many windows, evenly spread and half overlapping where they have to, sorted best first."""
    ear = Ear(tones, rate)
    last = len(samples) - ear.count
    if last <= 0:
        return [0.0] * windows
    starts = [last * n // (windows - 1) for n in range(windows)]
    return sorted(ear.residue_db(samples[start:start + ear.count]) for start in starts)
