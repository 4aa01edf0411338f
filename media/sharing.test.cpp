// Who gets what comes to a shared port: the books alone, with legs that stand in no engine.
#include "media/sharing.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "media/test_room.hpp"

using media::Address;
using media::Leg;

namespace {

constexpr std::uint32_t host = 0x0a00'0001, other_host = 0x0a00'0002;

struct Desk {
    media::SharedPort port{4};
    media::Sharing sharing;
    std::vector<std::unique_ptr<Leg>> legs;
    std::vector<std::unique_ptr<media::LegSound>> sounds;
    media::test::Keeper outlet{16};
    media::TickTime now{.tick = 1, .now_us = 1'000'000, .wall_us = 1'700'000'000'000'000};

    Leg& join(const Address& remote) {
        const media::LegIdentity identity{.ssrc = 1, .cname = "someone"};
        legs.push_back(std::make_unique<Leg>(legs.size() + 1, identity, media::LegPorts{},
                                             media::Ownership{}));
        Leg& leg = *legs.back();
        sharing.join(leg.id, leg, port, remote);
        configure(leg, {.remote = remote});
        return leg;
    }
    void configure(Leg& leg, const media::LegConfig& config) {
        sharing.configure(leg.id, config);
        sounds.push_back(std::make_unique<media::LegSound>(media::VoiceKind{config.format}));
        REQUIRE(leg.inbox.try_push({.kind = media::LegCommand::Kind::configure,
                                    .config = config,
                                    .sound = sounds.back().get()}));
        ++now.tick;
        REQUIRE(leg.begin_tick(now, outlet));
        leg.end_tick(now, outlet);
    }
    // What a worker does with a packet at the port; the leg that got it, none if it is a stray.
    Leg* packet(const Address& from, std::uint16_t sequence) {
        Leg* leg = port.rtp_sources.find(from);
        const bool unnamed = leg == nullptr;
        if (unnamed) leg = port.rtp_sources.find({.ip = from.ip, .port = 0});
        if (leg == nullptr) return nullptr;
        std::array<std::uint8_t, media::rtp_header_bytes + 160> bytes{};
        std::ranges::copy(media::write_rtp_header({.sequence = sequence, .ssrc = from.port}),
                          bytes.begin());
        const auto before = leg->statistics().packets_received;
        leg->rtp_arrived(bytes, from, now.now_us, now, outlet);
        if (unnamed && leg->statistics().packets_received != before)
            sharing.learn({.leg = leg->id, .source = from});
        return leg;
    }
    void keep_house() {
        sharing.keep_house();
        sharing.keep_house();
    }
};

}  // namespace

TEST_CASE("who may share has said where it sends from, and is not behind a NAT") {
    const Address named{.ip = host, .port = 4'000};
    CHECK(media::Sharing::may_share({.remote = named}));
    CHECK(!media::Sharing::may_share({.remote = named, .behind_nat = true}));
    CHECK(!media::Sharing::may_share({}));
    CHECK(!media::Sharing::may_share({.remote = Address{.ip = 0, .port = 4'000}}));
    CHECK(!media::Sharing::may_share({.remote = Address{.ip = host, .port = 0}}));
}

TEST_CASE("two legs with one address do not fit behind one port, nor more than it holds") {
    Desk desk;
    for (std::uint16_t i = 0; i < 4; ++i) {
        const Address remote{.ip = host, .port = static_cast<std::uint16_t>(4'000 + 2 * i)};
        CHECK(desk.sharing.fits(desk.port, remote));
        desk.join(remote);
        CHECK(!desk.sharing.fits(desk.port, remote));
    }
    CHECK(!desk.sharing.fits(desk.port, {.ip = other_host, .port = 4'000}));
    desk.sharing.leave(2);
    CHECK(desk.sharing.fits(desk.port, {.ip = other_host, .port = 4'000}));
    CHECK(desk.sharing.fits(desk.port, {.ip = host, .port = 4'002}));
    CHECK(!desk.sharing.fits(desk.port, {.ip = host, .port = 4'000}));
}

TEST_CASE("a phone that sends from elsewhere is known by its host, as long as it is the only one") {
    Desk desk;
    Leg& one = desk.join({.ip = host, .port = 4'000});
    const Address elsewhere{.ip = host, .port = 5'000};
    CHECK(desk.packet(elsewhere, 1) == &one);
    CHECK(one.statistics().packets_received == 0);  // its latch wants two in a row
    CHECK(desk.packet(elsewhere, 2) == &one);
    CHECK(one.statistics().packets_received == 1);
    desk.keep_house();
    CHECK(desk.packet(elsewhere, 3) == &one);  // by its own name now
    CHECK(desk.packet({.ip = host, .port = 6'000}, 1) == nullptr);
    CHECK(desk.packet({.ip = other_host, .port = 4'000}, 1) == nullptr);
    // A host that does not keep its word gets ports of its own from now on.
    CHECK(!desk.sharing.fits(desk.port, {.ip = host, .port = 7'000}));
    CHECK(desk.sharing.fits(desk.port, {.ip = other_host, .port = 7'000}));
}

TEST_CASE("with two silent legs of a host nobody gets a packet from an unknown port") {
    Desk desk;
    Leg& one = desk.join({.ip = host, .port = 4'000});
    Leg& two = desk.join({.ip = host, .port = 4'002});
    const Address elsewhere{.ip = host, .port = 5'000};
    CHECK(desk.packet(elsewhere, 1) == nullptr);
    CHECK(desk.packet({.ip = host, .port = 4'000}, 1) == &one);
    desk.keep_house();  // the first has spoken: what is unknown can only be the second
    CHECK(desk.packet(elsewhere, 2) == &two);
    desk.sharing.leave(two.id);
    CHECK(desk.packet(elsewhere, 3) == nullptr);
    CHECK(desk.packet({.ip = host, .port = 4'000}, 2) == &one);
}

TEST_CASE("who has stopped may go on from another port of its host, who speaks may not") {
    Desk desk;
    const Address first{.ip = host, .port = 4'000}, second{.ip = host, .port = 4'002};
    const Address elsewhere{.ip = host, .port = 5'000};
    Leg& one = desk.join(first);
    Leg& two = desk.join(second);
    std::uint16_t sequence = 0;
    const auto second_passes = [&](bool one_speaks) {
        ++sequence;
        desk.now.now_us += 1'000'000;
        if (one_speaks) CHECK(desk.packet(first, sequence) == &one);
        CHECK(desk.packet(second, sequence) == &two);
        desk.keep_house();
        desk.sharing.look_for_silence();
    };
    second_passes(true);
    second_passes(true);
    CHECK(desk.packet(elsewhere, 1) == nullptr);
    for (unsigned i = 0; i < media::Sharing::quiet_looks; ++i) {
        CHECK(desk.packet(elsewhere, 1) == nullptr);
        second_passes(false);
    }
    desk.now.now_us += 1;  // its latch has heard nothing for as long
    CHECK(desk.packet(elsewhere, 2) == &one);
    CHECK(desk.packet(elsewhere, 3) == &one);
    CHECK(one.statistics().packets_received == 3);
    second_passes(false);
    CHECK(desk.packet(elsewhere, 4) == &one);  // by its own name now
    CHECK(desk.packet({.ip = host, .port = 6'000}, 1) == nullptr);
    // Who has never spoken comes before who has stopped.
    for (unsigned i = 0; i <= media::Sharing::quiet_looks; ++i) second_passes(false);
    Leg& three = desk.join({.ip = host, .port = 4'004});
    CHECK(desk.packet({.ip = host, .port = 6'000}, 1) == &three);
    desk.sharing.leave(one.id);
    desk.sharing.leave(two.id);
    desk.sharing.leave(three.id);
    CHECK(desk.port.rtp_sources.size() == 0);
}

TEST_CASE("RTCP from an unknown port of a host goes to its only leg") {
    Desk desk;
    Leg& one = desk.join({.ip = host, .port = 4'000});
    CHECK(desk.port.rtcp_sources.find({.ip = host, .port = 4'001}) == &one);
    CHECK(desk.port.rtcp_sources.find({.ip = host, .port = 0}) == &one);
    desk.configure(one, {.remote = Address{.ip = host, .port = 4'000},
                         .remote_rtcp = Address{.ip = host, .port = 4'711}});
    CHECK(desk.port.rtcp_sources.find({.ip = host, .port = 4'001}) == nullptr);
    CHECK(desk.port.rtcp_sources.find({.ip = host, .port = 4'711}) == &one);
    desk.join({.ip = host, .port = 4'002});
    CHECK(desk.port.rtcp_sources.find({.ip = host, .port = 0}) == nullptr);
}

TEST_CASE("a new address from signalling takes the old one's place, or waits until it is free") {
    Desk desk;
    Leg& one = desk.join({.ip = host, .port = 4'000});
    Leg& two = desk.join({.ip = host, .port = 4'002});
    desk.configure(two, {.remote = Address{.ip = other_host, .port = 9'000}});
    CHECK(desk.packet({.ip = host, .port = 4'002}, 1) == &one);  // the only one of its host now
    CHECK(desk.packet({.ip = other_host, .port = 9'000}, 1) == &two);
    desk.configure(two, {.remote = Address{.ip = host, .port = 4'000}});
    CHECK(desk.packet({.ip = host, .port = 4'000}, 2) == &one);  // it was there first
    desk.configure(two, {});                                     // on hold: keeps its place
    desk.sharing.leave(one.id);
    desk.keep_house();
    CHECK(desk.packet({.ip = host, .port = 4'000}, 3) == &two);
    desk.sharing.leave(two.id);
    CHECK(desk.port.rtp_sources.size() == 0);
    CHECK(desk.port.rtcp_sources.size() == 0);
    CHECK(desk.sharing.count() == 0);
}
