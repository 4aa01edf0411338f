"""Opus for scripted phones: libopus by ctypes, encoded before the call so that no encoder is late in it."""
import ctypes
import struct

RATE = 48000
FRAME = 960
VOIP = 2048
SET_BITRATE, SET_COMPLEXITY, SET_INBAND_FEC, SET_PACKET_LOSS_PERC = 4002, 4010, 4012, 4014

_library = ctypes.CDLL("libopus.so.0")
_library.opus_encoder_create.restype = ctypes.c_void_p
_library.opus_encoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
_library.opus_encode.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int32]
_library.opus_encoder_destroy.argtypes = [ctypes.c_void_p]
_library.opus_decoder_create.restype = ctypes.c_void_p
_library.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
_library.opus_decode.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int16),
                                 ctypes.c_int, ctypes.c_int]
_library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]


def decode(packets):
    """What a phone makes of packets that all came: 16 bit samples at 48 kHz, as bytes."""
    wrong = ctypes.c_int()
    handle = ctypes.c_void_p(_library.opus_decoder_create(RATE, 1, ctypes.byref(wrong)))
    if wrong.value:
        raise RuntimeError(f"libopus: {wrong.value}")
    pcm, data = (ctypes.c_int16 * FRAME)(), b""
    for packet in packets:
        if _library.opus_decode(handle, packet, len(packet), pcm, FRAME, 0) != FRAME:
            raise RuntimeError("libopus does not decode what it encoded")
        data += bytes(pcm)
    _library.opus_decoder_destroy(handle)
    return data


def encode(samples, fec, loss_percent=15, bitrate=32000):
    """Mono samples at 48 kHz as a list of packets of 20 ms."""
    wrong = ctypes.c_int()
    encoder = _library.opus_encoder_create(RATE, 1, VOIP, ctypes.byref(wrong))
    if wrong.value:
        raise RuntimeError(f"libopus: {wrong.value}")
    handle = ctypes.c_void_p(encoder)
    for request, value in ((SET_BITRATE, bitrate), (SET_COMPLEXITY, 5), (SET_INBAND_FEC, int(fec)),
                           (SET_PACKET_LOSS_PERC, loss_percent if fec else 0)):
        if _library.opus_encoder_ctl(handle, ctypes.c_int(request), ctypes.c_int32(value)) != 0:
            raise RuntimeError(f"libopus refuses {request} = {value}")
    out, packets = ctypes.create_string_buffer(1276), []
    for at in range(0, len(samples) - FRAME + 1, FRAME):
        size = _library.opus_encode(handle, struct.pack(f"={FRAME}h", *samples[at:at + FRAME]), FRAME, out, 1276)
        packets.append(out.raw[:size])
    _library.opus_encoder_destroy(handle)
    return packets
