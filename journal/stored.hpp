// Hashes and command ids as the program holds them, and as the schema stores them.
#pragma once

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "schema/common_generated.h"

namespace journal {

[[nodiscard]] inline schema::Hash stored(const base::Hash& hash) {
    return {hash.a, hash.b, hash.c, hash.d};
}
[[nodiscard]] inline base::Hash loaded(const schema::Hash& hash) {
    return {hash.a(), hash.b(), hash.c(), hash.d()};
}

[[nodiscard]] inline schema::Id stored(CommandId id) { return {id.high, id.low}; }
[[nodiscard]] inline CommandId loaded(const schema::Id& id) { return {id.high(), id.low()}; }

}  // namespace journal
