// A process that is killed while it writes. What it was told is durable must be there.
#include <doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/prng.hpp"
#include "journal/store.hpp"
#include "journal/testing.hpp"
#include "journal/testing_disk.hpp"

using namespace journal;
using namespace journal::testing;

namespace {

constexpr const char* child_variable = "PARTYLINE_JOURNAL_CHILD";

}  // namespace

TEST_CASE("child: appends until it is killed" *
          doctest::skip(std::getenv(child_variable) == nullptr)) {
    const char* path = std::getenv(child_variable);
    if (path == nullptr) return;
    auto store = Store::open(path);
    REQUIRE(store.ok());
    History history{store.value()->epoch()};
    Prng prng{static_cast<std::uint64_t>(::getpid())};
    for (int i = 0; i < 20; ++i) {
        const std::string stream = "user/" + std::to_string(i);
        history.follow(stream, store.value()->head(stream).value());
    }
    while (true) {
        const std::string stream = "user/" + std::to_string(prng.below(20));
        Append append = history.next(stream, std::string(prng.below(2000), 'k'));
        const std::string line = stream + " " + std::to_string(append.sequence) + "\n";
        append.done = [line](const Appended& answer) {
            if (answer.fault == Fault::none && ::write(STDOUT_FILENO, line.data(), line.size()) < 0)
                _exit(1);
        };
        store.value()->append(std::move(append));
        if (prng.below(8) == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
}

namespace {

// Runs the child above on `path` for a while, kills it, and adds what it was told is durable.
void run_and_kill(const std::string& path, int milliseconds_to_live, Acknowledged& acknowledged) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    REQUIRE(::setenv(child_variable, path.c_str(), 1) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe_ends[1], STDOUT_FILENO);
        ::close(pipe_ends[0]);
        ::execl("/proc/self/exe", "journal_test", "-ns", "-tc=child: appends until it is killed",
                static_cast<char*>(nullptr));
        _exit(127);
    }
    ::unsetenv(child_variable);
    ::close(pipe_ends[1]);
    std::string told;
    std::thread listener{[&] {
        char bytes[65536];
        for (ssize_t n = 0; (n = ::read(pipe_ends[0], bytes, sizeof bytes)) > 0;) {
            told.append(bytes, static_cast<std::size_t>(n));
        }
    }};
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds_to_live));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    listener.join();
    ::close(pipe_ends[0]);
    std::size_t start = 0;
    for (std::size_t end = 0; (end = told.find('\n', start)) != std::string::npos;
         start = end + 1) {
        const std::string line = told.substr(start, end - start);
        const std::size_t space = line.find(' ');
        if (!line.starts_with("user/") || space == std::string::npos) continue;
        std::uint64_t& last = acknowledged[line.substr(0, space)];
        last = std::max<std::uint64_t>(last, std::stoull(line.substr(space + 1)));
    }
}

}  // namespace

TEST_CASE("kill -9 at any moment loses nothing that was acknowledged") {
    const TempDirectory directory;
    Acknowledged acknowledged;
    Prng prng{11};
    for (int round = 0; round < 6; ++round) {
        CAPTURE(round);
        run_and_kill(directory.path(), 250 + static_cast<int>(prng.below(400)), acknowledged);
        REQUIRE(lost_of(directory.path(), acknowledged) == "");
    }
    CHECK(acknowledged.size() == 20);
}
