#include "journal/log.hpp"

namespace journal {

std::string_view name_of(Fault fault) noexcept {
    switch (fault) {
        case Fault::none: return "none";
        case Fault::disk_full: return "disk_full";
        case Fault::io: return "io";
        case Fault::wrong_expected_sequence: return "wrong_expected_sequence";
        case Fault::fenced: return "fenced";
        case Fault::corrupt: return "corrupt";
        case Fault::closed: return "closed";
        case Fault::overloaded: return "overloaded";
    }
    return "unknown";
}

}  // namespace journal
