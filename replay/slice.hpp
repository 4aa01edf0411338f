// The part of a journal that a bug in one conference needs, small enough to be sent: the
// conference, its legs, people, numbers and conversation, whoever caused what happened there and
// whatever it caused, each stream from its first transition up to one common position.
//
// Thread: the caller's. Memory: an id and a name per transition that belongs to the conference, or
// came of it. Time: reads the journal three times.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.hpp"
#include "journal/container.hpp"
#include "journal/log.hpp"
#include "journal/reader.hpp"
#include "replay/verify.hpp"

namespace replay {

/// Which streams a slice holds, and up to where.
struct Selection {
    std::set<std::string, std::less<>> streams;
    journal::Position last = 0;
    std::uint64_t legs = 0;
};

/// The error says that there is no such conference, or what cannot be read.
[[nodiscard]] Result<Selection, std::string> select_for(const journal::Log& log,
                                                        const std::string& conference,
                                                        const Progress& progress = {});

struct SliceOptions {
    bool pseudonymise = false;
    std::string key{};                       // of the pseudonyms
    const journal::Reader* sound = nullptr;  // whose captured sound goes along; not with pseudonyms
    journal::Notes notes{};  // more of them, for people: "source", "program", "made"
    Progress progress{};
};

struct SliceReport {
    std::uint64_t transitions = 0, streams = 0, sounds = 0, bytes = 0;
    journal::Position last = 0;  // of the journal, that it reaches
    std::string conference;      // "conference/471100", by the name that it has in the slice
};

/// Writes the slice for `conference` ("471100") to `path`.
[[nodiscard]] Result<SliceReport, std::string> slice(const journal::Log& log,
                                                     const std::string& conference,
                                                     const std::string& path,
                                                     const SliceOptions& options = {});

}  // namespace replay
