// The real edge over a real house and engine, spoken to by telephones made of text.
#include "edges/sip/edge.hpp"

#include <doctest/doctest.h>

#include "edges/sip/test_world.hpp"

using namespace sip;
using namespace sip::testing;
using schema::Cause;
using schema::LegPhase;
using schema::SeatPhase;

namespace {

constexpr std::uint16_t port = World::sip_port;

}  // namespace

TEST_CASE("a phone registers with its password, is listed, and unregisters") {
    World world;
    world.add_user("alice", "desk", "secret");
    TestPhone phone{25070, port};
    const std::string listed = world.enroll(phone, "alice-desk", "secret");
    REQUIRE(status(listed) == 200);
    CHECK(header(listed, "Contact").starts_with("<sip:alice-desk@127.0.0.1:25070>;expires="));
    const auto user = world.state<schema::UserStateT>({StreamKind::user, "alice"});
    REQUIRE(user.phones.at(0).bindings.size() == 1);
    CHECK(user.phones[0].bindings[0].source == "udp:127.0.0.1:25070");
    CHECK(world.edge().statistics().registrations == 1);

    Exchange query = phone.exchange("alice-desk", "");
    CHECK(header(phone.authorized(query, "REGISTER", "secret"), "Contact").find("25070") !=
          std::string::npos);
    Exchange leave = phone.exchange("alice-desk", "");
    const std::string left =
        phone.authorized(leave, "REGISTER", "secret", "Contact: *\r\nExpires: 0\r\n");
    CHECK(status(left) == 200);
    CHECK(header(left, "Contact").empty());
    CHECK(
        world.state<schema::UserStateT>({StreamKind::user, "alice"}).phones.at(0).bindings.empty());
}

TEST_CASE("a wrong password and an unknown account look the same and are remembered") {
    World world;
    world.add_user("alice", "desk", "secret");
    TestPhone phone{25070, port};
    for (const char* account : {"alice-desk", "alice-nothing", "nobody-desk", "nodash"}) {
        CAPTURE(account);
        CHECK(status(world.enroll(phone, account, "guess")) == 401);
    }
    const StreamId guard{StreamKind::guard, "source:127.0.0.1"};
    CHECK(soon([&] { return world.state<schema::GuardStateT>(guard).strikes.size() == 4; }));
    for (int i = 0; i < 16; ++i) static_cast<void>(world.enroll(phone, "alice-desk", "guess"));
    CHECK(soon([&] { return status(world.enroll(phone, "alice-desk", "secret")) == 403; }));
}

TEST_CASE("a REGISTER that asks for too much or for somebody else is refused") {
    World world;
    world.add_user("alice", "desk", "secret");
    TestPhone phone{25070, port};
    struct Case {
        const char* lines;
        int status;
    };
    for (const Case& given : {Case{"Contact: <sip:a@127.0.0.1:25070>;expires=10\r\n", 423},
                              Case{"Contact: *\r\nExpires: 600\r\n", 400},
                              Case{"Contact: <mailto:a@example.com>\r\n", 400},
                              Case{"Contact: <sip:a@127.0.0.1>;expires=0\r\n", 200}}) {
        CAPTURE(given.lines);
        Exchange with = phone.exchange("alice-desk", "");
        CHECK(status(phone.authorized(with, "REGISTER", "secret", given.lines)) == given.status);
    }
    Exchange twice = phone.exchange("alice-desk", "");
    twice.cseq = 10;
    const std::string contact = "Contact: <sip:a@127.0.0.1:25070>\r\n";
    CHECK(status(phone.authorized(twice, "REGISTER", "secret", contact)) == 200);
    twice.cseq = 3;  // an older one of the same Call-ID arrives late
    CHECK(status(phone.authorized(twice, "REGISTER", "secret", contact)) == 500);
}

TEST_CASE("a caller whom nobody knows is refused and remembered") {
    World world;
    TestPhone phone{25070, port};
    Exchange call = phone.exchange("mallory", "471100");
    phone.request(call, "INVITE", "", "application/sdp", sdp(46000));
    CHECK(status(phone.final_response(call)) == 403);
    CHECK(soon([&] {
        return world.state<schema::GuardStateT>({StreamKind::guard, "source:127.0.0.1"})
                   .strikes.size() == 1;
    }));
    CHECK(world.edge().statistics().strangers_refused == 1);
    CHECK(world.leg().phase == LegPhase::none);
}

TEST_CASE("a phone dials in, keys the PIN, holds, resumes and hangs up") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = world.dial_in(phone, "alice-desk", "secret", "471100", "1111");
    REQUIRE(soon([&] { return world.seat_of("471100", "alice").phase == SeatPhase::connected; }));
    CHECK(world.edge().statistics().calls_up == 1);
    CHECK(world.leg().codec == "PCMU");
    CHECK(soon([&] { return world.engine().statistics().legs == 1; }));

    phone.request(call, "INVITE", "", "application/sdp", sdp(46000, "0 101", "sendonly"));
    const std::string held = phone.final_response(call);
    CHECK(status(held) == 200);
    CHECK(body(held).find("a=recvonly") != std::string::npos);
    phone.acknowledge(call, held);
    CHECK(soon([&] { return world.seat_of("471100", "alice").on_hold; }));

    phone.request(call, "UPDATE", "", "application/sdp", sdp(46000));
    CHECK(body(phone.final_response(call)).find("a=sendrecv") != std::string::npos);
    CHECK(soon([&] { return !world.seat_of("471100", "alice").on_hold; }));

    phone.request(call, "INFO", "", "application/dtmf", "*");
    CHECK(status(phone.final_response(call)) == 200);
    phone.request(call, "INFO", "", "application/dtmf", "6");
    CHECK(soon([&] { return world.seat_of("471100", "alice").muted; }));

    phone.request(call, "BYE");
    CHECK(status(phone.final_response(call)) == 200);
    CHECK(soon([&] { return world.seat_of("471100", "alice").phase == SeatPhase::left; }));
    CHECK(world.seat_of("471100", "alice").cause == Cause::hung_up);
    CHECK(soon([&] { return world.engine().statistics().legs == 0; }));
    CHECK(world.edge().statistics().calls_up == 0);
}

TEST_CASE("three wrong PINs end the call with a farewell") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = world.dial_in(phone, "alice-desk", "secret", "471100", "9");
    for (unsigned attempt = 1; attempt < 3; ++attempt) {
        REQUIRE(soon([&] {
            return world.leg().pin_attempts == attempt && world.leg().phase == LegPhase::asking_pin;
        }));
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        for (const char* digit : {"9", "#"}) {
            phone.request(call, "INFO", "", "application/dtmf", digit);
            REQUIRE(status(phone.final_response(call)) == 200);
        }
    }
    const std::string bye = phone.incoming("BYE", 8000);
    REQUIRE(!bye.empty());
    phone.respond(bye, 200);
    CHECK(soon([&] { return world.engine().statistics().legs == 0; }));
}

TEST_CASE("what no call can come of is refused and recorded") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    struct Case {
        const char* called;
        std::string type, payload;
        int status;
    };
    for (const Case& given : {Case{"471100", "application/sdp", sdp(46000, "4 18"), 488},
                              Case{"471100", "application/sdp", "hello", 400},
                              Case{"471100", "text/plain", "hello", 415},
                              Case{"999", "application/sdp", sdp(46000), 404},
                              Case{"bob", "application/sdp", sdp(46000), 404}}) {
        CAPTURE(given.called);
        CAPTURE(given.status);
        Exchange call = phone.exchange("alice-desk", given.called);
        CHECK(status(phone.authorized(call, "INVITE", "secret", "", given.type, given.payload)) ==
              given.status);
    }
    CHECK(soon([&] { return world.edge().statistics().calls_arriving == 0; }));
    CHECK(world.leg().phase == LegPhase::none);
}

TEST_CASE("an INVITE without offer gets ours, and the answer in its ACK is used") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = phone.exchange("alice-desk", "471100");
    const std::string answer = phone.authorized(call, "INVITE", "secret");
    REQUIRE(status(answer) == 200);
    CHECK(body(answer).find("RTP/AVP 96 9 97 0 8 101 102 13") != std::string::npos);
    phone.acknowledge(call, answer, sdp(46000, "8"));
    CHECK(soon([&] { return world.leg().phase == LegPhase::asking_pin; }));
    CHECK(world.leg().codec == "PCMA");
}

TEST_CASE("a re-INVITE changes the codec of a call, from their side and from ours") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = world.dial_in(phone, "alice-desk", "secret", "471100", "1111");
    for (const char* formats : {"8 101", "9 101", "0 101"}) {
        phone.request(call, "INVITE", "", "application/sdp", sdp(46000, formats));
        const std::string answer = phone.final_response(call);
        CHECK(body(answer).find(std::string{"RTP/AVP "} + formats + "\r\n") != std::string::npos);
        phone.acknowledge(call, answer);
    }
    phone.request(call, "INVITE", "", "application/sdp", sdp(46000, "18"));
    CHECK(status(phone.final_response(call)) == 488);  // what was agreed goes on
    phone.request(call, "INVITE");                     // our offer, their choice in the ACK
    const std::string offer = phone.final_response(call);
    CHECK(body(offer).find("RTP/AVP 0 101 96 9 97 8 102 13\r\n") != std::string::npos);
    phone.acknowledge(call, offer, sdp(46000, "9 101"));
    phone.request(call, "INVITE");
    CHECK(body(phone.final_response(call)).find("RTP/AVP 9 101 96 97 0 8 102 13\r\n") !=
          std::string::npos);
}

TEST_CASE("an order of codecs in the settings is the order of offers and answers") {
    Options options;
    options.sound.codecs = {media::pcma_format, media::pcmu_format};
    World world{options};
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = phone.exchange("alice-desk", "471100");
    const std::string answer =
        phone.authorized(call, "INVITE", "secret", "", "application/sdp", sdp(46000, "9 0 8 101"));
    CHECK(body(answer).find("RTP/AVP 8 101\r\n") != std::string::npos);
    phone.acknowledge(call, answer);
    phone.request(call, "INVITE");
    CHECK(body(phone.final_response(call)).find("RTP/AVP 8 101 0 13\r\n") != std::string::npos);
}

TEST_CASE("a caller who gives up before we answer is recorded as cancelled") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = phone.exchange("alice-desk", "471100");
    phone.request(call, "INVITE", "", "application/sdp", sdp(46000));
    REQUIRE(status(phone.final_response(call)) == 401);
    world.hold_disk();
    Exchange again = phone.exchange("alice-desk", "471100");
    CHECK(phone.authorized(again, "INVITE", "secret", "", "application/sdp", sdp(46000)).empty());
    phone.request(again, "CANCEL");
    CHECK(status(phone.receive([](const std::string& m) {
              return status(m) == 200 && method(m) == "CANCEL";
          })) == 200);
    CHECK(!phone.receive([](const std::string& m) { return status(m) == 487; }).empty());
    world.release_disk();
    CHECK(soon([&] { return world.log().list_streams("call_leg/", "", 10).value().size() == 1; }));
    const StreamId leg =
        *parse_stream(world.log().list_streams("call_leg/", "", 10).value().front());
    CHECK(soon([&] { return world.state<schema::CallLegStateT>(leg).cause == Cause::cancelled; }));
    CHECK(soon([&] { return world.engine().statistics().legs == 0; }));
}

TEST_CASE("over TCP a phone registers, and calls come back on its connection") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25075, port, true};
    REQUIRE(status(world.enroll(phone, "alice-desk", "secret")) == 200);
    CHECK(world.state<schema::UserStateT>({StreamKind::user, "alice"})
              .phones.at(0)
              .bindings.at(0)
              .source == "tcp:127.0.0.1:25075");
    schema::DialT wish;
    wish.target = "alice";
    CHECK(world
              .send({StreamKind::conference, "471100"}, "user/alice",
                    actors::command(std::move(wish)))
              .ok());
    const std::string invite = phone.incoming("INVITE");
    REQUIRE(!invite.empty());
    phone.respond(invite, 200, "", sdp(46000));
    CHECK(!phone.incoming("ACK").empty());
    CHECK(soon([&] { return world.seat_of("471100", "alice").phase == SeatPhase::connected; }));
}

TEST_CASE("peers that close their connection before our answer do no harm") {
    World world;
    for (int i = 0; i < 20; ++i) {
        TestPhone hasty{0, port, true};  // any port: one that was just closed cannot connect again
        Exchange with = hasty.exchange("alice-desk", "");
        for (int n = 0; n < 20; ++n)
            hasty.request(with, "REGISTER", "Contact: *\r\nExpires: 0\r\n");
    }
    TestPhone phone{25070, port};
    Exchange with = phone.exchange("alice-desk", "");
    CHECK(status(phone.authorized(with, "REGISTER", "secret")) == 401);
}

TEST_CASE("a phone behind NAT is called and hung up on where its packets came from") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    phone.host = "10.255.0.1";
    REQUIRE(status(world.enroll(phone, "alice-desk", "secret")) == 200);
    schema::DialT wish;
    wish.target = "alice";
    CHECK(world
              .send({StreamKind::conference, "471100"}, "user/alice",
                    actors::command(std::move(wish)))
              .ok());
    const std::string invite = phone.incoming("INVITE");
    CAPTURE(invite);
    CHECK(invite.starts_with("INVITE sip:alice-desk@10.255.0.1:25070 "));
    phone.respond(invite, 486);
    CHECK(soon([&] { return world.seat_of("471100", "alice").phase == SeatPhase::left; }));

    world.dial_in(phone, "alice-desk", "secret", "471100", "1111");
    REQUIRE(soon([&] { return world.seat_of("471100", "alice").phase == SeatPhase::connected; }));
    CHECK(world
              .send({StreamKind::conference, "471100"}, "user/alice",
                    actors::command(schema::EndConferenceT{}))
              .ok());
    const std::string bye = phone.incoming("BYE", 8000);
    CHECK(bye.starts_with("BYE sip:alice-desk@10.255.0.1:25070"));
    if (!bye.empty()) phone.respond(bye, 200);
}

TEST_CASE(
    "guests reach conferences and the shared number where that is allowed, and nothing else") {
    Options options;
    options.allow_guests = true;
    World world{options};
    world.add_user("alice");
    world.add_conference("471100", "alice");
    schema::ClaimNumberT access;
    access.owner = "access";
    REQUIRE(world.send({StreamKind::number, "100"}, "server", actors::command(access)).ok());
    schema::ClaimNumberT own;
    own.owner = "user/alice";
    REQUIRE(world.send({StreamKind::number, "200"}, "server", actors::command(own)).ok());
    TestPhone phone{25070, port};
    struct Case {
        const char* number;
        int status;
    };
    for (const Case& given :
         {Case{"471100", 200}, Case{"100", 200}, Case{"200", 404}, Case{"300", 404}}) {
        CAPTURE(given.number);
        Exchange call = phone.exchange("guest", given.number);
        phone.request(call, "INVITE", "", "application/sdp", sdp(46000));
        const std::string answer = phone.final_response(call);
        CHECK(status(answer) == given.status);
        if (status(answer) != 200) continue;
        phone.acknowledge(call, answer);
        const auto asked =
            std::string{given.number} == "100" ? LegPhase::asking_conference : LegPhase::asking_pin;
        CHECK(soon([&] { return world.leg().phase == asked; }));
        phone.request(call, "BYE");
        CHECK(status(phone.final_response(call)) == 200);
        CHECK(soon([&] { return world.leg().phase == LegPhase::none; }));
    }
}

TEST_CASE("a session timer is taken over, and one that is too short is refused") {
    World world;
    world.add_user("alice", "desk", "secret");
    world.add_conference("471100", "alice");
    TestPhone phone{25070, port};
    Exchange call = phone.exchange("alice-desk", "471100");
    const std::string answer = phone.authorized(
        call, "INVITE", "secret", "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n",
        "application/sdp", sdp(46000));
    REQUIRE(status(answer) == 200);
    CHECK(header(answer, "Session-Expires") == "1800;refresher=uac");
    phone.acknowledge(call, answer);
    phone.request(call, "UPDATE", "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n");
    CHECK(status(phone.final_response(call)) == 200);
    phone.request(call, "INVITE");  // a refresh without a description gets our offer again
    const std::string refreshed = phone.final_response(call);
    CHECK(body(refreshed).find("RTP/AVP 0 101 96 9 97 8 102 13") != std::string::npos);
    phone.acknowledge(call, refreshed, sdp(46000, "8"));
    Exchange hasty = phone.exchange("alice-desk", "471100");
    phone.request(hasty, "INVITE", "Supported: timer\r\nSession-Expires: 30\r\n", "application/sdp",
                  sdp(46000));
    const std::string refused = phone.final_response(hasty);
    CHECK(status(refused) == 422);
    CHECK(header(refused, "Min-SE") == "90");
}

TEST_CASE("an address that is taken or not ours stops the start with a sentence") {
    World world;
    for (const char* ip : {"127.0.0.1", "192.0.2.200", "nowhere", "0.0.0.0"}) {
        CAPTURE(ip);
        Options options;
        options.bind_ip = ip;
        options.port = World::sip_port;
        options.secrets = world.secrets;
        Edge second{options};
        const auto started = second.start(world.house(), world.engine());
        REQUIRE(!started.ok());
        CHECK(started.error().find(ip) != std::string::npos);
    }
}
