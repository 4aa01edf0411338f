"""Recordings as anybody's player sees them: libopusfile by ctypes."""
import ctypes
import struct

RATE = 48000       # what opusfile decodes to

_library = ctypes.CDLL("libopusfile.so.0")
_library.op_open_file.restype = ctypes.c_void_p
_library.op_open_file.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]
_library.op_read.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int16), ctypes.c_int,
                             ctypes.POINTER(ctypes.c_int)]
_library.op_channel_count.argtypes = [ctypes.c_void_p, ctypes.c_int]
_library.op_free.argtypes = [ctypes.c_void_p]


def played(path):
    """Samples of a mono Ogg Opus file at 48 kHz; fails on anything that a player would stumble over."""
    wrong = ctypes.c_int()
    handle = ctypes.c_void_p(_library.op_open_file(path.encode(), ctypes.byref(wrong)))
    if not handle:
        raise AssertionError(f"{path} is no Ogg Opus file: {wrong.value}")
    if _library.op_channel_count(handle, -1) != 1:
        raise AssertionError(f"{path} is not mono")
    some, data = (ctypes.c_int16 * 5760)(), b""
    while (got := _library.op_read(handle, some, 5760, None)) > 0:
        data += bytes(some)[:2 * got]
    _library.op_free(handle)
    if got < 0:
        raise AssertionError(f"{path}: opusfile stops with {got}")
    return struct.unpack(f"={len(data) // 2}h", data)
