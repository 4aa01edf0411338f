// JSON from strangers and for them: total parsing with a limit on depth, and objects read field by
// field with errors that say what and where.
//
// Thread: any. Memory: a parsed body is some ten times its bytes; edges bound those. Time: linear.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace web {

using Json = nlohmann::json;

inline constexpr std::size_t json_depth_max = 16;     // the protocol needs four
inline constexpr std::int64_t whole_max = 1LL << 53;  // what a browser's number holds exactly

/// The object in `text`, or a sentence about what is wrong with it. Total: any bytes give one of
/// the two.
[[nodiscard]] Result<Json, std::string> parse_object(std::string_view text);

/// One line. Text that is not UTF-8 comes out with U+FFFD in its place; never throws.
[[nodiscard]] std::string print(const Json& json);

/// Milliseconds since 1970 for clients, null for "none".
[[nodiscard]] Json instant_json(std::int64_t us);

/// Reads the fields of one object; remembers the first complaint, so that a handler asks once at
/// its end. A field that nobody asked for is a complaint, too: a spelling mistake is not silently
/// ignored.
class Fields {
public:
    explicit Fields(const Json& object);

    /// A string of bytes_min..bytes_max bytes without control characters.
    [[nodiscard]] std::string text(const char* name, std::size_t bytes_min, std::size_t bytes_max);
    /// The same, and newline and tab are allowed.
    [[nodiscard]] std::string lines(const char* name, std::size_t bytes_min, std::size_t bytes_max);
    [[nodiscard]] std::string user(const char* name);
    [[nodiscard]] bool flag(const char* name);
    [[nodiscard]] std::uint64_t whole(const char* name, std::uint64_t min, std::uint64_t max);
    [[nodiscard]] std::int64_t integer(const char* name, std::int64_t min, std::int64_t max);
    [[nodiscard]] std::vector<std::string> users(const char* name, std::size_t count_max);

    [[nodiscard]] bool has(const char* name) const;
    /// The caller reads this field by itself.
    void known(const char* name) { asked_.push_back(name); }
    /// Adds a complaint of the caller's own: `complain("seat", "must be in the conference")`.
    void complain(const char* name, std::string_view what);
    /// The first complaint, if any; call it last.
    [[nodiscard]] std::optional<std::string> complaint();

private:
    const Json* find(const char* name);
    const Json* required(const char* name, std::string_view must);
    std::string string(const char* name, std::size_t bytes_min, std::size_t bytes_max,
                       bool lines_allowed);

    const Json& object_;
    std::vector<std::string_view> asked_;
    std::optional<std::string> complaint_;
};

}  // namespace web
