// A Reader in a Log's clothes, for those who only read: replay looks at a journal beside a running
// server. Appending to it is answered with `closed`; snapshots and marks are not kept.
#pragma once

#include <memory>
#include <utility>

#include "journal/reader.hpp"

namespace journal {

class ReaderLog final : public Log {
public:
    explicit ReaderLog(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}

    void append(Append append) override { append.done({.fault = Fault::closed}); }
    Result<std::vector<Record>, Fault> read_stream(std::string_view stream, std::uint64_t sequence,
                                                   std::size_t count_max) const override {
        return reader_->read_stream(stream, sequence, count_max);
    }
    Result<std::vector<Record>, Fault> read_all(Position position,
                                                std::size_t count_max) const override {
        return reader_->read_all(position, count_max);
    }
    Done<Fault> walk(Position position, const Take& take) const override {
        return reader_->walk(position, take);
    }
    Result<Head, Fault> head(std::string_view stream) const override {
        return reader_->head(stream);
    }
    Result<std::vector<std::string>, Fault> list_streams(std::string_view prefix,
                                                         std::string_view after,
                                                         std::size_t count_max) const override {
        return reader_->list_streams(prefix, after, count_max);
    }
    void put_snapshot(std::string_view, StoredSnapshot) override {}
    std::optional<StoredSnapshot> snapshot(std::string_view stream) const override {
        return reader_->snapshot(stream);
    }
    std::vector<AgendaEntry> agenda() const override { return reader_->agenda(); }
    void mark_released(Position) override {}
    Position released() const override { return reader_->released(); }
    Position last_position() const override { return reader_->last_position(); }
    std::uint64_t epoch() const override { return reader_->epoch(); }
    void forget(std::string_view) override {}

private:
    std::unique_ptr<Reader> reader_;
};

}  // namespace journal
