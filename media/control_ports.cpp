// The control side's ports: pairs of their own for some legs, shared ones for most, and which
// worker has to read what.
#include <algorithm>

#include "media/control.hpp"
#include "media/udp.hpp"

namespace media {
namespace {

constexpr int bind_tries_max =
    1'024;  // ports that others hold, some 10 ms; then the caller hears no_port_free

}  // namespace

Result<std::uint16_t, Fault> Control::bind_pair(LegPorts& ports) {
    for (int tries = 0; tries < bind_tries_max; ++tries) {
        const auto port = ports_.take();
        if (!port) return fail(Fault::no_port_free);
        const auto rtp = bind_udp({.ip = bind_ip_, .port = *port});
        if (rtp.ok()) {
            const auto rtcp =
                bind_udp({.ip = bind_ip_, .port = static_cast<std::uint16_t>(*port + 1)});
            if (rtcp.ok()) {
                ports = {.rtp = rtp.value(), .rtcp = rtcp.value()};
                return *port;
            }
            close_udp(rtp.value());
            ports_.give_back(*port);
            if (rtcp.error() == BindFault::no_descriptors) return fail(Fault::too_many_legs);
            continue;
        }
        ports_.give_back(*port);
        if (rtp.error() == BindFault::no_descriptors) return fail(Fault::too_many_legs);
        if (rtp.error() == BindFault::bad_address) return fail(Fault::no_port_free);
    }
    return fail(Fault::no_port_free);
}

SharedPort* Control::port_for(const PeerHint& peer, std::uint32_t worker) {
    if (!share_ports_ || !Sharing::may_share(peer)) return nullptr;
    SharedPort* other = nullptr;
    bool room = false;  // at a port of this worker, if not for this very address
    for (std::size_t i = 0; i < shared_.count(); ++i) {
        SharedPort& port = shared_.at(i);
        room = room || (port.worker == worker && sharing_.has_room(port));
        if (!sharing_.fits(port, *peer.remote)) continue;
        if (port.worker == worker) return &port;
        other = &port;
    }
    SharedPort* made = room ? nullptr : make_port(worker);
    if (made != nullptr && sharing_.fits(*made, *peer.remote)) return made;
    return other;
}

SharedPort* Control::make_port(std::uint32_t worker) {
    LegPorts sockets;
    const auto bound = bind_pair(sockets);
    if (!bound.ok()) return nullptr;
    (void)widen_buffers(sockets.rtcp);
    // Room for three ticks of everybody's packets, should this worker come late.
    const std::size_t legs = widen_buffers(sockets.rtp) / 3;
    auto port = std::make_unique<SharedPort>(std::clamp<std::size_t>(legs, 1, legs_max));
    port->worker = worker;
    port->port = bound.value();
    port->rtp = sockets.rtp;
    port->rtcp = sockets.rtcp;
    if (!shared_.add(port)) {
        close_udp(sockets.rtp);
        close_udp(sockets.rtcp);
        ports_.give_back(bound.value());
        return nullptr;
    }
    tell_what_to_read(worker);
    return &shared_.at(shared_.count() - 1);
}

void Control::watch(LegRecord& record, std::uint32_t worker) {
    if (record.shared == nullptr) return workers_[worker]->watch(*record.leg);
    if (++stations_[worker].behind[record.shared->index] == 1) tell_what_to_read(worker);
}

void Control::unwatch(LegRecord& record, std::uint32_t worker) {
    if (record.shared == nullptr) return workers_[worker]->unwatch(*record.leg);
    if (--stations_[worker].behind[record.shared->index] == 0) tell_what_to_read(worker);
}

void Control::tell_what_to_read(std::uint32_t worker) {
    std::uint64_t which = 0;
    for (std::size_t i = 0; i < shared_.count(); ++i) {
        const SharedPort& port = shared_.at(i);
        const auto behind = stations_[worker].behind.find(port.index);
        const bool has_legs = behind != stations_[worker].behind.end() && behind->second > 0;
        if (port.worker == worker || has_legs) which |= std::uint64_t{1} << i;
    }
    workers_[worker]->read_ports(which);
}

}  // namespace media
