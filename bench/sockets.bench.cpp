// Question: what does the system ask for one packet in and one out per leg and 20 ms, by the way
// the packets are moved? Budget: the engine's way costs at most a fifth more than `raw`, which
// receives and sends in batches on one socket and looks at nothing.
//
//     sockets [--legs 300] [--seconds 2] [--rounds 3] [--only raw,engine]      one JSON object
//
// A process of its own plays the phones: one socket and port each, 172 bytes, every 20 ms. The ways
// take turns within a run; the CPU time is getrusage's of the measured process alone.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bench/socket_engine.hpp"
#include "bench/socket_uring.hpp"
#include "bench/socket_ways.hpp"
#include "media/rtp.hpp"

namespace {

using namespace sockets;
using Clock = std::chrono::steady_clock;
constexpr auto tick = std::chrono::milliseconds(20);
struct Setup {
    std::size_t legs = 300;
    int seconds = 2, rounds = 3;
    std::string only;  // names of ways; empty: all
};

// ---- the run ----------------------------------------------------------------------------------

/// What the two processes tell each other.
struct Board {
    std::atomic<bool> stop{false};
    std::array<std::atomic<std::uint16_t>, 3'000> targets{};
};

void play_phones(std::size_t legs, Board& board) {
    std::vector<int> fds;
    for (std::size_t i = 0; i < legs; ++i) fds.push_back(bound(phones_port + i));
    std::vector<Packet> packets(legs);
    Packet heard;
    for (std::size_t i = 0; i < legs; ++i) {
        packets[i].fill(0xff);  // silence, but for the three who talk
        for (std::size_t at = 12; i < 3 && at < packet_bytes; ++at)
            packets[i][at] = static_cast<std::uint8_t>(0x10 + at % 7 * 16);
    }
    std::uint32_t frame = 0;
    for (auto next = Clock::now(); !board.stop; std::this_thread::sleep_until(next += tick)) {
        ++frame;
        for (std::size_t i = 0; i < legs; ++i) {
            const auto header =
                media::write_rtp_header({.sequence = static_cast<std::uint16_t>(frame),
                                         .timestamp = frame * 160,
                                         .ssrc = static_cast<std::uint32_t>(i + 1)});
            std::ranges::copy(header, packets[i].begin());
            const sockaddr_in to = at(board.targets[i]);
            (void)sendto(fds[i], packets[i].data(), packet_bytes, MSG_DONTWAIT,
                         reinterpret_cast<const sockaddr*>(&to), sizeof to);
            while (recv(fds[i], heard.data(), heard.size(), MSG_DONTWAIT) > 0) {
            }
        }
    }
}

double cpu_us() {
    rusage used{};
    (void)getrusage(RUSAGE_SELF, &used);
    const auto us = [](const timeval& t) { return 1e6 * double(t.tv_sec) + double(t.tv_usec); };
    return us(used.ru_utime) + us(used.ru_stime);
}

struct Figure {
    std::vector<double> us_per_leg_and_frame;
    double received_of_expected = 0;
};

struct Candidate {
    std::string name;
    bool one_port;
    std::function<std::unique_ptr<Way>(std::size_t, PhoneTargets)> make;
};

void measure(const Candidate& candidate, const Setup& setup, Board& board, Figure& figure) {
    for (std::size_t i = 0; i < setup.legs; ++i)
        board.targets[i] = static_cast<std::uint16_t>(server_port + (candidate.one_port ? 0 : i));
    const auto way = candidate.make(setup.legs, board.targets);
    const int warm = 50, ticks = setup.seconds * 50;
    double before = 0;
    std::size_t received = 0;
    auto next = Clock::now();
    for (int i = 0; i < warm + ticks; ++i) {
        std::this_thread::sleep_until(next += tick);
        if (i == warm) {
            before = cpu_us();
            received = 0;
        }
        received += way->move();
    }
    const double frames = double(ticks) * double(setup.legs);
    figure.us_per_leg_and_frame.push_back((cpu_us() - before) / frames);
    figure.received_of_expected = double(received) / frames;
}

std::vector<Candidate> candidates() {
    std::vector<Candidate> all;
    const auto shared = [&](const char* name, SharedOptions options) {
        all.push_back(
            {name, true, [options](std::size_t legs, PhoneTargets) -> std::unique_ptr<Way> {
                 return std::make_unique<Shared>(legs, options);
             }});
    };
    const auto own = [&](const char* name, Own::Options options) {
        all.push_back(
            {name, false, [options](std::size_t legs, PhoneTargets) -> std::unique_ptr<Way> {
                 return std::make_unique<Own>(legs, options);
             }});
    };
    shared("raw_32", {.batch = 32});
    shared("raw", {.batch = 64});
    shared("raw_256", {.batch = 256});
    shared("shared", {.demultiplex = true});
    shared("shared_two_pieces", {.demultiplex = true, .two_pieces = true});
    shared("shared_stamps", {.demultiplex = true, .stamps = true, .two_pieces = true});
    shared("shared_stamps_speech",
           {.demultiplex = true, .stamps = true, .speech = true, .two_pieces = true});
    own("own_epoll", {});
    own("own_epoll_stamps_speech", {.stamps = true, .speech = true});
    own("own_epoll_connected", {.connected = true});
    const auto engine = [&](const char* name, WholeEngine::Options options) {
        all.push_back(
            {name, true, [options](std::size_t legs, PhoneTargets targets) -> std::unique_ptr<Way> {
                 return std::make_unique<WholeEngine>(legs, options, targets);
             }});
    };
    engine("engine", {});
    engine("engine_two_workers", {.workers = 2});
    engine("engine_own_ports", {.share = false});
#if defined(PARTYLINE_URING)
    const auto uring = [&](const char* name, Uring::Options options) {
        all.push_back({name, options.shared,
                       [options](std::size_t legs, PhoneTargets) -> std::unique_ptr<Way> {
                           return std::make_unique<Uring>(legs, options);
                       }});
    };
    uring("own_uring", {});
    uring("own_uring_coop", {.flags = IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SINGLE_ISSUER});
    uring("own_uring_connected", {.connected = true});
    uring("shared_uring", {.shared = true});
#endif
    return all;
}

void print(const std::map<std::string, Figure>& figures, const Setup& setup) {
    std::cout << "{\"legs\": " << setup.legs << ", \"seconds\": " << setup.seconds
              << ", \"rounds\": " << setup.rounds << ", \"ways\": {";
    const char* between = "\n";
    for (const auto& [name, figure] : figures) {
        auto sorted = figure.us_per_leg_and_frame;
        std::ranges::sort(sorted);
        std::cout << between << "  \"" << name
                  << "\": {\"us_per_leg_and_frame\": " << sorted[sorted.size() / 2]
                  << ", \"least\": " << sorted.front()
                  << ", \"received\": " << figure.received_of_expected << "}";
        between = ",\n";
    }
    std::cout << "\n}}\n";
}

}  // namespace

int main(int argc, char** argv) {
    Setup setup;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--legs") setup.legs = std::min<std::size_t>(3'000, std::stoul(argv[i + 1]));
        if (name == "--seconds") setup.seconds = std::max(1, std::stoi(argv[i + 1]));
        if (name == "--only") setup.only = argv[i + 1];
        if (name == "--rounds") setup.rounds = std::max(1, std::stoi(argv[i + 1]));
    }
    rlimit files{};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    auto* board = new (mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Board;
    const pid_t phones = fork();
    if (phones == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        play_phones(setup.legs, *board);
        _exit(0);
    }
    std::map<std::string, Figure> figures;
    for (int round = 0; round < setup.rounds; ++round) {
        for (const Candidate& candidate : candidates()) {
            if (setup.only.empty() || setup.only.find(candidate.name) != std::string::npos)
                measure(candidate, setup, *board, figures[candidate.name]);
        }
    }
    board->stop = true;
    (void)waitpid(phones, nullptr, 0);
    print(figures, setup);
}
