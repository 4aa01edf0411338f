#include "journal/browse.hpp"

#include <algorithm>
#include <filesystem>

#include "journal/audio.hpp"
#include "journal/codec.hpp"
#include "journal/database.hpp"
#include "schema/transition_generated.h"

namespace journal {

namespace {

constexpr std::size_t page_count = 256;

bool names_one_stream(const std::string& filter) {
    const std::size_t slash = filter.find('/');
    return slash != std::string::npos && slash + 1 < filter.size();
}

std::string kind_of(const std::string& stream) { return stream.substr(0, stream.find('/')); }

std::uint64_t bytes_on_disk(const std::string& directory) {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
        const std::uintmax_t size = entry.file_size(error);
        if (!error) bytes += size;
    }
    return bytes;
}

// Pages through `read`, which is asked for `count` records and moves on by itself.
template <class Read, class Take>
Fault walk(std::uint64_t count_max, const Read& read, const Take& take) {
    for (std::uint64_t left = count_max; left > 0;) {
        const Result<std::vector<Record>, Fault> page =
            read(static_cast<std::size_t>(std::min<std::uint64_t>(left, page_count)));
        if (!page.ok()) return page.error();
        if (page.value().empty()) return Fault::none;
        for (const Record& record : page.value()) {
            const auto transition = decode_transition(record.payload);
            if (!transition.ok()) return transition.error();
            const int taken = take(transition.value(), record);
            if (taken < 0) return Fault::none;
            left -= static_cast<std::uint64_t>(taken);
            if (left == 0) return Fault::none;
        }
    }
    return Fault::none;
}

}  // namespace

CatEnd cat(const Reader& reader, const CatOptions& options,
           const std::function<bool(const schema::TransitionT&, Position)>& show) {
    CatEnd end{.next_position = std::max<Position>(options.from_position, 1),
               .next_sequence = std::max<std::uint64_t>(options.from_sequence, 1)};
    const bool one_stream = names_one_stream(options.stream) && reader.head(options.stream).ok() &&
                            reader.head(options.stream).value().sequence > 0;
    const auto read = [&](std::size_t count) -> Result<std::vector<Record>, Fault> {
        if (one_stream) return reader.read_stream(options.stream, end.next_sequence, count);
        // A page that cannot be read as a whole is read one by one up to the flaw.
        auto page = reader.read_all(end.next_position, page_count);
        return page.ok() ? std::move(page) : reader.read_all(end.next_position, 1);
    };
    const auto take = [&](const schema::TransitionT& transition, const Record& record) {
        end.next_position = record.position + 1;
        if (one_stream) end.next_sequence = transition.sequence + 1;
        if (one_stream && record.position < options.from_position) return 0;
        if (!one_stream && !transition.stream.starts_with(options.stream)) return 0;
        ++end.shown;
        return show(transition, record.position) ? 1 : -1;
    };
    end.fault = walk(options.count_max, read, take);
    return end;
}

StatReport stat(const Reader& reader) {
    StatReport report;
    report.epoch = reader.epoch();
    report.disk_bytes = bytes_on_disk(reader.database().path);
    Position next = 1;
    const auto read = [&](std::size_t) {
        auto page = reader.read_all(next, page_count);
        return page.ok() ? std::move(page) : reader.read_all(next, 1);
    };
    const auto take = [&](const schema::TransitionT& transition, const Record& record) {
        next = record.position + 1;
        const std::string kind = kind_of(transition.stream);
        const std::uint64_t bytes = record.payload.size();
        if (report.transitions == 0) report.first = {transition.now};
        report.last = {std::max(report.last.us, transition.now)};
        ++report.transitions;
        report.payload_bytes += bytes;
        if (transition.sequence == 1) {
            ++report.streams;
            ++report.streams_by_kind[kind];
        }
        const auto add = [bytes](Numbers& numbers) {
            ++numbers.transitions;
            numbers.payload_bytes += bytes;
        };
        add(report.by_kind[kind]);
        add(report.by_command[schema::EnumNameCommand(transition.command.type)]);
        for (const schema::EventUnion& event : transition.events) {
            ++report.by_event[schema::EnumNameEvent(event.type)];
        }
        return 1;
    };
    report.fault = walk(UINT64_MAX, read, take);
    const AudioEnd sound =
        walk_audio(reader, {}, {}, [](const AudioKey&, std::string_view) { return true; });
    report.audio_chunks = sound.chunks;
    report.audio_bytes = sound.bytes;
    if (report.fault == Fault::none && !sound.what.empty()) report.fault = Fault::corrupt;
    return report;
}

}  // namespace journal
