// Counts allocations, to prove that the real-time zone makes none.
// Works in plain builds; sanitizers bring their own malloc, there
// the counters stay at zero and `allocations_are_counted` says so.
//
// Thread: allocations_during counts those of the calling
// thread; on_workers() those of threads named "media".
#pragma once

#include <cstddef>
#include <cstdint>

namespace media::test {

#if defined(PARTYLINE_SANITIZED)
inline constexpr bool allocations_are_counted = false;
#else
inline constexpr bool allocations_are_counted = true;
#endif

[[nodiscard]] std::uint64_t allocations_of_this_thread() noexcept;
void watch_workers(bool on) noexcept;
[[nodiscard]] std::uint64_t allocations_on_workers() noexcept;

template <class Work>
[[nodiscard]] std::uint64_t allocations_during(Work&& work) {
    const std::uint64_t before = allocations_of_this_thread();
    work();
    return allocations_of_this_thread() - before;
}

}  // namespace media::test
