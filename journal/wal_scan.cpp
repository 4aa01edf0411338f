#include "journal/wal_scan.hpp"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "journal/crc32c.hpp"
#include "journal/database.hpp"
#include "journal/layout.hpp"

namespace journal {

namespace {

// A fragment in RocksDB's log (its wiki: "Write Ahead Log File Format"); none crosses a block.
// offset  bytes  field
//      0      4  CRC-32C of type and data, masked, little-endian
//      4      2  length of data, little-endian
//      6      1  type: 1 full, 2 first, 3 middle, 4 last
//      7      n  data
constexpr std::size_t block_bytes = 32u << 10;
constexpr std::size_t header_bytes = 7;
enum class Type : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

struct Fragment {
    Type type{};
    std::string_view data;
    [[nodiscard]] std::size_t bytes() const { return header_bytes + data.size(); }
};

std::uint32_t masked(std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

std::optional<Fragment> fragment_at(std::string_view block) {
    if (block.size() < header_bytes) return std::nullopt;
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(block[i]));
    };
    const std::uint32_t type = byte(6);
    const std::size_t length = byte(4) | byte(5) << 8;
    if (type < 1 || type > 4 || header_bytes + length > block.size()) return std::nullopt;
    const std::uint32_t wanted = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    if (masked(crc32c(0, block.substr(6, 1 + length))) != wanted) return std::nullopt;
    return Fragment{static_cast<Type>(type), block.substr(header_bytes, length)};
}

// Joins fragments; one that is out of place drops what was begun.
class Joiner {
public:
    explicit Joiner(std::vector<std::string>& records) : records_(records) {}

    void add(const Fragment& fragment) {
        switch (fragment.type) {
            case Type::full:
                records_.emplace_back(fragment.data);
                begun_.reset();
                return;
            case Type::first: begun_ = std::string{fragment.data}; return;
            case Type::middle:
                if (begun_) *begun_ += fragment.data;
                return;
            case Type::last:
                if (begun_) records_.push_back(*begun_ + std::string{fragment.data});
                begun_.reset();
                return;
        }
    }
    void flaw() { begun_.reset(); }

private:
    std::vector<std::string>& records_;
    std::optional<std::string> begun_;
};

// Picks the notes of what was synced out of a batch.
class NoteFinder final : public rocksdb::WriteBatch::Handler {
public:
    explicit NoteFinder(std::uint32_t meta_family) : meta_family_(meta_family) {}
    using Status = rocksdb::Status;
    using Slice = rocksdb::Slice;

    Status PutCF(std::uint32_t family, const Slice& key, const Slice& value) override {
        if (family == meta_family_ && view(key) == meta_synced) {
            synced_ = std::max(synced_, parse_number(view(value)).value_or(0));
        }
        return Status::OK();
    }
    Status DeleteCF(std::uint32_t, const Slice&) override { return Status::OK(); }
    Status SingleDeleteCF(std::uint32_t, const Slice&) override { return Status::OK(); }
    Status DeleteRangeCF(std::uint32_t, const Slice&, const Slice&) override {
        return Status::OK();
    }
    Status MergeCF(std::uint32_t, const Slice&, const Slice&) override { return Status::OK(); }
    void LogData(const Slice&) override {}
    [[nodiscard]] Position synced() const { return synced_; }

private:
    std::uint32_t meta_family_;
    Position synced_ = 0;
};

}  // namespace

std::vector<std::string> intact_wal_records(std::string_view log) {
    std::vector<std::string> records;
    Joiner joiner{records};
    for (std::size_t start = 0; start < log.size(); start += block_bytes) {
        std::string_view block = log.substr(start, block_bytes);
        while (block.size() >= header_bytes) {
            if (const auto fragment = fragment_at(block)) {
                joiner.add(*fragment);
                block.remove_prefix(fragment->bytes());
            } else {
                joiner.flaw();
                block.remove_prefix(1);
            }
        }
    }
    return records;
}

Position synced_by_wal(const std::string& directory, std::uint32_t meta_family) {
    constexpr std::size_t batch_header_bytes = 12;
    NoteFinder notes{meta_family};
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
        if (entry.path().extension() != ".log") continue;
        std::ifstream file{entry.path(), std::ios::binary};
        const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
        for (std::string& record : intact_wal_records(bytes)) {
            if (record.size() < batch_header_bytes) continue;
            const rocksdb::WriteBatch batch{std::move(record)};
            // What is no batch has no notes: the checksum was right by chance, at a wrong offset.
            batch.Iterate(&notes).PermitUncheckedError();
        }
    }
    return notes.synced();
}

}  // namespace journal
