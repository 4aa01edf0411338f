#include "edges/web/page.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/hash.hpp"

namespace web {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view not_built = R"(<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Partyline</title>
<h1>Partyline is running</h1>
<p>Its page has not been built. Telephones, the API and the command line work without it.</p>
<p>To build it, install Node.js and npm (<code>apt-get install nodejs npm</code>), run
<code>./run --build-only</code> and start the server again.</p>
</html>
)";

std::string_view type_of(std::string_view path) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 14> types{{
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".wav", "audio/wav"},
        {".mp3", "audio/mpeg"},
        {".txt", "text/plain; charset=utf-8"},
    }};
    for (const auto& [ending, type] : types) {
        if (path.ends_with(ending)) return type;
    }
    return "application/octet-stream";
}

}  // namespace

Page::Page(const std::string& folder) {
    std::error_code error;
    std::size_t bytes = 0;
    fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied,
                                           error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with('.') || !entry->is_regular_file(error)) continue;
        std::ifstream in(entry->path(), std::ios::binary);
        std::string body{std::istreambuf_iterator<char>(in), {}};
        bytes += body.size();
        if (bytes > page_bytes_max) break;
        add("/" + fs::relative(entry->path(), folder, error).generic_string(), std::move(body));
    }
    built_ = files_.contains("/index.html");
    if (!built_) add("/index.html", std::string(not_built));
}

void Page::add(std::string path, std::string body) {
    File file;
    file.type = type_of(path);
    file.etag = '"' + base::hex(base::blake2b(body)).substr(0, 24) + '"';
    file.unchanging = path.starts_with("/assets/");
    file.body = std::move(body);
    files_.insert_or_assign(std::move(path), std::move(file));
}

const Page::File* Page::find(std::string_view path) const {
    const auto found = files_.find(path);
    if (found != files_.end()) return &found->second;
    const std::string_view last = path.substr(path.rfind('/') + 1);
    if (last.find('.') != std::string_view::npos) return nullptr;
    return &files_.find("/index.html")->second;
}

}  // namespace web
