#include "app/supervisor.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>

#include "base/clock.hpp"

namespace app {
namespace {

volatile sig_atomic_t child_to_end = 0;
volatile sig_atomic_t asked_to_stop = 0;

void pass_on(int signal) {
    asked_to_stop = 1;
    if (child_to_end > 0)
        ::kill(static_cast<pid_t>(child_to_end), signal == SIGINT ? SIGTERM : signal);
}

void listen_to(int signal) {
    struct sigaction action {};
    action.sa_handler = pass_on;
    sigaction(signal, &action, nullptr);
}

[[noreturn]] void become_server(const std::function<int()>& serve, pid_t parent) {
    ::signal(SIGTERM, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(exit_done);  // it died before we asked
    ::setpgid(0, 0);  // Ctrl-C reaches the parent alone, who asks politely
    std::exit(serve());
}

int wait_for(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

}  // namespace

int supervise(const std::function<int()>& serve) {
    listen_to(SIGTERM);
    listen_to(SIGINT);
    std::deque<Instant> deaths;
    const pid_t self = ::getpid();
    for (;;) {
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child < 0) {
            std::fprintf(stderr, "partyline: cannot start the server: %s\n", std::strerror(errno));
            return 1;
        }
        if (child == 0) become_server(serve, self);
        child_to_end = child;
        if (asked_to_stop) ::kill(child, SIGTERM);
        const int status = wait_for(child);
        child_to_end = 0;
        const bool exited = WIFEXITED(status);
        if (exited && WEXITSTATUS(status) != exit_restart) return WEXITSTATUS(status);
        if (asked_to_stop) return exited ? 1 : 128 + WTERMSIG(status);
        const Instant now = base::steady_now();
        deaths.push_back(now);
        while (deaths.front() < now - minutes(1)) deaths.pop_front();
        const char* how = exited ? "ended to be started again" : strsignal(WTERMSIG(status));
        if (deaths.size() >= 5) {
            std::fprintf(stderr,
                         "partyline: the server died five times within a minute (%s): giving up\n",
                         how);
            return 1;
        }
        std::fprintf(stderr, "partyline: the server died (%s): starting it again\n", how);
    }
}

}  // namespace app
