// The built web page, held in memory: files by path, with types and ETags.
//
// Thread: const after loading. Memory: the page, at most page_bytes_max. Time: loading reads the
// folder once.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace web {

inline constexpr std::size_t page_bytes_max =
    64u << 20;  // a page is a few hundred KiB; this guards a wrong folder

class Page {
public:
    struct File {
        std::string body;
        std::string_view type;
        std::string etag;         // quoted
        bool unchanging = false;  // its name holds a hash of its bytes
    };

    /// Reads `folder`; empty or absent, there is one file that says how to build the page.
    explicit Page(const std::string& folder);

    /// The file at "/assets/app.js"; index.html for "/" and for paths that the page itself routes
    /// (without a dot); null when there is none.
    [[nodiscard]] const File* find(std::string_view path) const;
    [[nodiscard]] bool built() const { return built_; }

private:
    void add(std::string path, std::string body);

    std::map<std::string, File, std::less<>> files_;
    bool built_ = false;
};

}  // namespace web
