#include "replay/drive/line.hpp"

namespace replay {
namespace {

constexpr std::uint16_t port_last = 46'000;

}  // namespace

Result<sim::Socket, std::string> bind_from(std::uint32_t ip, std::uint16_t& port) {
    std::string why = "no port is free";
    for (; port < port_last; port = static_cast<std::uint16_t>(port + 2)) {
        auto bound = sim::Socket::bind({ip, port}, false);
        if (bound.ok()) return bound;
        why = bound.error();
    }
    return fail(why);
}

Result<std::shared_ptr<Line>, std::string> Line::open(const media::Address& server,
                                                      std::uint16_t port) {
    const auto ours = sim::address_towards(server);
    if (!ours) return fail("there is no way to " + sim::text_of(server));
    auto bound = bind_from(*ours, port);
    if (!bound.ok()) return fail(bound.error());
    return std::shared_ptr<Line>{new Line{server, {*ours, port}, std::move(bound).value()}};
}

Result<std::shared_ptr<Line>, std::string> Line::open_at(const media::Address& server,
                                                         const media::Address& ours) {
    auto bound = sim::Socket::bind(ours, true);
    if (!bound.ok()) return fail(bound.error());
    return std::shared_ptr<Line>{new Line{server, ours, std::move(bound).value()}};
}

void Line::send(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        const sim::Outgoing packet{
            .to = server_,
            .front = {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
        (void)batch_->send(socket_, {&packet, 1});
    }
}

std::vector<std::string> Line::receive() {
    std::vector<std::string> texts;
    for (const sim::Incoming& packet : batch_->receive(socket_))
        texts.emplace_back(reinterpret_cast<const char*>(packet.bytes.data()), packet.bytes.size());
    return texts;
}

}  // namespace replay
