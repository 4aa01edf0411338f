#include "journal/open_log.hpp"

#include <filesystem>

#include "journal/chain.hpp"
#include "journal/container.hpp"
#include "journal/memory_log.hpp"
#include "journal/reader_log.hpp"

namespace journal {
namespace {

Result<std::unique_ptr<Log>, std::string> open_slice(const std::string& path) {
    auto opened = ContainerReader::open(path);
    if (!opened.ok()) return fail(opened.error());
    ContainerReader& reader = opened.value();
    auto log = std::make_unique<MemoryLog>(MemoryLogOptions{.epoch = reader.number("epoch")});
    Chain chain;
    for (;;) {
        auto next = reader.next();
        if (!next.ok()) return fail(next.error());
        if (!next.value()) break;
        Frame& frame = *next.value();
        if (frame.kind != Frame::Kind::transition) continue;
        if (const auto follows = chain.take(frame.payload); !follows.ok()) {
            return fail(path + ": offset " + std::to_string(frame.offset) + ": " + follows.error());
        }
        log->append({.stream = chain.transition().stream,
                     .sequence = chain.transition().sequence,
                     .payload = std::move(frame.payload)});
    }
    return Result<std::unique_ptr<Log>, std::string>{std::move(log)};
}

}  // namespace

Result<std::unique_ptr<Log>, std::string> open_log(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) return open_slice(path);
    auto reader = Reader::open(path);
    if (!reader.ok()) return fail(reader.error().sentence);
    return Result<std::unique_ptr<Log>, std::string>{
        std::make_unique<ReaderLog>(std::move(reader).value())};
}

}  // namespace journal
