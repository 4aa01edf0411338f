// Reads a journal, whoever writes it: the store's own reads, tools beside a running server,
// followers.
//
// Thread: any, but catch_up() one at a time. Memory: what it returns. Time: one index walk and one
// look-up per record.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "journal/log.hpp"

namespace journal {

struct Database;

/// Why a journal does not open, as a sentence with the path, what is wrong and what to do.
struct OpenError {
    enum class Kind : std::uint8_t {
        in_use,
        not_readable,
        not_a_journal,
        newer_format,
        damaged,
        disk_full,
        io,
    };
    Kind kind = Kind::io;
    std::string sentence;
    Position position = 0;       // of the damaged record, when it is known
    std::string stream;          // likewise
    std::uint64_t sequence = 0;  // likewise
};

class Reader {
public:
    /// Beside a running server or alone; sees what was written when it opened.
    [[nodiscard]] static Result<std::unique_ptr<Reader>, OpenError> open(const std::string& path);

    /// Like open, and catch_up() shows what came since. Keeps a few small files in a directory of
    /// its own below the system's one for temporary files until it is destroyed.
    [[nodiscard]] static Result<std::unique_ptr<Reader>, OpenError> open_follower(
        const std::string& path);

    explicit Reader(std::shared_ptr<Database> database);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    [[nodiscard]] Done<Fault> catch_up();

    [[nodiscard]] Result<std::vector<Record>, Fault> read_stream(std::string_view stream,
                                                                 std::uint64_t sequence,
                                                                 std::size_t count_max) const;
    [[nodiscard]] Result<std::vector<Record>, Fault> read_all(Position position,
                                                              std::size_t count_max) const;
    [[nodiscard]] Done<Fault> walk(Position position, const Log::Take& take) const;
    [[nodiscard]] Result<Head, Fault> head(std::string_view stream) const;
    [[nodiscard]] Result<std::vector<std::string>, Fault> list_streams(std::string_view prefix,
                                                                       std::string_view after,
                                                                       std::size_t count_max) const;
    [[nodiscard]] std::optional<StoredSnapshot> snapshot(std::string_view stream) const;
    [[nodiscard]] std::vector<AgendaEntry> agenda() const;
    [[nodiscard]] Position released() const;
    [[nodiscard]] Position last_position() const;
    [[nodiscard]] std::uint64_t epoch() const;

    [[nodiscard]] const Database& database() const { return *database_; }

private:
    std::shared_ptr<Database> database_;
};

}  // namespace journal
