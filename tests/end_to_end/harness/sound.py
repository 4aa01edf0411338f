"""Tones, G.711, L16 and how loud a tone is: pure Python, so that a fresh machine needs nothing.

Levels are in dBFS: a sine of full scale is 0.
"""
import math
import struct
import wave

RATE = 8000
FRAME = 160  # samples of 20 ms


def _ulaw_decode(byte):
    byte = ~byte & 0xFF
    value = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return 0x84 - value if byte & 0x80 else value - 0x84


def _alaw_decode(byte):
    byte ^= 0x55
    value = (byte & 0x0F) << 4
    segment = (byte & 0x70) >> 4
    value += 8 if segment == 0 else 0x108
    if segment > 1:
        value <<= segment - 1
    return value if byte & 0x80 else -value


ULAW = [_ulaw_decode(byte) for byte in range(256)]
ALAW = [_alaw_decode(byte) for byte in range(256)]


def _encoder(table):
    """Nearest code for each 16 bit sample, by bisection over the sorted values."""
    import bisect
    pairs = sorted((value, byte) for byte, value in enumerate(table))
    values = [value for value, _ in pairs]

    def encode(sample):
        at = bisect.bisect_left(values, sample)
        if at == 0:
            return pairs[0][1]
        if at == len(values):
            return pairs[-1][1]
        return pairs[at][1] if values[at] - sample < sample - values[at - 1] else pairs[at - 1][1]
    return encode


to_ulaw = _encoder(ULAW)
to_alaw = _encoder(ALAW)
L16 = 97          # the payload type that is L16/16000 here
OPUS = 96         # scripted phones say it by Rtp.say(), they cannot play a tone in it
TONE_KINDS = (0, 8, L16)
RATES = {0: 8000, 8: 8000, L16: 16000, OPUS: 48000}
FRAMES = {kind: rate // 50 for kind, rate in RATES.items()}
BYTES = {0: 1, 8: 1, L16: 2}   # of a sample
SILENCE = {0: bytes([to_ulaw(0)]) * FRAME, 8: bytes([to_alaw(0)]) * FRAME, L16: bytes(FRAMES[L16] * 2),
           OPUS: bytes([0xf8, 0xff, 0xfe])}   # what libopus makes of nothing


def tone(frequency, seconds, level_dbfs=-12.0, rate=RATE):
    amplitude = 32767 * 10 ** (level_dbfs / 20)
    return [round(amplitude * math.sin(2 * math.pi * frequency * n / rate)) for n in range(int(seconds * rate))]


def encoded_tone(frequency, payload_type=0, level_dbfs=-12.0):
    """One second that can be repeated without a click (whole number of periods)."""
    if payload_type == L16:
        samples = tone(frequency, 1.0, level_dbfs, RATES[L16])
        return struct.pack(f">{len(samples)}h", *samples)
    encode = to_ulaw if payload_type == 0 else to_alaw
    return bytes(encode(sample) for sample in tone(frequency, 1.0, level_dbfs))


def decoded(payload, payload_type=0):
    if payload_type == L16:
        return list(struct.unpack(f">{len(payload) // 2}h", payload[:len(payload) // 2 * 2]))
    table = ULAW if payload_type == 0 else ALAW
    return [table[byte] for byte in payload]


def level(samples, frequency, rate=RATE):
    """Level of one frequency by Goertzel's filter over a Hann window: neighbours 4/T Hz away do not leak in."""
    count = len(samples)
    if count < 16:
        return -math.inf
    step = 2 * math.pi / count
    coefficient = 2 * math.cos(2 * math.pi * frequency / rate)
    one = two = 0.0
    for n, sample in enumerate(samples):
        one, two = sample * (0.5 - 0.5 * math.cos(step * n)) + coefficient * one - two, one
    power = one * one + two * two - coefficient * one * two
    # A full-scale sine under a Hann window sums to amplitude * count / 4.
    amplitude = math.sqrt(max(power, 0.0)) / (count / 4)
    return 20 * math.log10(max(amplitude, 1e-3) / 32767)


def usual_level(samples, frequency, rate=RATE):
    """Median level over tenths of a second: a jump of the phase, as a jitter buffer makes, does not lower it."""
    size = rate // 10
    found = sorted(level(samples[at:at + size], frequency, rate) for at in range(0, len(samples) - size + 1, size))
    return found[len(found) // 2] if found else -math.inf


def loudness(samples):
    """Mean level; -90 at most quiet."""
    if not samples:
        return -math.inf
    mean = sum(sample * sample for sample in samples) / len(samples)
    return 10 * math.log10(max(mean, 1.0) / (32767 ** 2 / 2))


def write_wav(path, samples, rate=RATE):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def read_wav(path):
    """Samples and rate of a 16 bit mono file, also of one whose writer was cut off before it wrote the length."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"RIFF":
        raise ValueError(f"{path} is no WAV file")
    at, rate, channels = 12, RATE, 1
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt ":
            channels, rate = struct.unpack_from("<HI", data, at + 10)
        if name == b"data":
            body = data[at + 8:at + 8 + size] if 0 < size <= len(data) - at - 8 else data[at + 8:]
            body = body[:len(body) // 2 * 2]
            return list(struct.unpack(f"<{len(body) // 2}h", body))[::channels], rate
        at += 8 + size + size % 2
    return [], rate
