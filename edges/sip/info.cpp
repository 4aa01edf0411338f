// See info.hpp.
#include "edges/sip/info.hpp"

#include <algorithm>
#include <string>

namespace sip {
namespace {

char digit_of(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && std::string_view{" \t\r\n"}.find(text.back()) != std::string_view::npos)
        text.remove_suffix(1);
    if (text == "10") return '*';  // some phones number the keys
    if (text == "11") return '#';
    if (text.size() != 1) return 0;
    return std::string_view{"0123456789*#ABCD"}.find(text[0]) == std::string_view::npos ? '\0'
                                                                                        : text[0];
}

}  // namespace

InfoBody read_info(std::string_view content_type, std::string_view body) {
    if (body.empty()) return {true, 0};
    if (content_type == "application/dtmf") return {true, digit_of(body)};
    if (content_type != "application/dtmf-relay") return {};
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        const std::string_view line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos &&
            (line.starts_with("Signal") || line.starts_with("signal"))) {
            return {true, digit_of(line.substr(equals + 1))};
        }
    }
    return {true, 0};
}

}  // namespace sip
