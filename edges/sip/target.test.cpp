#include "edges/sip/target.hpp"

#include <doctest/doctest.h>

using namespace sip;

TEST_CASE("numbers are written in many ways and mean one") {
    struct Case {
        const char* text;
        const char* number;
        const char* key;
    };
    for (const Case& given :
         {Case{"+49 (30) 12-34", "+49301234", "49301234"},
          Case{"0049301234", "+49301234", "49301234"}, Case{"471100", "471100", "471100"},
          Case{"030.12 34", "0301234", "0301234"}, Case{"0", "0", "0"}}) {
        CAPTURE(given.text);
        CHECK(normalised_number(given.text) == given.number);
        CHECK(number_key(given.text) == given.key);
    }
    for (const char* wrong :
         {"", "+", "00", "alice", "12a", "1+2", "*6", "123456789012345678901", "1;ext=2", "12\n"}) {
        CAPTURE(wrong);
        CHECK(!normalised_number(wrong));
        CHECK(!number_key(wrong));
    }
}

TEST_CASE("the last dash of an account divides user and label") {
    CHECK(parse_account("alice-desk") == Account{"alice", "desk"});
    CHECK(parse_account("anna-lena-mobile") == Account{"anna-lena", "mobile"});
    for (const char* wrong : {"", "alice", "-desk", "alice-", "-", "al ice-desk", "alice-d%20"}) {
        CAPTURE(wrong);
        CHECK(!parse_account(wrong));
    }
}

TEST_CASE("a sip address is parsed and printed again") {
    for (const char* text : {"sip:alice@192.0.2.7", "sip:alice@example.com:5070", "sip:example.com",
                             "sip:+4930123@gw.example.com:5060;transport=tcp"}) {
        CAPTURE(text);
        const auto uri = parse_uri(text);
        REQUIRE(uri);
        CHECK(print_uri(*uri) == text);
    }
    CHECK(parse_uri("SIP:a@b;transport=UDP") == SipUri{"a", "b", 0, false});
}

TEST_CASE("what is no plain sip address is refused") {
    for (const char* wrong : {"",
                              "sip:",
                              "sips:a@b",
                              "tel:123",
                              "alice@b",
                              "sip:a:pass@b",
                              "sip:a@",
                              "sip:@b",
                              "sip:a@b:",
                              "sip:a@b:0",
                              "sip:a@b:70000",
                              "sip:a@b?Subject=x",
                              "sip:a@b;lr",
                              "sip:a@b;transport=tls",
                              "sip:a@[::1]",
                              "sip:a b@c",
                              "sip:a@b\r\nX: y",
                              "sip:a@b@c d",
                              "sip:a%00@b",
                              "sip:a@-b"}) {
        CAPTURE(wrong);
        CHECK(!parse_uri(wrong));
    }
    CHECK(!parse_uri("sip:" + std::string(uri_bytes_max, 'a')));
}

TEST_CASE(
    "the first trunk with a fitting prefix takes a number, and none takes what nobody allows") {
    const std::vector<Trunk> trunks{
        {.name = "local", .host = "192.0.2.1", .prefixes = {"030", "+4930"}},
        {.name = "abroad", .host = "192.0.2.2", .prefixes = {"0044", "+1"}}};
    REQUIRE(trunk_for(trunks, "+49301234"));
    CHECK(trunk_for(trunks, "+49301234")->name == "local");
    CHECK(trunk_for(trunks, "0301234")->name == "local");
    CHECK(trunk_for(trunks, "+442012")->name == "abroad");
    CHECK(trunk_for(trunks, "+15551234")->name == "abroad");
    CHECK(!trunk_for(trunks, "+900123"));
    CHECK(!trunk_for(trunks, "0900123"));
    CHECK(!trunk_for({}, "0301234"));
    CHECK(trunk_for({{.name = "any", .prefixes = {""}}}, "0900123"));
    CHECK(!trunk_for({{.name = "none"}}, "0301234"));
    CHECK(trunk_for({{.name = "world", .prefixes = {"00"}}}, "+1555"));
    CHECK(!trunk_for({{.name = "world", .prefixes = {"00"}}}, "0555"));
}

TEST_CASE("a trunk is known by its address, and by its port where that is asked for") {
    const std::vector<Trunk> trunks{
        {.name = "any port", .host = "192.0.2.1"},
        {.name = "one port", .host = "192.0.2.2", .port = 5070, .match_port = true}};
    CHECK(trunk_from(trunks, "192.0.2.1", 40000)->name == "any port");
    CHECK(trunk_from(trunks, "192.0.2.2", 5070)->name == "one port");
    CHECK(!trunk_from(trunks, "192.0.2.2", 5071));
    CHECK(!trunk_from(trunks, "192.0.2.10", 5060));
}

TEST_CASE("domains are compared as wholes and without regard to case") {
    CHECK(domain_allowed({"Example.com"}, "example.COM"));
    CHECK(!domain_allowed({"example.com"}, "evil.example.com"));
    CHECK(!domain_allowed({"example.com"}, "example.com.evil"));
    CHECK(!domain_allowed({}, "example.com"));
}
