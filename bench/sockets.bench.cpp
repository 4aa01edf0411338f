// Question: what does the system ask for one packet in and one out per leg and 20 ms, by the way
// the packets are moved? Budget: the engine's way costs at most a fifth more than `raw`, which
// receives and sends in batches on one socket and looks at nothing.
//
//     sockets [--legs 300] [--seconds 2] [--rounds 3]      one JSON object on stdout
//
// A process of its own plays the phones: one socket and port each, 172 bytes, every 20 ms. The ways
// take turns within a run; the CPU time is getrusage's of the measured process alone.
#include <arpa/inet.h>
#include <netinet/ip.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#if defined(PARTYLINE_URING)
#include <liburing.h>
#endif

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto tick = std::chrono::milliseconds(20);
constexpr std::size_t packet_bytes = 172;  // G.711, 20 ms
constexpr std::uint16_t phones_port = 30'000, server_port = 33'000;

struct Setup {
    std::size_t legs = 300;
    int seconds = 2, rounds = 3;
};

void check(bool ok, const char* what) {
    if (ok) return;
    std::cerr << what << ": " << std::strerror(errno) << "\n";
    std::exit(1);
}

sockaddr_in at(std::size_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int bound(std::size_t port, bool connect_to_phone = false, std::size_t phone = 0) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(fd >= 0, "socket");
    const sockaddr_in own = at(port);
    // io_uring lets go of its sockets only some time after its ring was closed.
    int tries = 100;
    while (bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 && --tries > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    check(tries > 0, "bind");
    const sockaddr_in peer = at(phones_port + phone);
    if (connect_to_phone)
        check(connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) == 0, "connect");
    return fd;
}

void set(int fd, int level, int option, int value) {
    check(setsockopt(fd, level, option, &value, sizeof value) == 0, "setsockopt");
}

/// One way to move packets: told once how many legs there are, then ticked.
struct Way {
    virtual ~Way() = default;
    /// Receives what is there and sends one packet to every phone. Returns how many came in.
    virtual std::size_t move() = 0;
};

using Packet = std::array<std::uint8_t, packet_bytes + 1>;

// ---- one socket for all -----------------------------------------------------------------------

struct SharedOptions {
    std::size_t batch = 64;
    bool demultiplex = false, stamps = false, speech = false, two_pieces = false;
};

class Shared final : public Way {
public:
    Shared(std::size_t legs, SharedOptions options)
        : options_(options),
          fd_(bound(server_port)),
          packets_(options.batch),
          from_(options.batch),
          pieces_(2 * options.batch),
          control_(options.batch),
          messages_(options.batch),
          table_(8'192, -1),
          legs_(legs),
          seen_(legs) {
        set(fd_, SOL_SOCKET, SO_RCVBUF, 4 << 20);
        set(fd_, SOL_SOCKET, SO_SNDBUF, 4 << 20);
        if (options.stamps) set(fd_, SOL_SOCKET, SO_TIMESTAMPNS, 1);
        if (options.speech) set(fd_, IPPROTO_IP, IP_TOS, IPTOS_DSCP_EF);
        for (std::size_t i = 0; i < legs; ++i) {
            std::size_t slot = slot_of(at(phones_port + i));
            while (table_[slot] >= 0) slot = (slot + 1) % table_.size();
            table_[slot] = static_cast<int>(i);
        }
    }
    ~Shared() override { close(fd_); }

    std::size_t move() override {
        const std::size_t got = receive();
        send();
        return got;
    }

private:
    [[nodiscard]] std::size_t slot_of(const sockaddr_in& from) const {
        const std::uint64_t key = std::uint64_t{from.sin_addr.s_addr} << 16 | from.sin_port;
        return (key * 0x9e37'79b9'7f4a'7c15u >> 32) % table_.size();
    }
    std::size_t receive() {
        std::size_t all = 0;
        while (true) {
            for (std::size_t i = 0; i < options_.batch; ++i) {
                pieces_[i] = {packets_[i].data(), packets_[i].size()};
                msghdr& message = messages_[i].msg_hdr;
                message = {.msg_name = &from_[i],
                           .msg_namelen = sizeof(sockaddr_in),
                           .msg_iov = &pieces_[i],
                           .msg_iovlen = 1};
                if (options_.stamps) {
                    message.msg_control = control_[i].data();
                    message.msg_controllen = control_[i].size();
                }
            }
            const int count = recvmmsg(fd_, messages_.data(), static_cast<unsigned>(options_.batch),
                                       MSG_DONTWAIT, nullptr);
            if (count <= 0) return all;
            all += static_cast<std::size_t>(count);
            for (int i = 0; options_.demultiplex && i < count; ++i)
                find(from_[static_cast<std::size_t>(i)]);
            if (static_cast<std::size_t>(count) < options_.batch) return all;
        }
    }
    void find(const sockaddr_in& from) {
        std::size_t slot = slot_of(from);
        while (table_[slot] >= 0) {
            const auto leg = static_cast<std::size_t>(table_[slot]);
            if (htons(static_cast<std::uint16_t>(phones_port + leg)) == from.sin_port) {
                ++seen_[leg];
                return;
            }
            slot = (slot + 1) % table_.size();
        }
    }
    void send() {
        for (std::size_t first = 0; first < legs_; first += options_.batch) {
            const std::size_t count = std::min(options_.batch, legs_ - first);
            for (std::size_t i = 0; i < count; ++i) {
                from_[i] = at(phones_port + first + i);
                pieces_[2 * i] = {packets_[i].data(), options_.two_pieces ? 12 : packet_bytes};
                pieces_[2 * i + 1] = {packets_[0].data(), packet_bytes - 12};
                messages_[i].msg_hdr = {.msg_name = &from_[i],
                                        .msg_namelen = sizeof(sockaddr_in),
                                        .msg_iov = &pieces_[2 * i],
                                        .msg_iovlen = options_.two_pieces ? 2u : 1u};
            }
            check(sendmmsg(fd_, messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT) ==
                      static_cast<int>(count),
                  "sendmmsg");
        }
    }

    const SharedOptions options_;
    const int fd_;
    std::vector<Packet> packets_;
    std::vector<sockaddr_in> from_;
    std::vector<iovec> pieces_;
    std::vector<std::array<std::uint8_t, 64>> control_;
    std::vector<mmsghdr> messages_;
    std::vector<int> table_;
    const std::size_t legs_;
    std::vector<std::uint64_t> seen_;
};

// ---- a socket for each ------------------------------------------------------------------------

class Own final : public Way {
public:
    struct Options {
        bool connected = false, stamps = false, speech = false;
    };
    Own(std::size_t legs, Options options)
        : connected_(options.connected), epoll_(epoll_create1(EPOLL_CLOEXEC)), events_(1'024) {
        for (std::size_t i = 0; i < legs; ++i) {
            fds_.push_back(bound(server_port + i, options.connected, i));
            if (options.stamps) set(fds_.back(), SOL_SOCKET, SO_TIMESTAMPNS, 1);
            if (options.speech) set(fds_.back(), IPPROTO_IP, IP_TOS, IPTOS_DSCP_EF);
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fds_.back(), &event) == 0, "epoll_ctl");
        }
    }
    ~Own() override {
        for (const int fd : fds_) close(fd);
        close(epoll_);
    }
    std::size_t move() override {
        std::size_t all = 0;
        int ready = 0;
        do {
            ready = epoll_wait(epoll_, events_.data(), 1'024, 0);
            for (int i = 0; i < ready; ++i)
                all += receive(fds_[events_[static_cast<std::size_t>(i)].data.u64]);
        } while (ready == 1'024);
        for (std::size_t i = 0; i < fds_.size(); ++i) send(i);
        return all;
    }

private:
    std::size_t receive(int fd) {
        for (std::size_t i = 0; i < 16; ++i) {
            pieces_[i] = {packets_[i].data(), packets_[i].size()};
            messages_[i].msg_hdr = {.msg_name = &from_[i],
                                    .msg_namelen = sizeof(sockaddr_in),
                                    .msg_iov = &pieces_[i],
                                    .msg_iovlen = 1,
                                    .msg_control = control_[i].data(),
                                    .msg_controllen = 64};
        }
        return static_cast<std::size_t>(
            std::max(0, recvmmsg(fd, messages_.data(), 16, MSG_DONTWAIT, nullptr)));
    }
    void send(std::size_t leg) {
        sockaddr_in to = at(phones_port + leg);
        std::array<iovec, 2> pieces{
            {{packets_[0].data(), 12}, {packets_[1].data(), packet_bytes - 12}}};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = 2;
        if (!connected_) {
            message.msg_name = &to;
            message.msg_namelen = sizeof to;
        }
        check(sendmsg(fds_[leg], &message, MSG_DONTWAIT) > 0, "sendmsg");
    }

    const bool connected_;
    const int epoll_;
    std::vector<int> fds_;
    std::vector<epoll_event> events_;
    std::array<Packet, 16> packets_{};
    std::array<sockaddr_in, 16> from_{};
    std::array<iovec, 16> pieces_{};
    std::array<std::array<std::uint8_t, 64>, 16> control_{};
    std::array<mmsghdr, 16> messages_{};
};

// ---- io_uring ---------------------------------------------------------------------------------

#if defined(PARTYLINE_URING)
class Uring final : public Way {
public:
    struct Options {
        bool shared = false, connected = false;
        unsigned flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    };
    Uring(std::size_t legs, Options options) : options_(options), legs_(legs), sends_(legs) {
        io_uring_params parameters{};
        parameters.flags = options.flags | IORING_SETUP_CQSIZE;
        parameters.cq_entries = 4 * buffer_count;
        check(io_uring_queue_init_params(4'096, &ring_, &parameters) == 0, "io_uring");
        provide_buffers();
        const std::size_t sockets = options.shared ? 1 : legs;
        for (std::size_t i = 0; i < sockets; ++i) {
            fds_.push_back(bound(server_port + i, options.connected, i));
            if (options.shared) set(fds_[0], SOL_SOCKET, SO_RCVBUF, 4 << 20);
            if (options.shared) set(fds_[0], SOL_SOCKET, SO_SNDBUF, 4 << 20);
        }
        wanted_.msg_namelen = sizeof(sockaddr_in);
        for (std::size_t i = 0; i < sockets; ++i) ask(i);
        prepare_sends();
        (void)io_uring_submit(&ring_);
    }
    ~Uring() override {
        for (const int fd : fds_) close(fd);
        io_uring_queue_exit(&ring_);
        munmap(buffers_, ring_bytes());
    }

    std::size_t move() override {
        // The kernel completes some tens of packets per call, then wants to be asked again.
        std::size_t got = 0;
        for (std::size_t more = 1; more > 0; got += more) {
            (void)io_uring_get_events(&ring_);
            more = reap();
        }
        for (std::size_t i = 0; i < legs_; ++i) {
            io_uring_sqe* entry = io_uring_get_sqe(&ring_);
            io_uring_prep_sendmsg(entry, fds_[options_.shared ? 0 : i], &sends_[i].message,
                                  MSG_DONTWAIT);
            entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
            entry->user_data = sent;
        }
        check(io_uring_submit(&ring_) >= 0, "submit");
        return got;
    }

private:
    static constexpr std::size_t buffer_count = 4'096, buffer_bytes = 256;
    static constexpr std::uint64_t sent = ~std::uint64_t{0};
    struct Send {
        sockaddr_in to;
        std::array<iovec, 2> pieces;
        msghdr message;
    };

    [[nodiscard]] static std::size_t ring_bytes() {
        return buffer_count * (sizeof(io_uring_buf) + buffer_bytes);
    }
    void provide_buffers() {
        void* memory =
            mmap(nullptr, ring_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        check(memory != MAP_FAILED, "mmap");
        buffers_ = static_cast<io_uring_buf_ring*>(memory);
        bytes_ = static_cast<std::uint8_t*>(memory) + buffer_count * sizeof(io_uring_buf);
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uint64_t>(buffers_);
        registration.ring_entries = buffer_count;
        check(io_uring_register_buf_ring(&ring_, &registration, 0) == 0, "buf_ring");
        io_uring_buf_ring_init(buffers_);
        for (std::size_t i = 0; i < buffer_count; ++i) give(i, static_cast<int>(i));
        io_uring_buf_ring_advance(buffers_, buffer_count);
    }
    void give(std::size_t id, int offset) {
        io_uring_buf_ring_add(buffers_, bytes_ + id * buffer_bytes, buffer_bytes,
                              static_cast<std::uint16_t>(id), io_uring_buf_ring_mask(buffer_count),
                              offset);
    }
    void ask(std::size_t socket) {
        io_uring_sqe* entry = io_uring_get_sqe(&ring_);
        io_uring_prep_recvmsg_multishot(entry, fds_[socket], &wanted_, 0);
        entry->flags |= IOSQE_BUFFER_SELECT;
        entry->buf_group = 0;
        entry->user_data = socket;
    }
    void prepare_sends() {
        for (std::size_t i = 0; i < legs_; ++i) {
            sends_[i].to = at(phones_port + i);
            sends_[i].pieces = {{{payload_.data(), 12}, {payload_.data(), packet_bytes - 12}}};
            sends_[i].message = {.msg_iov = sends_[i].pieces.data(), .msg_iovlen = 2};
            if (options_.connected) continue;
            sends_[i].message.msg_name = &sends_[i].to;
            sends_[i].message.msg_namelen = sizeof(sockaddr_in);
        }
    }
    std::size_t reap() {
        std::size_t got = 0;
        unsigned seen = 0, head = 0;
        io_uring_cqe* entry = nullptr;
        io_uring_for_each_cqe(&ring_, head, entry) {
            ++seen;
            if (entry->user_data == sent) continue;
            if (entry->flags & IORING_CQE_F_BUFFER) {
                give(entry->flags >> IORING_CQE_BUFFER_SHIFT, static_cast<int>(got));
                ++got;
            }
            if (!(entry->flags & IORING_CQE_F_MORE)) ask(entry->user_data);
        }
        io_uring_cq_advance(&ring_, seen);
        io_uring_buf_ring_advance(buffers_, static_cast<int>(got));
        return got;
    }

    const Options options_;
    const std::size_t legs_;
    io_uring ring_{};
    io_uring_buf_ring* buffers_ = nullptr;
    std::uint8_t* bytes_ = nullptr;
    msghdr wanted_{};
    std::vector<int> fds_;
    std::vector<Send> sends_;
    Packet payload_{};
};
#endif

// ---- the run ----------------------------------------------------------------------------------

/// What the two processes tell each other.
struct Board {
    std::atomic<bool> one_port{true}, stop{false};
};

void play_phones(std::size_t legs, Board& board) {
    std::vector<int> fds;
    for (std::size_t i = 0; i < legs; ++i) fds.push_back(bound(phones_port + i));
    Packet packet{};
    for (auto next = Clock::now(); !board.stop; std::this_thread::sleep_until(next += tick)) {
        for (std::size_t i = 0; i < legs; ++i) {
            const sockaddr_in to = at(server_port + (board.one_port ? 0 : i));
            (void)sendto(fds[i], packet.data(), packet_bytes, MSG_DONTWAIT,
                         reinterpret_cast<const sockaddr*>(&to), sizeof to);
            while (recv(fds[i], packet.data(), packet.size(), MSG_DONTWAIT) > 0) {
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
    std::function<std::unique_ptr<Way>(std::size_t)> make;
};

void measure(const Candidate& candidate, const Setup& setup, Board& board, Figure& figure) {
    board.one_port = candidate.one_port;
    const auto way = candidate.make(setup.legs);
    const int warm = 25, ticks = setup.seconds * 50;
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
        all.push_back({name, true, [options](std::size_t legs) -> std::unique_ptr<Way> {
                           return std::make_unique<Shared>(legs, options);
                       }});
    };
    const auto own = [&](const char* name, Own::Options options) {
        all.push_back({name, false, [options](std::size_t legs) -> std::unique_ptr<Way> {
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
#if defined(PARTYLINE_URING)
    const auto uring = [&](const char* name, Uring::Options options) {
        all.push_back({name, options.shared, [options](std::size_t legs) -> std::unique_ptr<Way> {
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
        for (const Candidate& candidate : candidates())
            measure(candidate, setup, *board, figures[candidate.name]);
    }
    board->stop = true;
    (void)waitpid(phones, nullptr, 0);
    print(figures, setup);
}
