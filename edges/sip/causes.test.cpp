#include "edges/sip/causes.hpp"

#include <doctest/doctest.h>

using namespace sip;
using schema::Cause;

TEST_CASE("final statuses become the causes that a roster shows") {
    struct Case {
        int status;
        Cause cause;
    };
    for (const Case& given :
         {Case{486, Cause::busy}, Case{600, Cause::busy}, Case{480, Cause::no_answer},
          Case{408, Cause::no_answer}, Case{403, Cause::refused}, Case{603, Cause::refused},
          Case{410, Cause::refused}, Case{302, Cause::refused}, Case{404, Cause::unknown_number},
          Case{484, Cause::unknown_number}, Case{488, Cause::codec_mismatch},
          Case{606, Cause::codec_mismatch}, Case{487, Cause::cancelled}, Case{500, Cause::failed},
          Case{503, Cause::failed}, Case{699, Cause::failed}, Case{900, Cause::failed}}) {
        CAPTURE(given.status);
        CHECK(cause_of(given.status) == given.cause);
    }
}

TEST_CASE("every cause and every refusal has a final status to be told with") {
    for (int i = 0; i <= static_cast<int>(Cause::media_timeout); ++i) {
        CHECK(status_of(static_cast<Cause>(i)) >= 400);
        CHECK(status_of(static_cast<Cause>(i)) < 600);
    }
    for (int i = 1; i <= static_cast<int>(actors::Refusal::stopping); ++i) {
        CHECK(status_of(static_cast<actors::Refusal>(i)) >= 400);
    }
    CHECK(status_of(actors::Refusal::stale) == 500);
    CHECK(status_of(actors::Refusal::blocked) == 403);
}
