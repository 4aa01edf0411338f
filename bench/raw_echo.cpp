// The limit of this machine: what only receiving and sending costs. Returns every packet to where
// it came from, as it came, on one shared socket, in batches, every few milliseconds, and does
// nothing else; bench/legs measures it under the same load as the mixer.
//
//     raw_echo PORT        serves until it is killed
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace {

constexpr std::size_t batch = 64;
constexpr long period_ns = 5'000'000;
constexpr int buffer_bytes = 8 << 20;  // what the kernel cuts to its own limit

struct Buffers {
    std::array<std::array<char, 1'500>, batch> bytes;
    std::array<sockaddr_in, batch> peers;
    std::array<iovec, batch> pieces;
    std::array<mmsghdr, batch> messages{};
};

// One batch in and out; how many packets it was.
int turn_round(int socket, Buffers& all) {
    for (std::size_t i = 0; i < batch; ++i) {
        all.pieces[i] = {all.bytes[i].data(), all.bytes[i].size()};
        all.messages[i].msg_hdr = {};
        all.messages[i].msg_hdr.msg_name = &all.peers[i];
        all.messages[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        all.messages[i].msg_hdr.msg_iov = &all.pieces[i];
        all.messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = recvmmsg(socket, all.messages.data(), batch, MSG_DONTWAIT, nullptr);
    if (got <= 0) return 0;
    for (int i = 0; i < got; ++i) {
        const auto at = static_cast<std::size_t>(i);
        all.pieces[at].iov_len = all.messages[at].msg_len;
    }
    for (int sent = 0; sent < got;) {
        const int done = sendmmsg(socket, &all.messages[static_cast<std::size_t>(sent)],
                                  static_cast<unsigned>(got - sent), MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += done > 0 ? done : 1;  // the one that failed is lost
    }
    return got;
}

}  // namespace

int main(int argc, char** argv) {
    const int port = argc == 2 ? std::atoi(argv[1]) : 0;
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes);
    (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(static_cast<std::uint16_t>(port));
    if (port <= 0 || bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        std::perror("raw_echo PORT");
        return 2;
    }
    const auto buffers = std::make_unique<Buffers>();
    timespec next{};
    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    for (;;) {
        next.tv_nsec += period_ns;
        if (next.tv_nsec >= 1'000'000'000) {
            next.tv_nsec -= 1'000'000'000;
            ++next.tv_sec;
        }
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
        while (turn_round(socket, *buffers) == static_cast<int>(batch)) {
        }
    }
}
