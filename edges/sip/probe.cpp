// See probe.hpp.
#include "edges/sip/probe.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sip {
namespace {

bool can_bind(const sockaddr_in& here, int type) {
    const int probe = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    const int yes = 1;  // as the library does it: an old TCP connection in TIME_WAIT is no obstacle
    if (type == SOCK_STREAM) ::setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool bound = ::bind(probe, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0 &&
                       (type != SOCK_STREAM || ::listen(probe, 1) == 0);
    ::close(probe);
    return bound;
}

}  // namespace

bool can_listen(const std::string& ip, std::uint16_t port) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(port);
    if (::inet_pton(AF_INET, ip.c_str(), &here.sin_addr) != 1) return false;
    return can_bind(here, SOCK_DGRAM) && can_bind(here, SOCK_STREAM);
}

}  // namespace sip
