// Other words for names, numbers, addresses and texts: the same word always becomes the same other
// one, of the same kind (a user name stays one, a number a number), and nobody can tell from it
// what it was without the key.
//
// Thread: one owner. Memory: each word that was seen. Time: a hash per new word.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/ids.hpp"

namespace replay {

class Pseudonyms {
public:
    /// The same key gives the same words; base::random_bytes(32) that nobody keeps gives words that
    /// nobody can undo.
    explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

    /// For any word: a reference to a stream ("user/alice"), a direct conversation's or a guard's
    /// name, a number, a SIP address, a user name, or else a text. Empty stays empty.
    [[nodiscard]] std::string word(std::string_view text);
    /// Of a phone's label: at most 16 bytes.
    [[nodiscard]] std::string label(std::string_view text);
    /// Of a leg: 16 hexadecimal digits follow the command id that named it.
    [[nodiscard]] std::string leg(std::string_view name);
    /// Who asks: "server" and "cli" stay, and so does the kind of everybody else.
    [[nodiscard]] std::string asker(std::string_view by);
    /// "kind/name"
    [[nodiscard]] std::string stream(std::string_view name);
    /// Equal hashes stay equal, zero stays zero.
    [[nodiscard]] base::Hash hash(const base::Hash& hash);
    [[nodiscard]] CommandId id(CommandId id);
    /// From now on `from` becomes `to`: ids that follow from names which have changed.
    void set_id(CommandId from, CommandId to);
    [[nodiscard]] std::uint64_t bits(std::uint64_t bits);

private:
    [[nodiscard]] base::Hash keyed(std::string_view kind, std::string_view text) const;
    [[nodiscard]] std::string fresh(std::string_view kind, std::string_view text);
    [[nodiscard]] std::string shaped(std::string_view kind, std::string_view text,
                                     const std::string& digest) const;
    [[nodiscard]] std::string direct(std::string_view name);

    const std::string key_;
    std::map<std::string, std::string, std::less<>> words_;  // kind, a space, the word
    std::set<std::string, std::less<>> taken_;
    std::map<std::uint64_t, std::uint64_t> bits_;
};

}  // namespace replay
