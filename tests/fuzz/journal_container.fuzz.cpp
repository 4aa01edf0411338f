// Any bytes are a slice, or are refused; any payloads are a chain, or are refused. What a container
// holds comes out again as it went in.
#include <unistd.h>

#include <cstdio>

#include "base/assert.hpp"
#include "journal/chain.hpp"
#include "journal/container.hpp"

namespace {

journal::File file_of(const std::uint8_t* data, std::size_t size) {
    // fmemopen wants room to read from, and does not write with "r".
    static std::uint8_t nothing[1];
    void* bytes = size == 0 ? nothing : const_cast<std::uint8_t*>(data);
    return journal::File{::fmemopen(bytes, size == 0 ? 1 : size, "r")};
}

void walk(const std::uint8_t* data, std::size_t size) {
    journal::File file = file_of(data, size);
    if (!file) return;
    auto opened = journal::ContainerReader::of(std::move(file), "fuzz");
    if (!opened.ok()) {
        ASSERT(opened.error().find(": offset ") != std::string::npos);
        return;
    }
    journal::Chain chain;
    for (std::uint64_t last = 0;;) {
        const auto next = opened.value().next();
        if (!next.ok()) {
            ASSERT(next.error().find(": offset ") != std::string::npos);
            return;
        }
        if (!next.value()) return;
        ASSERT(opened.value().offset() <= size);
        if (next.value()->kind != journal::Frame::Kind::transition) continue;
        ASSERT(next.value()->position > last);
        last = next.value()->position;
        static_cast<void>(chain.take(next.value()->payload));
    }
}

/// The same bytes as a container whose checksums are right, so that what lies behind them is met.
void walk_wrapped(const std::uint8_t* data, std::size_t size) {
    const std::string path = "/tmp/partyline-fuzz-" + std::to_string(::getpid());
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    {
        auto writer = journal::ContainerWriter::create(path, {{"kind", "fuzz"}});
        if (!writer.ok()) return;
        ASSERT(writer.value().add(1, bytes.substr(0, size / 2)).ok());
        ASSERT(writer.value().add(2, bytes.substr(size / 2)).ok());
        ASSERT(writer.value().finish().ok());
    }
    auto reader = journal::ContainerReader::open(path);
    ASSERT(reader.ok());
    ASSERT(reader.value().next().value()->payload == bytes.substr(0, size / 2));
    ASSERT(reader.value().next().value()->payload == bytes.substr(size / 2));
    ASSERT(!reader.value().next().value());
    ::unlink(path.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    walk(data, size);
    journal::Chain chain;
    static_cast<void>(chain.take({reinterpret_cast<const char*>(data), size}));
    static thread_local int count = 0;
    if (++count % 256 == 0) walk_wrapped(data, size);  // fsync costs
    return 0;
}
