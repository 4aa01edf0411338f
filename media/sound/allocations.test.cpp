// This test program counts allocations as that of media/ does, with the same counter: malloc is
// replaced per program, so each needs a copy of its own.
#include "media/allocations.test.cpp"
