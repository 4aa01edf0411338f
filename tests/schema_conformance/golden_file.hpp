// A golden journal: transitions as they lay on disk, one after the other, each behind its length.
//
// offset  bytes  field
//      0      4  length of the transition, little-endian
//      4      n  the transition, a finished FlatBuffer (identifier "PLTR")
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace tests {

inline void write_golden(const std::string& path, const std::vector<std::string>& payloads) {
    std::ofstream file{path, std::ios::binary};
    for (const std::string& payload : payloads) {
        for (int shift = 0; shift < 32; shift += 8)
            file.put(static_cast<char>(payload.size() >> shift));
        file << payload;
    }
}

/// Nothing when the file is absent or ends within a transition.
inline std::optional<std::vector<std::string>> read_golden(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::nullopt;
    const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    std::vector<std::string> payloads;
    for (std::size_t at = 0; at < bytes.size();) {
        if (bytes.size() - at < 4) return std::nullopt;
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + i]))
                      << (8 * i);
        }
        at += 4;
        if (bytes.size() - at < length) return std::nullopt;
        payloads.push_back(bytes.substr(at, length));
        at += length;
    }
    return payloads;
}

}  // namespace tests
