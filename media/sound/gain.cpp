#include "media/sound/gain.hpp"

#include <algorithm>

namespace media {
namespace {

// A decibel is a factor of 1.122018454 (Q30: 1204758142); 40 bits of fraction keep 60 products
// exact enough.
constexpr auto gains = [] {
    std::array<std::int32_t, gain_most_db - gain_least_db + 1> table{};
    std::uint64_t gain = std::uint64_t{4'096} << 20;  // Q32
    for (int db = 0; db <= gain_most_db; ++db) {
        table[static_cast<std::size_t>(db - gain_least_db)] =
            static_cast<std::int32_t>((gain + (1u << 19)) >> 20);
        gain = (gain >> 10) * 1'204'758'142 >> 20;
    }
    gain = std::uint64_t{4'096} << 20;
    for (int db = 0; db >= gain_least_db; --db) {
        table[static_cast<std::size_t>(db - gain_least_db)] =
            static_cast<std::int32_t>((gain + (1u << 19)) >> 20);
        gain = (gain << 20) / 1'204'758'142 << 10;
    }
    return table;
}();

}  // namespace

std::int32_t gain_q12(int db) noexcept REALTIME {
    return gains[static_cast<std::size_t>(std::clamp(db, gain_least_db, gain_most_db) -
                                          gain_least_db)];
}

}  // namespace media
