#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/hasher.hpp"
#include "base/ids.hpp"
#include "base/prng.hpp"
#include "base/secrets.hpp"
#include "base/spsc_ring.hpp"

TEST_CASE("a stream's name is parsed back from its text") {
    const StreamId stream{StreamKind::conference, "471100"};
    CHECK(stream.text() == "conference/471100");
    CHECK(parse_stream("conference/471100") == stream);
    for (const char* wrong : {"", "conference", "conference/", "room/1", "user/a b", "/x"}) {
        CAPTURE(wrong);
        CHECK(!parse_stream(wrong));
    }
}

TEST_CASE("derived command ids repeat for the same cause and differ for another") {
    base::start_crypto();
    CHECK(derived_command_id("a/b", 1, 0) == derived_command_id("a/b", 1, 0));
    CHECK(derived_command_id("a/b", 1, 0) != derived_command_id("a/b", 1, 1));
    CHECK(derived_command_id("a/b", 1, 0) != derived_command_id("a/b", 10, 0));
}

TEST_CASE("what is sealed opens with the same key only, and not after a change") {
    base::start_crypto();
    const auto ours = base::Secrets::of_seed(1), theirs = base::Secrets::of_seed(2);
    std::string sealed = ours->seal("swordfish");
    CHECK(sealed.find("swordfish") == std::string::npos);
    CHECK(ours->unseal(sealed) == "swordfish");
    CHECK(!theirs->unseal(sealed));
    sealed.back() = sealed.back() == '0' ? '1' : '0';
    CHECK(!ours->unseal(sealed));
    CHECK(!ours->unseal("not hexadecimal"));
}

TEST_CASE("the key file is made once, is private, and a damaged one is refused by name") {
    base::start_crypto();
    char folder[] = "/tmp/partyline-secrets-XXXXXX";
    REQUIRE(mkdtemp(folder));
    const std::string path = std::string{folder} + "/secret.key";
    const auto first = base::Secrets::load(path);
    const auto second = base::Secrets::load(path);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(first.value()->keyed_pin("1", "2") == second.value()->keyed_pin("1", "2"));
    CHECK(std::filesystem::status(path).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    REQUIRE(truncate(path.c_str(), 5) == 0);
    const auto damaged = base::Secrets::load(path);
    REQUIRE(!damaged.ok());
    CHECK(damaged.error().find(path) != std::string::npos);
    std::filesystem::remove_all(folder);
}

TEST_CASE("a hash that grows is the hash of the whole, at every moment") {
    base::start_crypto();
    base::Hasher growing;
    std::string all;
    CHECK(growing.hash() == base::blake2b(""));
    for (int i = 0; i < 50; ++i) {
        const std::string part(static_cast<std::size_t>(i * 7 % 60),
                               static_cast<char>('a' + i % 26));
        all += part;
        growing.add(part);
        CHECK(growing.hash() == base::blake2b(all));
    }
}

TEST_CASE("many messages hashed side by side have the hashes that each has alone") {
    base::start_crypto();
    Prng prng{22};
    std::vector<std::string> texts;
    for (std::size_t bytes = 0; bytes < 260; ++bytes) {
        std::string text(bytes, '\0');
        for (char& one : text) one = static_cast<char>(prng.next());
        texts.push_back(std::move(text));
    }
    texts.emplace_back(100'001, 'x');  // long among short ones
    for (std::size_t i = texts.size(); i > 1; --i) std::swap(texts[i - 1], texts[prng.below(i)]);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{2}, texts.size()}) {
        const std::vector<std::string_view> messages(texts.begin(),
                                                     texts.begin() + static_cast<long>(count));
        std::vector<base::Hash> hashes(count);
        base::blake2b_each(messages, hashes);
        for (std::size_t i = 0; i < count; ++i) CHECK(hashes[i] == base::blake2b(messages[i]));
    }
}

TEST_CASE("a password fits its own hash only") {
    base::start_crypto();
    const std::string encoded = base::hash_password("correct horse");
    CHECK(encoded.starts_with("$argon2id$"));
    CHECK(base::password_fits(encoded, "correct horse"));
    CHECK(!base::password_fits(encoded, "correct mouse"));
}

TEST_CASE("HA1 is that of RFC 2617, 3.5") {
    CHECK(base::digest_ha1("Mufasa", "testrealm@host.com", "Circle Of Life") ==
          "939e7578ed9e3c518a452acee763bce9");
}

TEST_CASE("a full ring refuses and an emptied one takes again, in order") {
    SpscRing<int, 4> ring;
    for (int i = 0; i < 4; ++i) CHECK(ring.try_push(i));
    CHECK(!ring.try_push(4));
    int item = -1;
    CHECK(ring.try_pop(item));
    CHECK(item == 0);
    CHECK(ring.try_push(4));
    for (int i = 1; i <= 4; ++i) {
        CHECK(ring.try_pop(item));
        CHECK(item == i);
    }
    CHECK(!ring.try_pop(item));
}

TEST_CASE("an instant prints as ISO 8601 in UTC with microseconds") {
    CHECK(base::iso8601({1'000'000'000'000'001}) == "2001-09-09T01:46:40.000001Z");
}

TEST_CASE("time goes on from what was journaled, even when the machine's clock was set back") {
    CHECK(base::wall_goes_on_from(base::wall_now() - seconds(9)) < Duration{});
    const Instant journaled = base::wall_now() + seconds(5);
    const Duration behind = base::wall_goes_on_from(journaled);
    CHECK(behind > seconds(3));
    CHECK(behind <= seconds(5));
    CHECK(base::wall_now() >= journaled);
    CHECK(base::wall_now() < journaled + seconds(3));
}
