#include "sim/world/disk_image.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "journal/crc32c.hpp"

namespace sim {
namespace {

// One write of the log
// offset  bytes  field
//      0      4  length of the rest plus one, so that zeros are no record
//      4      4  CRC-32C of the rest
//      8      n  the batch
constexpr std::size_t header_bytes = 8;

std::string framed(const std::string& record) {
    const auto length = static_cast<std::uint32_t>(record.size() + 1);
    const std::uint32_t checksum = journal::crc32c(0, record);
    std::string bytes(header_bytes, '\0');
    std::memcpy(bytes.data(), &length, 4);
    std::memcpy(bytes.data() + 4, &checksum, 4);
    return bytes + record;
}

std::size_t whole_records(std::string_view log) {
    std::size_t count = 0;
    while (log.size() >= header_bytes) {
        std::uint32_t length = 0, checksum = 0;
        std::memcpy(&length, log.data(), 4);
        std::memcpy(&checksum, log.data() + 4, 4);
        if (length == 0 || length - 1 > log.size() - header_bytes) break;
        const std::string_view record = log.substr(header_bytes, length - 1);
        if (journal::crc32c(0, record) != checksum) break;
        log.remove_prefix(header_bytes + record.size());
        ++count;
    }
    return count;
}

}  // namespace

std::size_t records_after_crash(const std::vector<std::string>& records, const DiskFaults& faults,
                                Chance& chance) {
    // The same numbers are drawn whatever the faults are, so that one of them alone can be changed.
    std::vector<bool> reached;
    for (std::size_t i = 0; i < records.size(); ++i) reached.push_back(!chance.with(faults.lost));
    const bool reordered = chance.with(faults.reordered);
    const bool torn = chance.with(faults.torn_tail);
    const std::uint64_t where = chance.bits();
    if (reordered && records.size() > 1) {
        reached[where % (records.size() - 1)] = false;
        reached.back() = true;
    }
    std::string log;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const std::string bytes = framed(records[i]);
        log += reached[i] ? bytes : std::string(bytes.size(), '\0');
        if (torn && i + 1 == records.size()) {
            log.resize(log.size() - bytes.size());
            log += bytes.substr(0, bytes.size() / 2);
        }
    }
    return whole_records(log);
}

}  // namespace sim
