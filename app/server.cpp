#include "app/server.hpp"

#include <unistd.h>

#include <spdlog/spdlog.h>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "actors/house.hpp"
#include "actors/vocabulary.hpp"
#include "app/metrics.hpp"
#include "app/recordings.hpp"
#include "base/clock.hpp"
#include "base/secrets.hpp"
#include "edges/sip/edge.hpp"
#include "edges/web/server.hpp"
#include "journal/audio.hpp"
#include "journal/log.hpp"
#include "journal/store.hpp"
#include "media/engine.hpp"
#include "media/tape/recorder.hpp"

namespace app {
namespace {

constexpr auto answer_patience = std::chrono::seconds{10};

// Folders that the build puts beside the program.
std::string beside_program(const char* name) {
    std::error_code wrong;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", wrong);
    // A sanitizer build lies one folder deeper and shares what the release build made.
    for (auto folder = program.parent_path(); folder.has_relative_path();
         folder = folder.parent_path()) {
        if (std::filesystem::is_directory(folder / name, wrong)) return (folder / name).string();
    }
    return (program.parent_path() / name).string();
}

const std::string& first_of(const std::string& one, const std::string& other) {
    return one.empty() ? other : one;
}

media::RoomProfile room_profile(const Settings& settings) {
    media::RoomProfile profile;
    profile.rate_max_hz = settings.rate_max;
    profile.loudest = settings.loudest;
    profile.level_voices = settings.level_voices;
    profile.gate_noise = settings.gate_noise;
    profile.suppress_silence = settings.suppress_silence;
    profile.capture = settings.capture;
    profile.music = settings.music;
    profile.opus.dtx = settings.suppress_silence;
    profile.opus.bitrate = static_cast<std::int32_t>(settings.opus_bitrate);
    profile.opus.complexity = static_cast<std::int32_t>(settings.opus_complexity);
    return profile;
}

sip::Options sip_options(const Settings& settings, std::shared_ptr<const base::Secrets> secrets) {
    sip::Options options;
    options.bind_ip = settings.sip.ip;
    options.port = settings.sip.port;
    options.advertised_ip = settings.advertised_ip;
    options.realm = settings.realm;
    options.domain = settings.domain;
    options.trunks = settings.trunks;
    options.allowed_domains = settings.allowed_domains;
    options.allow_guests = settings.allow_guests;
    options.limits.calls_per_source_max = settings.calls_per_source;
    options.limits.calls_max = settings.calls_max;
    options.secrets = std::move(secrets);
    options.sound.codecs = settings.codecs;
    options.sound.srtp = settings.srtp;
    options.sound.inband_dtmf = settings.inband_dtmf;
    options.room = room_profile(settings);
    options.sound.opus = options.room.opus;
    return options;
}

}  // namespace

struct Server::Inside {
    Inside(Settings settings_in, std::function<void(const std::string&)> on_fatal_in)
        : settings(std::move(settings_in)), on_fatal(std::move(on_fatal_in)) {}

    Done<std::string> open_journal() {
        auto opened = DataFolder::open(settings.data);
        if (!opened.ok()) return fail(opened.error());
        folder.emplace(std::move(opened).value());
        auto key = base::Secrets::load(folder->key());
        if (!key.ok()) return fail(key.error());
        secrets = key.value();
        journal::StoreOptions options;
        options.on_fatal = [this](journal::Fault, const std::string& sentence) {
            on_fatal(sentence);
        };
        options.on_notice = [](const std::string& sentence) { spdlog::warn("{}", sentence); };
        auto store_opened = journal::Store::open(folder->journal(), options);
        // A server that was just killed may still be giving the folder back.
        for (int tries = 0; tries < 20 && !store_opened.ok() &&
                            store_opened.error().kind == journal::OpenError::Kind::in_use;
             ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
            store_opened = journal::Store::open(folder->journal(), options);
        }
        if (!store_opened.ok()) return fail(store_opened.error().sentence);
        store = std::move(store_opened).value();
        // Else a telephone would ring for as long as the clock was set back.
        const Duration behind = base::wall_goes_on_from(journal::last_time(*store));
        if (behind > seconds(1))
            spdlog::warn(
                "The machine's clock is {} s behind the journal's newest change. Was it set back? "
                "The server's time goes on from there until the clock has caught up.",
                behind.us / 1'000'000);
        return {};
    }

    [[nodiscard]] std::string recordings_folder() const {
        return first_of(settings.recordings, folder->path() + "/recordings");
    }

    void open_sound() {
        media::Options options;
        options.bind_ip = first_of(settings.rtp_ip, settings.sip.ip);
        options.port_min = settings.rtp_port_min;
        options.port_max = settings.rtp_port_max;
        options.workers = settings.mixer_threads;
        options.prompts_folder = first_of(settings.prompts, beside_program("prompts"));
        options.on_event = [this](const media::Event& event) { telephones->on_media(event); };
        options.on_message = [](const std::string& sentence) { spdlog::warn("{}", sentence); };
        media::tape::RecorderOptions taping;
        taping.folder = recordings_folder();
        taping.wall_us = [] { return base::wall_now().us; };
        taping.on_trouble = [](const std::string& sentence) { spdlog::error("{}", sentence); };
        taping.on_finished = [](const std::string& index) { spdlog::info("recorded {}", index); };
        recorder = std::make_unique<media::tape::Recorder>(std::move(taping));
        options.on_tape = [this](const media::TapeFrame& frame) { recorder->take(frame); };
        captured = std::make_unique<journal::AudioGatherer>(
            store->epoch(), [this](const journal::AudioKey& key, const std::string& records) {
                keep_sound(key, records);
            });
        options.on_capture = [this](const media::CaptureRecord& record) {
            captured->add(
                "conference/" + std::to_string(record.room), record.leg,
                {record.tick,
                 {reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size()}});
        };
        engine = std::make_unique<media::Engine>(std::move(options));
    }

    // On the tape thread. What the journal cannot take is lost to a re-mix, and said once.
    void keep_sound(const journal::AudioKey& key, const std::string& records) {
        const auto kept = store->put_audio(key, records);
        if (kept.ok() != sound_is_kept) {
            if (kept.ok())
                spdlog::info("captured sound is kept again");
            else
                spdlog::warn("captured sound is not kept any more: {}", name_of(kept.error()));
        }
        sound_is_kept = kept.ok();
    }

    // Sends a command of the server's own and waits for what became of it.
    actors::Answer settle(const StreamId& stream, schema::CommandUnion command) {
        const auto answer = std::make_shared<std::promise<actors::Answer>>();
        auto future = answer->get_future();
        house->send(stream, "server", std::move(command),
                    [answer](const actors::Answer& what) { answer->set_value(what); });
        if (future.wait_for(answer_patience) != std::future_status::ready)
            return {.refusal = actors::Refusal::busy};
        return future.get();
    }

    Done<std::string> first_start() {
        schema::ClaimNumberT claim;
        claim.owner = "access";
        const auto claimed =
            settle({StreamKind::number, settings.access_number}, actors::command(std::move(claim)));
        if (!claimed.ok()) {
            return fail("the dial-in number " + settings.access_number +
                        " cannot be used: " + std::string{actors::sentence_of(claimed.refusal)} +
                        " Set dial_in.access_number to another.");
        }
        const auto anybody = store->list_streams("user/", "", 1);
        if (!anybody.ok() || !anybody.value().empty()) return {};
        const std::string password = base::hex(base::random_bytes(6));
        schema::CreateUserT admin;
        admin.display_name = "Administrator";
        admin.password = base::hash_password(password);
        admin.admin = true;
        admin.may_dial_numbers = true;
        const auto made = settle({StreamKind::user, "admin"}, actors::command(std::move(admin)));
        if (!made.ok())
            return fail("the administrator could not be made: " +
                        std::string{actors::sentence_of(made.refusal)});
        first_password = password;
        return {};
    }

    std::optional<web::LegSound> sound_of(const std::string& leg) const {
        const auto codec = telephones->codec_of(leg);
        const auto id = sip::leg_id(leg);
        const auto seen = codec && id ? engine->statistics(*id) : std::nullopt;
        if (!seen) return std::nullopt;
        return web::LegSound{.codec = *codec,
                             .packets_received = seen->packets_received,
                             .packets_sent = seen->packets_sent,
                             .packets_lost = seen->packets_lost,
                             .packets_late = seen->packets_late,
                             .packets_refused = seen->packets_refused,
                             .packets_forged = seen->packets_forged,
                             .concealed_frames = seen->concealed_frames,
                             .jitter_us = seen->jitter_us,
                             .round_trip_us = seen->round_trip_us,
                             .delay_us = seen->delay_us,
                             .loss_there_per_256 = seen->loss_there_per_256,
                             .mos_hundredths = seen->mos_hundredths,
                             .level_below_full_db = seen->level_below_full_db,
                             .silent_for_ms = seen->silent_for_ms};
    }

    Done<std::string> open_page() {
        auto token = folder->cli_token();
        if (!token.ok()) return fail(token.error());
        web::ApiOptions options;
        options.realm = settings.realm;
        options.sip_server =
            first_of(first_of(settings.domain, settings.advertised_ip), settings.sip.ip) + ":" +
            std::to_string(settings.sip.port);
        options.cli_token = token.value();
        options.metrics = [this] { return counted.text(); };
        options.sound = [this](const std::string& leg) { return sound_of(leg); };
        options.ready = [this] { return !store->disk_is_full(); };
        options.recordings = [where = recordings_folder()](const std::string& conference) {
            return recordings_in(where, conference).dump();
        };
        api = std::make_unique<web::Api>(*house, *store, secrets, std::move(options));
        web::ServerOptions serving;
        serving.address = settings.http.ip;
        serving.port = settings.http.port;
        serving.page_folder = first_of(settings.page, beside_program("page"));
        page = std::make_unique<web::Server>(*api, std::move(serving));
        counted.add(*house);
        add_metrics(counted, *engine, *telephones, *page);
        return page->start();
    }

    Done<std::string> start() {
        if (auto done = open_journal(); !done.ok()) return done;
        telephones = std::make_unique<sip::Edge>(sip_options(settings, secrets));
        open_sound();
        actors::HouseOptions options;
        options.threads = settings.threads;
        options.on_fatal = [this](journal::Fault fault) {
            on_fatal("the journal failed: " + std::string{name_of(fault)});
        };
        house = std::make_unique<actors::House>(*store, *telephones, std::move(options));
        house->start();
        if (auto done = first_start(); !done.ok()) return done;
        if (auto done = telephones->start(*house, *engine); !done.ok()) return done;
        if (auto done = open_page(); !done.ok()) return done;
        return folder->write_running({::getpid(), settings.http.text()});
    }

    void stop() {
        if (folder && page) folder->remove_running();
        if (telephones) telephones->stop();
        if (page) page->stop();
        house.reset();  // settles what is under way; its replies still find API and page
        page.reset();
        api.reset();
        engine.reset();
        recorder.reset();
        if (captured) captured->flush();
        telephones.reset();
        store.reset();
    }

    Settings settings;
    std::function<void(const std::string&)> on_fatal;
    std::optional<DataFolder> folder;
    std::shared_ptr<const base::Secrets> secrets;
    std::unique_ptr<journal::Store> store;
    std::unique_ptr<sip::Edge> telephones;
    std::unique_ptr<media::tape::Recorder> recorder;
    std::unique_ptr<journal::AudioGatherer> captured;
    bool sound_is_kept = true;  // the tape thread's
    std::unique_ptr<media::Engine> engine;
    std::unique_ptr<actors::House> house;
    std::unique_ptr<web::Api> api;
    std::unique_ptr<web::Server> page;
    metrics::Metrics counted;
    std::string first_password;
};

Server::Server(Settings settings, std::function<void(const std::string&)> on_fatal)
    : inside_(std::make_unique<Inside>(std::move(settings), std::move(on_fatal))) {}
Server::~Server() { stop(); }
Done<std::string> Server::start() { return inside_->start(); }
void Server::stop() { inside_->stop(); }
const std::string& Server::first_password() const { return inside_->first_password; }

}  // namespace app
