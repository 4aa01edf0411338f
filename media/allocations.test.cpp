// malloc of this test program, counting; and the proof that it counts.
#include "media/test_allocations.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

thread_local std::uint64_t counted = 0;
std::atomic<bool> watching{false};
std::atomic<std::uint64_t> on_workers{0};

[[maybe_unused]] void count() noexcept {
    ++counted;
    if (!watching.load(std::memory_order_relaxed)) return;
    char name[16] = {};
    (void)prctl(PR_GET_NAME, name);
    if (std::strcmp(name, "media") == 0) on_workers.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

#if !defined(PARTYLINE_SANITIZED)
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* old, std::size_t bytes);
void* malloc(std::size_t bytes) {
    count();
    return __libc_malloc(bytes);
}
void* calloc(std::size_t items, std::size_t bytes) {
    count();
    return __libc_calloc(items, bytes);
}
void* realloc(void* old, std::size_t bytes) {
    count();
    return __libc_realloc(old, bytes);
}
}
#endif

namespace media::test {
std::uint64_t allocations_of_this_thread() noexcept { return counted; }
void watch_workers(bool on) noexcept { watching.store(on); }
std::uint64_t allocations_on_workers() noexcept { return on_workers.load(); }
}  // namespace media::test

TEST_CASE("the counter of allocations counts") {
    std::unique_ptr<int> kept;
    const auto made = media::test::allocations_during([&] { kept = std::make_unique<int>(7); });
    REQUIRE(*kept == 7);
    CHECK(made == (media::test::allocations_are_counted ? 1 : 0));
    CHECK(media::test::allocations_during([] {}) == 0);
}
