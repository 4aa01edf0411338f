// Makes a journal of transitions that exist: imports and restored backups. They keep their bytes,
// epochs and chains; positions begin with 1.
//
// The folder appears whole or not at all: it is built beside its place and renamed in finish().
//
// Thread: one owner. Memory: some hundred bytes per stream, a batch of a few megabytes, RocksDB's
// caches. Time: the disk's; nothing is synced before finish().
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "journal/chain.hpp"
#include "journal/reader.hpp"

namespace journal {

struct Database;

class Bulk {
public:
    /// `folder` must be absent or an empty directory. The error is a sentence with the path.
    [[nodiscard]] static Result<std::unique_ptr<Bulk>, std::string> create(
        const std::string& folder);
    /// Removes what was not finished.
    ~Bulk();
    Bulk(const Bulk&) = delete;
    Bulk& operator=(const Bulk&) = delete;

    /// The next position. Refuses, with stream and sequence, bytes that are no transition, that do
    /// not follow the stream's last one, or whose epoch or time goes back.
    [[nodiscard]] Done<std::string> add(std::string_view payload);
    /// A chunk of captured sound as it lay in its journal.
    [[nodiscard]] Done<std::string> add_sound(std::string_view key, std::string_view chunk);
    [[nodiscard]] Done<std::string> set_agenda(std::string_view stream, const Agenda& agenda);

    /// Sees all that was added.
    [[nodiscard]] Result<std::unique_ptr<Reader>, std::string> reader();
    [[nodiscard]] Position last_position() const { return last_; }
    /// What was added last, and the epoch that it brought.
    [[nodiscard]] const Chain& chain() const { return chain_; }

    /// Effects up to `released` count as gone out. Afterwards the folder is a journal.
    [[nodiscard]] Done<std::string> finish(Position released);

private:
    Bulk(std::string folder, std::string partial);
    [[nodiscard]] Done<std::string> write();
    [[nodiscard]] Done<std::string> flush();

    struct Batch;
    const std::string folder_, partial_;
    std::shared_ptr<Database> database_;
    std::unique_ptr<Batch> batch_;
    Chain chain_;
    Position last_ = 0;
    bool finished_ = false;
};

/// Why nothing can be made at `folder`; empty when it is absent or an empty directory.
[[nodiscard]] std::string why_not_fresh(const std::string& folder);

}  // namespace journal
