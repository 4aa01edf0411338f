// Who was who in a recorded conference: seats, the telephones that sat in them, and when.
//
//     conference/471100 in the journal --read_cast--> Cast --find--> the legs of "bob"
//
// Thread: any. Memory: a row per telephone that was ever in. Time: one walk over one stream.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "journal/reader.hpp"

namespace replay {

/// One telephone in one seat.
struct Role {
    std::uint32_t seat = 0;
    std::uint64_t leg = 0;
    std::string leg_name;  // 16 hexadecimal digits
    std::string user, name, address;
    Instant from{}, to{};  // in the room; zero: never, not out again
};

struct Cast {
    std::string conference;  // "471100"
    std::string title;
    Instant created{};
    std::vector<Role> roles;  // in the order in which they came

    [[nodiscard]] const Role* role_of(std::uint64_t leg) const;
    /// Those of whom `who` speaks: a leg's name, a seat's number, a user's name, a person's name or
    /// number. None: nobody is called that.
    [[nodiscard]] std::vector<const Role*> find(std::string_view who) const;
};

/// `conference` with or without "conference/". Fails with a sentence: there is no such conference,
/// or its journal cannot be read.
[[nodiscard]] Result<Cast, std::string> read_cast(const journal::Reader& reader,
                                                  std::string_view conference);

/// "seat 2, bob (\"Bob\", sip:bob@example.org), leg 00c0ffee00c0ffee"
[[nodiscard]] std::string text_of(const Role& role);

}  // namespace replay
