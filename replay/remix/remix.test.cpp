// A conference in virtual time, with everything that a mix depends on; captured into a journal, and
// mixed again from there.
#include "replay/remix/remix.hpp"

#include <doctest.h>

#include <functional>

#include "base/prng.hpp"
#include "journal/testing.hpp"
#include "media/capture.hpp"
#include "media/test_room.hpp"
#include "replay/remix/taped.hpp"
#include "replay/remix/wav.hpp"

namespace {

using media::test::VirtualRoom;

constexpr media::Format l16_narrow{media::Codec::l16, 16'000}, l16_cd{media::Codec::l16, 44'100};

std::vector<media::Format> all_formats() {
    return {media::pcmu_format, media::pcma_format, media::g722_format, l16_narrow, l16_cd,
            media::opus_format, media::pcmu_format};
}

std::shared_ptr<media::PlanRoom> changed(const VirtualRoom& room) {
    return std::make_shared<media::PlanRoom>(*room.room);
}

struct Story {
    explicit Story(const std::vector<media::Format>& formats) : room(formats) {
        auto plan = changed(room);
        plan->capture = true;
        room.replace(plan);
        for (std::size_t i = 0; i < room.phones.size(); ++i)
            room.phones[i].hz = static_cast<std::int32_t>(300 + 170 * i);
    }
    // Speech comes and goes, packets are lost, doubled, late, and in bursts.
    void steps(int count) {
        for (int i = 0; i < count; ++i) {
            for (VirtualRoom::VirtualPhone& phone : room.phones) {
                if (prng.below(60) == 0) phone.amplitude = prng.below(3) == 0 ? 0 : 9'000;
                const auto chance = prng.below(40);
                if (chance == 0)
                    lose(phone);
                else if (chance != 1)
                    room.packet_from(phone);
                if (chance == 2) room.packet_from(phone);
            }
            room.tick();
        }
    }
    static void lose(VirtualRoom::VirtualPhone& phone) {
        phone.sequence += static_cast<std::uint16_t>(media::packets_per_tick(phone.format));
        phone.timestamp += media::clock_hz(phone.format) / 50;
    }
    void comfort_noise(std::size_t leg, std::uint8_t level) {
        VirtualRoom::VirtualPhone& phone = room.phones[leg];
        std::array<std::uint8_t, media::rtp_header_bytes + 1> packet;
        std::ranges::copy(media::write_rtp_header({.payload_type = 13,
                                                   .sequence = phone.sequence++,
                                                   .timestamp = phone.timestamp,
                                                   .ssrc = phone.address.port}),
                          packet.begin());
        packet.back() = level;
        phone.leg->rtp_arrived(packet, phone.address, room.now.now_us, room.now, room.outlet);
    }
    void play(std::size_t leg, const char* prompt) {
        REQUIRE(room.phones[leg].leg->inbox.try_push(
            {.kind = media::LegCommand::Kind::play, .prompt = prompts.find(prompt)}));
    }
    void change(const std::function<void(media::PlanRoom&)>& how) {
        auto plan = changed(room);
        how(*plan);
        room.replace(plan);
    }

    Prng prng{20'261'121};
    media::PromptLibrary prompts{"", [](const std::string&) {}};
    VirtualRoom room;
};

/// Everything a mix depends on, for some twenty seconds.
Story long_story() {
    Story story{all_formats()};
    story.steps(100);
    story.room.seat(1, false, true);  // muted
    story.play(1, "you_are_muted");
    story.steps(60);
    story.change([](media::PlanRoom& plan) { plan.seats[0].gain_in_db = 6; });
    story.change([](media::PlanRoom& plan) { plan.seats[2].gain_out_db = -9; });
    story.steps(60);
    story.room.seat(3, true, false);  // deaf
    story.room.seat(1, true, true);
    story.change([](media::PlanRoom& plan) { plan.loudest = 2; });
    story.steps(150);
    CHECK(story.room.room->room->inbox.try_push(story.prompts.find("someone_joined")));
    story.steps(80);
    story.change([&](media::PlanRoom& plan) {
        plan.loudest = 0;
        plan.level_voices = plan.gate_noise = true;
        plan.seats[4].whispers = true;  // to the first alone; and the last does not hear the first
        plan.seats[0].whisperers = {plan.seats[4].leg};
        plan.seats[6].unheard = {plan.seats[0].leg};
    });
    story.steps(150);
    story.room.phones[6].sends = false;
    story.comfort_noise(6, 40);
    for (int i = 0; i < 60; ++i) story.room.step();
    story.room.phones[6].sends = true;
    story.change([](media::PlanRoom& plan) { plan.rate_hz = 16'000; });
    story.steps(150);
    story.room.configure(0, {.format = media::pcma_format,  // in the middle, another codec
                             .payload_type = 8,
                             .event_payload_type = 101,
                             .remote = story.room.phones[0].address});
    story.room.phones[0].format = media::pcma_format;
    story.room.phones[0].mouth = media::make_encoder(media::pcma_format);
    story.steps(150);
    return story;
}

using replay::testing::Captured;
using replay::testing::Taped;

}  // namespace

TEST_CASE(
    "a conference of all codecs, with losses, mutes, gains and prompts, comes out bit for bit") {
    const Story story = long_story();
    Taped taped{story.room.outlet.captured};
    const auto report = taped.remix({.prove = true});
    CHECK(report.proof.differ == 0);
    CHECK(report.proof.open.empty());
    CHECK(report.proof.frames == 7 * 960 + 0);
    CHECK(report.proof.proven == report.proof.frames);
    CHECK(report.frames == 960);
    CHECK(report.opus);
}

TEST_CASE("a listener's remix has the frames that they were given, hash by hash, tick by tick") {
    const Story story = long_story();
    Taped taped{story.room.outlet.captured};
    const auto report = taped.remix({.listener = {2}, .prove = true});
    CHECK(report.proof.proven == report.proof.frames);
    std::vector<std::pair<std::uint64_t, std::uint64_t>> live;
    for (const Captured& record : story.room.outlet.captured) {
        if (record.leg == 2)
            live.emplace_back(record.tick, media::decode_capture(record.bytes).value().head.heard);
    }
    CHECK(taped.hashes == live);
}

TEST_CASE("one flipped bit of one payload is found, with the ticks and who heard it") {
    Story story{{media::pcmu_format, media::pcma_format, media::pcmu_format}};
    for (auto& phone : story.room.phones) phone.amplitude = 9'000;
    for (int i = 0; i < 100; ++i) story.room.step();
    auto records = story.room.outlet.captured;
    const std::uint64_t first_tick = records.front().tick;
    auto& flipped = records[3 * 40 + 0];  // of leg 0, 40 ticks later
    REQUIRE(flipped.leg == 0);
    REQUIRE(flipped.tick == first_tick + 40);
    flipped.bytes.back() ^= 0x10;
    Taped taped{records};
    const auto proof = taped.remix({.prove = true}).proof;
    CHECK(proof.differ == 2);
    CHECK(proof.proven == proof.frames - 2);
    REQUIRE(proof.differing.size() == 2);
    for (const auto& range : proof.differing) {
        CHECK(range.listener != 0);  // who spoke does not hear it
        CHECK(range.epoch == 3);
        CHECK(range.first_tick == first_tick + 40);
        CHECK(range.last_tick == first_tick + 40);
    }
}

TEST_CASE("without somebody, the rest sounds as if they had been silent") {
    const auto run = [](bool second_speaks) {
        Story story{{media::pcmu_format, media::pcmu_format, media::pcmu_format}};
        if (!second_speaks) story.room.phones[1].hz = 0;
        for (int i = 0; i < 150; ++i) story.room.step();
        return story.room.outlet.captured;
    };
    Taped with{run(true)}, silent{run(false)};
    for (const std::vector<media::LegId>& listener :
         {std::vector<media::LegId>{}, std::vector<media::LegId>{2}}) {
        (void)silent.remix({.listener = listener});
        const auto report = with.remix({.listener = listener, .without = {1}, .prove = true});
        CHECK(with.hashes == silent.hashes);
        CHECK(report.proof.proven == report.proof.frames);  // what was heard, they included
    }
}

TEST_CASE("records that were dropped leave a doubt, until the leg begins again") {
    Story story{{media::pcmu_format, media::g722_format, media::pcmu_format}};
    story.steps(100);
    story.room.outlet.capture_is_full = true;
    story.steps(3);
    story.room.outlet.capture_is_full = false;
    story.steps(100);
    for (auto& phone : story.room.phones) phone.amplitude = 0;  // nobody hears the seam
    for (int i = 0; i < 80; ++i) story.room.step();
    const std::uint64_t mended = story.room.now.tick;
    for (auto& phone : story.room.phones) phone.amplitude = 9'000;
    story.steps(100);
    Taped taped{story.room.outlet.captured};
    const auto whole = taped.remix({.prove = true}).proof;
    CHECK(whole.differ == 0);
    CHECK(whole.frames == 3 * (100 + 100 + 80 + 100));
    CHECK(whole.open.size() == 1);
    CHECK(whole.open.contains(replay::Doubt::record_missing));
    const auto later =
        taped.remix({.from = taped.survey().time_of(3, mended), .prove = true}).proof;
    CHECK(later.frames == 300);
    CHECK(later.proven == 300);
}

TEST_CASE("a part of a conference sounds as it does in the whole of it") {
    const Story story = long_story();
    Taped taped{story.room.outlet.captured};
    (void)taped.remix({.listener = {5}});
    const auto whole = taped.hashes;
    const std::uint64_t first = whole.front().first;
    const auto at = [&](std::uint64_t tick) { return taped.survey().time_of(3, first + tick); };
    const auto report = taped.remix({.listener = {5}, .from = at(400), .to = at(450)});
    CHECK(report.frames == 50);
    CHECK(taped.hashes == decltype(whole)(whole.begin() + 400, whole.begin() + 450));
    replay::RemixWish late{.from = at(5'000)};
    const auto refused = replay::remix(taped.reader(), taped.survey(), late, taped.prompts(), {});
    REQUIRE(!refused.ok());
    CHECK(refused.error().starts_with("nothing was captured in that time: there is sound from "));
}

TEST_CASE("a listener goes on after a restart of the server, with silence where there was none") {
    Story before{{media::pcmu_format, media::g722_format}},
        after{{media::pcmu_format, media::g722_format}};
    before.steps(100);
    after.room.now.wall_us += 10'000'000;  // the second run begins ten seconds later
    after.room.now.tick = 77;
    after.steps(50);
    Taped taped{std::map<std::uint64_t, std::vector<Captured>>{{3, before.room.outlet.captured},
                                                               {4, after.room.outlet.captured}}};
    const auto report = taped.remix({.listener = {1}, .prove = true});
    CHECK(report.proof.frames == 150);
    CHECK(report.proof.proven == 150);
    CHECK(report.frames == 500 + 50);
    CHECK(report.silent == 400);
    CHECK(report.to.us - report.from.us == 11'000'000);
}

TEST_CASE("a prompt that is another one now is a doubt, not a difference") {
    Story story{{media::pcmu_format, media::pcma_format}};
    story.steps(10);
    story.play(0, "joined");
    story.steps(10);
    auto records = story.room.outlet.captured;
    std::size_t changed_prompts = 0;
    for (Captured& record : records) {
        const auto capture = media::decode_capture(record.bytes);
        for (const media::CapturePiece& piece : capture.value().pieces) {
            if (piece.kind != media::CapturePiece::Kind::prompt) continue;
            record
                .bytes[static_cast<std::size_t>(piece.payload.data() - record.bytes.data()) + 8] ^=
                1;  // its name: "koined"
            ++changed_prompts;
        }
    }
    REQUIRE(changed_prompts == 10);
    Taped taped{records};
    const auto proof = taped.remix({.prove = true}).proof;
    CHECK(proof.differ == 0);
    CHECK(proof.open.at(replay::Doubt::other_prompt) >= 8);  // tones begin alike
    CHECK(proof.proven + proof.open.at(replay::Doubt::other_prompt) == 40);
}

TEST_CASE("records of version 1 are mixed again, exactly where nothing special was heard") {
    Story story{{media::pcmu_format, media::pcma_format, media::pcmu_format}};
    story.steps(200);
    auto records = story.room.outlet.captured;
    for (Captured& record : records) {
        const auto capture = media::decode_capture(record.bytes).value();
        media::CaptureWriter writer;
        writer.begin();
        for (const auto& piece : capture.pieces) {
            if (piece.kind <= media::CapturePiece::Kind::idle) writer.piece(piece);
        }
        const auto bytes = writer.close(capture.head);
        std::vector<std::uint8_t> before(bytes.begin(), bytes.begin() + 16);
        before[0] = 1;
        before[6] = before[7] = 0;
        before.insert(before.end(), bytes.begin() + 24, bytes.end());
        record.bytes = before;
    }
    Taped taped{records};
    const auto proof = taped.remix({.prove = true}).proof;
    CHECK(proof.frames == 600);
    CHECK(proof.proven == 600);
}

TEST_CASE("any bytes as records give a remix, not a crash") {
    Story story{all_formats()};
    story.steps(60);
    Prng prng{99};
    for (int round = 0; round < 20; ++round) {
        auto records = story.room.outlet.captured;
        for (Captured& record : records) {
            for (auto i = prng.below(3); i > 0; --i)
                record.bytes[prng.below(std::min<std::size_t>(record.bytes.size(), 60))] =
                    static_cast<std::uint8_t>(prng.next());
        }
        Taped taped{records};
        const auto proof = taped.remix({.prove = true}).proof;
        CHECK(proof.proven + proof.differ <= proof.frames);
    }
}

TEST_CASE("a WAV file is right while it is written and at its end, at one rate for all of it") {
    const journal::testing::TempDirectory directory;
    const std::string path = directory.outside() + "/out.wav";
    auto opened = replay::WavWriter::open(path, 16'000);
    REQUIRE(opened.ok());
    replay::WavWriter writer = std::move(opened).value();
    const std::vector<std::int16_t> narrow(160, 1'000), wide(320, -2);
    for (int i = 0; i < 10; ++i) writer.add(narrow);
    writer.add({});
    writer.add(wide);
    REQUIRE(writer.close().ok());
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto wav =
        media::parse_wav({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    REQUIRE(wav.ok());
    CHECK(wav.value().rate_hz == 16'000);
    REQUIRE(wav.value().pcm.size() == 12 * 320);
    CHECK(std::abs(wav.value().pcm[9 * 320 + 160] - 1'000) < 5);
    CHECK(wav.value().pcm[11 * 320 - 1] == 0);
    CHECK(wav.value().pcm.back() == -2);
    const auto refused = replay::WavWriter::open(directory.outside() + "/no/out.wav", 8'000);
    REQUIRE(!refused.ok());
    CHECK(refused.error().find("no/out.wav cannot be written: No such file") != std::string::npos);
}
