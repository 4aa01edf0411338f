#include "edges/sip/info.hpp"

#include <doctest/doctest.h>

using namespace sip;

TEST_CASE("keys by INFO are read in the ways phones write them") {
    struct Case {
        const char* type;
        const char* body;
        bool understood;
        char digit;
    };
    for (const Case& given :
         {Case{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", true, '5'},
          Case{"application/dtmf-relay", "Duration=160\r\nSignal= # \r\n", true, '#'},
          Case{"application/dtmf-relay", "Signal=10", true, '*'},
          Case{"application/dtmf-relay", "Signal=\r\n", true, 0},
          Case{"application/dtmf-relay", "Signal=55", true, 0},
          Case{"application/dtmf", "7", true, '7'}, Case{"application/dtmf", "x", true, 0},
          Case{"", "", true, 0}, Case{"application/media_control+xml", "<x/>", false, 0},
          Case{"text/plain", "5", false, 0}}) {
        CAPTURE(given.type);
        CAPTURE(given.body);
        const InfoBody info = read_info(given.type, given.body);
        CHECK(info.understood == given.understood);
        CHECK(info.digit == given.digit);
    }
}
