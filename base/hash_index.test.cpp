#include "base/hash_index.hpp"

#include <doctest.h>

#include <map>
#include <memory>
#include <string>

#include "base/prng.hpp"

TEST_CASE("a hash index finds what a map finds, through growth, collisions and removals") {
    for (const std::uint64_t hashes : {3ull, 50ull, ~0ull}) {  // few hashes: many collisions
        CAPTURE(hashes);
        const auto hash_of = [&](const std::string& name) {
            return base::quick_hash(name) % hashes;
        };
        Prng prng{11};
        base::HashIndex<const std::string*> index;
        std::map<std::string, std::unique_ptr<std::string>> map;
        for (int i = 0; i < 5'000; ++i) {
            const std::string name = "stream/" + std::to_string(prng.below(150));
            const auto known = map.find(name);
            const std::string* found =
                index.find(hash_of(name), [&](const auto* one) { return *one == name; });
            REQUIRE((found != nullptr) == (known != map.end()));
            if (found == nullptr) {
                const auto at = map.emplace(name, std::make_unique<std::string>(name)).first;
                index.insert(hash_of(name), at->second.get());
            } else if (prng.below(2) == 0) {
                REQUIRE(found == known->second.get());
                index.erase(hash_of(name), found);
                map.erase(known);
            }
            REQUIRE(index.size() == map.size());
        }
    }
}
