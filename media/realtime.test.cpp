// The proof of the real-time zone: between two sleeps a worker calls the system for its sockets
// alone, and takes no lock. A worker of a watched engine asks for precedence when it begins; that
// call is ours in this program, and puts the thread behind a filter: any other system call is not
// made but counted. Locks are counted like allocations (allocations.test.cpp).
//
// Thread: the filter and the counts are the worker's own threads'. Under sanitizers, which bring
// system calls and locks of their own, nothing is counted.
#include <doctest/doctest.h>

#include <mutex>

#include "media/engine.hpp"
#include "media/test_phones.hpp"

#if !defined(PARTYLINE_SANITIZED) && defined(__x86_64__)
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <thread>

namespace {

std::atomic<bool> watching{false}, filtered{false};
std::atomic<int> calls_refused{0}, last_refused{-1}, locks_taken{0};
thread_local bool watched = false;

// What a worker may ask of the system in a tick; and what ends a thread, which no tick calls.
constexpr int allowed[] = {
    SYS_recvmmsg,     SYS_sendmmsg,       SYS_sendmsg, SYS_epoll_wait, SYS_clock_nanosleep,
    SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_madvise, SYS_exit,       SYS_exit_group};

void count_refused(int, siginfo_t* why, void* context) {
    calls_refused.fetch_add(1);
    last_refused.store(why->si_syscall);
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RAX] = -ENOSYS;
}

bool filter_this_thread() {
    struct sigaction action {};
    action.sa_sigaction = count_refused;
    action.sa_flags = SA_SIGINFO;
    if (sigaction(SIGSYS, &action, nullptr) != 0) return false;
    constexpr std::size_t count = std::size(allowed);
    std::array<sock_filter, count + 3> program;
    program[0] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    for (std::size_t i = 0; i < count; ++i) {
        program[i + 1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(allowed[i]),
                                  static_cast<std::uint8_t>(count - i), 0);
    }
    program[count + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    program[count + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog filter{.len = program.size(), .filter = program.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {
int pthread_setschedparam(pthread_t thread, int policy, const sched_param* parameters) noexcept {
    static auto* real = next<int(pthread_t, int, const sched_param*)>("pthread_setschedparam");
    const int result = real(thread, policy, parameters);
    if (!watching.load() || thread != pthread_self()) return result;
    watched = true;
    filtered.store(filter_this_thread());
    return result;
}
int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
    static std::atomic<int (*)(pthread_mutex_t*)> real{nullptr};
    if (real.load(std::memory_order_relaxed) == nullptr)
        real.store(next<int(pthread_mutex_t*)>("pthread_mutex_lock"), std::memory_order_relaxed);
    if (watched) locks_taken.fetch_add(1);
    return real.load(std::memory_order_relaxed)(mutex);
}
}

namespace {

/// Counts while it lives, for engines and threads that begin meanwhile.
struct Watch {
    Watch() {
        calls_refused.store(0);
        last_refused.store(-1);
        locks_taken.store(0);
        watching.store(true);
    }
    ~Watch() { watching.store(false); }
};

media::Options two_workers() {
    media::Options options;
    options.port_min = 40'000;
    options.port_max = 42'799;
    options.workers = 2;
    options.on_tape = [](const media::TapeFrame&) {};
    options.on_capture = [](const media::CaptureRecord&) {};
    return options;
}

}  // namespace

TEST_CASE("the counters of system calls and locks count") {
    const Watch watch;
    int read_refused = 0, locked = 0;
    std::thread worker([&] {
        const sched_param same{};
        (void)pthread_setschedparam(pthread_self(), SCHED_OTHER, &same);
        const int refused_before = calls_refused.load(), locked_before = locks_taken.load();
        char byte = 0;
        (void)!read(-1, &byte, 1);
        read_refused = calls_refused.load() - refused_before;
        std::mutex mutex;
        mutex.lock();
        mutex.unlock();
        locked = locks_taken.load() - locked_before;
    });
    worker.join();
    CHECK(locked == 1);
    // Where the machine lets nobody filter, locks are counted all the same.
    CHECK(read_refused == (filtered.load() ? 1 : 0));
}

TEST_CASE("a worker calls the system for its sockets and its sleep alone, and takes no lock") {
    using media::test::Phone;
    const Watch watch;
    {
        media::Engine engine(two_workers());
        std::vector<std::unique_ptr<Phone>> phones;
        std::vector<media::RoomLeg> seats;
        for (media::LegId leg = 1; leg <= 8; ++leg) {
            phones.push_back(std::make_unique<Phone>(leg, static_cast<int>(200 + 100 * leg)));
            phones.back()->shares = leg % 2 == 0;
            phones.back()->join(engine);
            seats.push_back({.leg = leg});
        }
        media::LegConfig opus = phones[7]->config();
        opus.format = {media::Codec::opus, 48'000};
        opus.payload_type = 96;
        const std::vector<std::string> prompts{"welcome"};
        engine.set_room(1, seats, {.loudest = 3, .level_voices = true, .gate_noise = true});
        engine.record(1, media::Recording::on);
        media::test::play_ms(phones, 300);
        engine.configure(8, opus);  // another codec in the middle of the call
        engine.play(1, prompts, false);
        engine.announce(1, "someone_joined");
        engine.set_room(2, std::span{seats}.first(3), {.suppress_silence = false, .capture = true});
        media::test::play_ms(phones, 300);
        seats[4].speaks = false;
        engine.set_room(1, std::span{seats}.subspan(3));
        engine.close(2);
        media::test::play_ms(phones, 2'800);  // the first RTCP reports come after 2.5 s
        CHECK(engine.statistics(3)->packets_sent > 100);
        CHECK(engine.statistics(3)->packets_received > 100);
    }
    CHECK(locks_taken.load() == 0);
    if (!filtered.load()) return;
    CAPTURE(last_refused.load());
    CHECK(calls_refused.load() == 0);
}
#endif
