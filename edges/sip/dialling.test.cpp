// Calls that the house places, seen from the phones and trunks that are called.
#include <doctest/doctest.h>

#include "edges/sip/test_world.hpp"

using namespace sip;
using namespace sip::testing;
using schema::Cause;
using schema::SeatPhase;
using schema::TargetKind;

namespace {

constexpr std::uint16_t port = World::sip_port;

actors::Answer dial(World& world, TargetKind kind, const std::string& target) {
    schema::DialT wish;
    wish.kind = kind;
    wish.target = target;
    wish.numbers_allowed = true;
    return world.send({StreamKind::conference, "471100"}, "user/alice",
                      actors::command(std::move(wish)));
}

schema::SeatT last_seat(World& world) {
    const auto room = world.state<schema::ConferenceStateT>({StreamKind::conference, "471100"});
    return room.seats.empty() ? schema::SeatT{} : room.seats.back();
}

bool left_with(World& world, Cause cause) {
    return soon([&] {
        return last_seat(world).phase == SeatPhase::left && last_seat(world).cause == cause;
    });
}

struct Ready {  // alice has a conference, bob a phone that is registered
    World world;
    TestPhone bob{25071, port};
    explicit Ready(Options options = {}) : world(std::move(options)) {
        world.add_user("alice");
        world.add_user("bob", "desk", "secret");
        world.add_conference("471100", "alice");
        const std::string enrolled = world.enroll(bob, "bob-desk", "secret");
        REQUIRE(status(enrolled) == 200);
    }
};

}  // namespace

TEST_CASE("a registered phone rings, answers, is heard in the room and gets a BYE in the end") {
    Ready ready;
    World& world = ready.world;
    CHECK(dial(world, TargetKind::user, "bob").ok());
    const std::string invite = ready.bob.incoming("INVITE");
    REQUIRE(!invite.empty());
    CHECK(invite.starts_with("INVITE sip:bob-desk@127.0.0.1:25071 SIP/2.0"));
    CHECK(header(invite, "From").find("471100@") != std::string::npos);
    CHECK(header(invite, "Date").empty());
    ready.bob.respond(invite, 180);
    CHECK(soon([&] { return last_seat(world).phase == SeatPhase::ringing; }));
    ready.bob.respond(invite, 200, "", sdp(46010, "8 101"));
    CHECK(!ready.bob.incoming("ACK").empty());
    CHECK(soon([&] { return last_seat(world).phase == SeatPhase::connected; }));
    CHECK(world.leg().codec == "PCMA");
    CHECK(soon([&] { return world.engine().statistics().rooms == 1; }));
    CHECK(world
              .send({StreamKind::conference, "471100"}, "user/alice",
                    actors::command(schema::EndConferenceT{}))
              .ok());
    const std::string bye = ready.bob.incoming("BYE", 8000);
    REQUIRE(!bye.empty());
    ready.bob.respond(bye, 200);
    CHECK(soon([&] { return world.engine().statistics().legs == 0; }));
}

TEST_CASE("what the phone refuses with is what the roster shows") {
    struct Case {
        int status;
        Cause cause;
    };
    Ready ready;
    for (const Case& given :
         {Case{486, Cause::busy}, Case{480, Cause::no_answer}, Case{603, Cause::refused},
          Case{404, Cause::unknown_number}, Case{488, Cause::codec_mismatch},
          Case{500, Cause::failed}, Case{302, Cause::refused}}) {
        CAPTURE(given.status);
        REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
        const std::string invite = ready.bob.incoming("INVITE");
        REQUIRE(!invite.empty());
        // A redirection must not be followed: it could send our call anywhere.
        ready.bob.respond(invite, given.status, "Contact: <sip:elsewhere@127.0.0.1:25071>\r\n");
        CHECK(left_with(ready.world, given.cause));
        CHECK(last_seat(ready.world).sip_status == given.status);
    }
    CHECK(soon([&] { return ready.world.engine().statistics().legs == 0; }));
    CHECK(ready.bob.incoming("INVITE", 300).empty());
}

TEST_CASE("a phone that answers with a codec we have not gets ACK and BYE") {
    Ready ready;
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string invite = ready.bob.incoming("INVITE");
    ready.bob.respond(invite, 200, "", sdp(46010, "18"));
    CHECK(!ready.bob.incoming("ACK").empty());
    const std::string bye = ready.bob.incoming("BYE");
    CHECK(!bye.empty());
    ready.bob.respond(bye, 200);
    CHECK(left_with(ready.world, Cause::codec_mismatch));
}

TEST_CASE("cancelling stops the ringing") {
    Ready ready;
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string invite = ready.bob.incoming("INVITE");
    ready.bob.respond(invite, 180);
    CHECK(soon([&] { return last_seat(ready.world).phase == SeatPhase::ringing; }));
    schema::CancelDialT wish;
    wish.seat = last_seat(ready.world).id;
    CHECK(ready.world.send({StreamKind::conference, "471100"}, "user/alice", actors::command(wish))
              .ok());
    const std::string cancel = ready.bob.incoming("CANCEL");
    REQUIRE(!cancel.empty());
    ready.bob.respond(cancel, 200);
    ready.bob.respond(invite, 487);
    CHECK(!ready.bob.incoming("ACK").empty());
    CHECK(left_with(ready.world, Cause::cancelled));
    CHECK(soon([&] { return ready.world.engine().statistics().legs == 0; }));
}

TEST_CASE("an answer that crosses our CANCEL is acknowledged and ended at once") {
    Ready ready;
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string invite = ready.bob.incoming("INVITE");
    ready.bob.respond(invite, 180);
    CHECK(soon([&] { return last_seat(ready.world).phase == SeatPhase::ringing; }));
    schema::CancelDialT wish;
    wish.seat = last_seat(ready.world).id;
    CHECK(ready.world.send({StreamKind::conference, "471100"}, "user/alice", actors::command(wish))
              .ok());
    const std::string cancel = ready.bob.incoming("CANCEL");
    ready.bob.respond(invite, 200, "", sdp(46010));
    ready.bob.respond(cancel, 200);
    CHECK(!ready.bob.incoming("ACK").empty());
    const std::string bye = ready.bob.incoming("BYE");
    CHECK(!bye.empty());
    ready.bob.respond(bye, 200);
}

TEST_CASE("all phones of a person ring, the first wins and the others are cancelled") {
    Ready ready;
    TestPhone mobile{25072, port};
    mobile.tag = "mobile";
    REQUIRE(status(ready.world.enroll(mobile, "bob-desk", "secret")) == 200);
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string to_desk = ready.bob.incoming("INVITE"), to_mobile = mobile.incoming("INVITE");
    REQUIRE(!to_desk.empty());
    REQUIRE(!to_mobile.empty());
    ready.bob.respond(to_desk, 180);
    mobile.respond(to_mobile, 180);
    mobile.respond(to_mobile, 200, "", sdp(46012));
    CHECK(!mobile.incoming("ACK").empty());
    const std::string cancel = ready.bob.incoming("CANCEL");
    REQUIRE(!cancel.empty());
    ready.bob.respond(cancel, 200);
    ready.bob.respond(to_desk, 487);
    CHECK(soon([&] { return last_seat(ready.world).phase == SeatPhase::connected; }));
    CHECK(mobile.incoming("BYE", 200).empty());
}

TEST_CASE(
    "of several refusals the one that says most is told, and a decline ends the ringing "
    "everywhere") {
    Ready ready;
    TestPhone mobile{25072, port};
    REQUIRE(status(ready.world.enroll(mobile, "bob-desk", "secret")) == 200);
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    ready.bob.respond(ready.bob.incoming("INVITE"), 486);
    mobile.respond(mobile.incoming("INVITE"), 480);
    CHECK(left_with(ready.world, Cause::busy));

    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string to_desk = ready.bob.incoming("INVITE"), to_mobile = mobile.incoming("INVITE");
    ready.bob.respond(to_desk, 180);
    mobile.respond(to_mobile, 603);
    const std::string cancel = ready.bob.incoming("CANCEL");
    CHECK(!cancel.empty());
    ready.bob.respond(cancel, 200);
    ready.bob.respond(to_desk, 487);
    CHECK(left_with(ready.world, Cause::refused));
}

TEST_CASE("who has no registered phone, a barred number and a foreign address are not dialled") {
    Ready ready;
    REQUIRE(dial(ready.world, TargetKind::user, "carol").ok());
    CHECK(left_with(ready.world, Cause::not_registered));
    REQUIRE(dial(ready.world, TargetKind::number, "0900123").ok());
    CHECK(left_with(ready.world, Cause::barred));
    REQUIRE(dial(ready.world, TargetKind::address, "sip:x@evil.example").ok());
    CHECK(left_with(ready.world, Cause::barred));
    CHECK(ready.world.edge().statistics().calls_out == 0);
}

TEST_CASE("a number goes to the trunk of its prefix, which may ask for a password") {
    Options options;
    options.trunks = {{.name = "carrier",
                       .host = "127.0.0.1",
                       .port = 25073,
                       .match_port = true,
                       .user = "us",
                       .password = "word",
                       .caller = "+49307777",
                       .prefixes = {"+49"}}};
    options.domain = "conf.example";
    Ready ready{options};
    TestPhone carrier{25073, port};
    REQUIRE(dial(ready.world, TargetKind::number, "0049 30 1234").ok() ==
            false);  // the rules want plain digits
    REQUIRE(dial(ready.world, TargetKind::number, "+49301234").ok());
    const std::string first = carrier.incoming("INVITE");
    REQUIRE(first.starts_with("INVITE sip:+49301234@127.0.0.1:25073 "));
    CHECK(header(first, "From").find("sip:+49307777@conf.example") != std::string::npos);
    carrier.respond(first, 407,
                    "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"abc\", algorithm=MD5, "
                    "qop=\"auth\"\r\n");
    const std::string second = carrier.receive([](const std::string& m) {
        return !header(m, "Proxy-Authorization").empty() && status(m) == 0;
    });
    REQUIRE(!second.empty());
    CHECK(header(second, "Proxy-Authorization").find("username=\"us\"") != std::string::npos);
    CHECK(second.find("word") == std::string::npos);
    carrier.respond(second, 200, "", sdp(46020));
    CHECK(soon([&] { return last_seat(ready.world).phase == SeatPhase::connected; }));
}

TEST_CASE(
    "a caller from a trunk reaches a conference, is no source to be blocked, and gets no "
    "challenge") {
    Options options;
    options.trunks = {{.name = "carrier", .host = "127.0.0.1", .port = 25073, .match_port = true}};
    Ready ready{options};
    TestPhone carrier{25073, port};
    Exchange call = carrier.exchange("+49309999", "+471100");
    carrier.request(call, "INVITE", "", "application/sdp", sdp(46030));
    const std::string answer = carrier.final_response(call);
    REQUIRE(status(answer) == 200);
    carrier.acknowledge(call, answer);
    CHECK(soon([&] { return ready.world.leg().phase == schema::LegPhase::asking_pin; }));
    CHECK(ready.world.leg().caller == "+49309999");
    CHECK(ready.world.leg().source == "trunk:carrier");
}

TEST_CASE("a stop says BYE to who is connected and CANCEL to who is ringing") {
    Ready ready;
    REQUIRE(dial(ready.world, TargetKind::user, "bob").ok());
    const std::string invite = ready.bob.incoming("INVITE");
    ready.bob.respond(invite, 200, "", sdp(46010));
    CHECK(!ready.bob.incoming("ACK").empty());
    CHECK(soon([&] { return last_seat(ready.world).phase == SeatPhase::connected; }));
    std::thread stopping{[&] { ready.world.edge().stop(); }};
    const std::string bye = ready.bob.incoming("BYE");
    CHECK(!bye.empty());
    if (!bye.empty()) ready.bob.respond(bye, 200);
    const auto begin = std::chrono::steady_clock::now();
    stopping.join();
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
    CHECK(soon([&] { return ready.world.engine().statistics().legs == 0; }));
}
