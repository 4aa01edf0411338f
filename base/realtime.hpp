// REALTIME marks a function that never locks, allocates, logs, waits or calls the system (but for
// the socket batch and the sleep of a mixer worker). The compiler checks it where it knows how;
// tests count.
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define REALTIME [[clang::nonblocking]]
#else
#define REALTIME
#endif
