// partyline user ..., partyline conference ...: what the API does, from a shell.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/api_access.hpp"
#include "app/commands.hpp"
#include "base/hash.hpp"

namespace app {
namespace {

using Json = nlohmann::json;

struct Common {
    std::string data = "./data";
    bool json = false;
};

void add_common(CLI::App& command, Common& common) {
    command.add_option("--data", common.data, "the server's data folder")->capture_default_str();
    command.add_flag("--json", common.json, "print JSON");
}

// One request; its body as JSON, or nothing after having complained.
std::optional<Json> call(ApiAccess& api, const std::string& method, const std::string& path,
                         const Json& body = {}) {
    const auto answer = api.call(method, path, body.is_null() ? "" : body.dump());
    if (!answer.ok()) {
        complain(answer.error());
        return std::nullopt;
    }
    Json said = Json::parse(answer.value().body, nullptr, false);
    if (answer.value().status < 300 && !said.is_discarded()) return said;
    const bool told =
        said.is_object() && said.contains("error") && said["error"].contains("sentence");
    complain(told ? said["error"]["sentence"].get<std::string>()
                  : "status " + std::to_string(answer.value().status));
    return std::nullopt;
}

std::unique_ptr<ApiAccess> open_api(const Common& common) {
    auto api = ApiAccess::open(common.data);
    if (api.ok()) return std::move(api).value();
    complain(api.error());
    return nullptr;
}

int print(const Json& json) {
    std::cout << json.dump(2) << "\n";
    return 0;
}

std::string text_of(const Json& json, const char* key) {
    if (!json.contains(key) || json[key].is_null()) return "";
    return json[key].is_string() ? json[key].get<std::string>() : json[key].dump();
}

std::string password_from_stdin() {
    std::string line;
    std::getline(std::cin, line);
    return line;
}

// ---- users

struct UserOptions : Common {
    std::string name, display_name, label = "phone", number;
    bool admin = false, may_dial_numbers = false, password_stdin = false;
};

int add(const UserOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    Json body{{"user", options.name},
              {"display_name", options.display_name.empty() ? options.name : options.display_name},
              {"admin", options.admin},
              {"may_dial_numbers", options.may_dial_numbers}};
    if (options.password_stdin) body["password"] = password_from_stdin();
    const auto made = call(*api, "POST", "/api/users", body);
    if (!made) return 1;
    if (options.json) return print(*made);
    std::cout << "user      " << options.name << "\n";
    if (made->contains("password"))
        std::cout << "password  " << text_of(*made, "password") << "   (shown once)\n";
    std::cout << "Next: give them a phone with  partyline user phone " << options.name << "\n";
    return 0;
}

int passwd(const UserOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    const std::string password =
        options.password_stdin ? password_from_stdin() : base::hex(base::random_bytes(8));
    const auto done =
        call(*api, "POST", "/api/users/" + options.name + "/password", {{"password", password}});
    if (!done) return 1;
    Json said{{"user", options.name}};
    if (!options.password_stdin) said["password"] = password;
    if (options.json) return print(said);
    std::cout << "The password of " << options.name
              << " is changed; every session of theirs has ended.\n";
    if (!options.password_stdin) std::cout << "password  " << password << "   (shown once)\n";
    return 0;
}

int list_users(const UserOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    Json all = Json::array();
    for (std::string after;;) {
        const auto page =
            call(*api, "GET", "/api/users?limit=200" + (after.empty() ? "" : "&after=" + after));
        if (!page) return 1;
        for (const Json& one : (*page)["users"]) all.push_back(one);
        after = text_of(*page, "next_after");
        if (after.empty()) break;
    }
    if (options.json) return print(all);
    std::printf("%-20s %-24s %-6s %s\n", "user", "name", "admin", "phones");
    for (const Json& one : all) {
        std::string phones;
        for (const Json& phone : one.value("phones", Json::array())) {
            phones += text_of(phone, "user") +
                      (phone.value("registered", false) ? " (registered)  " : "  ");
        }
        std::printf("%-20s %-24s %-6s %s\n", text_of(one, "name").c_str(),
                    text_of(one, "display_name").c_str(), one.value("admin", false) ? "yes" : "",
                    phones.c_str());
    }
    return 0;
}

int add_phone(const UserOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    auto made =
        call(*api, "POST", "/api/users/" + options.name + "/phones", {{"label", options.label}});
    if (!made) return 1;
    if (!options.number.empty()) {
        if (!call(*api, "POST", "/api/users/" + options.name + "/numbers",
                  {{"number", options.number}}))
            return 1;
        (*made)["number"] = options.number;
    }
    if (options.json) return print(*made);
    std::cout << "Type this into a SIP phone:\n  user name  " << text_of(*made, "user")
              << "\n  password   " << text_of(*made, "password") << "   (shown once)\n  server     "
              << text_of(*made, "server") << "   (UDP or TCP)\n";
    return 0;
}

// ---- conferences

struct ConferenceOptions : Common {
    std::string id, title = "Conference", host, host_pin, guest_pin;
    bool ended = false;
    std::vector<std::string> people;
};

int create(const ConferenceOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    Json body{{"title", options.title}};
    if (!options.people.empty()) body["people"] = options.people;
    if (!options.host.empty()) body["host"] = options.host;
    if (!options.host_pin.empty()) body["host_pin"] = options.host_pin;
    if (!options.guest_pin.empty()) body["guest_pin"] = options.guest_pin;
    const auto made = call(*api, "POST", "/api/conferences", body);
    if (!made) return 1;
    if (options.json) return print(*made);
    std::cout << "number     " << text_of(*made, "number") << "\nhost PIN   "
              << text_of(*made, "host_pin") << "\nguest PIN  " << text_of(*made, "guest_pin")
              << "\nCall the number from a registered phone and key the PIN, then '#'.\n";
    return 0;
}

int list_conferences(const ConferenceOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    auto said = call(*api, "GET", "/api/conferences");
    if (!said) return 1;
    Json& all = (*said)["conferences"];
    if (!options.ended) {
        all.erase(
            std::remove_if(all.begin(), all.end(),
                           [](const Json& one) { return one["state"].value("ended", false); }),
            all.end());
    }
    if (options.json) return print(all);
    std::printf("%-10s %-30s %-6s %s\n", "number", "title", "seats", "connected");
    for (const Json& one : all) {
        const Json& state = one["state"];
        std::size_t connected = 0;
        for (const Json& seat : state["seats"]) connected += text_of(seat, "phase") == "connected";
        std::printf("%-10s %-30s %-6zu %zu\n", text_of(state, "number").c_str(),
                    text_of(state, "title").c_str(), state["seats"].size(), connected);
    }
    return 0;
}

int show(const ConferenceOptions& options) {
    const auto api = open_api(options);
    if (!api) return 1;
    const auto said = call(*api, "GET", "/api/conferences/" + options.id);
    if (!said) return 1;
    const Json& state = (*said)["state"];
    if (options.json) return print(state);
    std::cout << text_of(state, "title") << ", number " << text_of(state, "number")
              << (state.value("locked", false) ? ", locked" : "")
              << (state.value("ended", false) ? ", ended" : "") << "\n";
    std::printf("%4s  %-24s %-6s %-10s %-14s %s\n", "seat", "who", "role", "phone", "why", "");
    for (const Json& seat : state["seats"]) {
        std::string marks;
        for (const char* mark : {"talking", "muted", "on_hold", "silent"}) {
            if (seat.value(mark, false)) marks += std::string{mark} + " ";
        }
        if (!seat["hand_at"].is_null()) marks += "hand ";
        const std::string cause = text_of(seat, "cause");
        std::printf("%4s  %-24s %-6s %-10s %-14s %s\n", text_of(seat, "seat").c_str(),
                    text_of(seat, "name").c_str(), text_of(seat, "role").c_str(),
                    text_of(seat, "phase").c_str(), cause == "none" ? "" : cause.c_str(),
                    marks.c_str());
    }
    return 0;
}

template <class Options>
CLI::App* subcommand(CLI::App* family, const char* name, const char* help,
                     std::shared_ptr<Options> options, Run& run, int (*what)(const Options&)) {
    CLI::App* command = family->add_subcommand(name, help);
    add_common(*command, *options);
    command->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
    return command;
}

}  // namespace

int complain(const std::string& sentence, int status) {
    std::cerr << "partyline: " << sentence << "\n";
    return status;
}

void add_user(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("user", "people and their phones");
    family->require_subcommand(1);
    const auto options = std::make_shared<UserOptions>();
    const auto named = [&](CLI::App* command) {
        command->add_option("name", options->name, "the name they sign in with")->required();
        return command;
    };
    CLI::App* adds = named(subcommand(family, "add", "add a person", options, run, add));
    adds->add_option("--display-name", options->display_name, "the name that others see");
    adds->add_flag("--admin", options->admin, "may administer the server");
    adds->add_flag("--may-dial-numbers", options->may_dial_numbers,
                   "may let the server call numbers by a trunk");
    adds->add_flag("--password-stdin", options->password_stdin,
                   "read the password from standard input; absent: one is made");
    CLI::App* changes = named(
        subcommand(family, "passwd", "set a password and end all sessions", options, run, passwd));
    changes->add_flag("--password-stdin", options->password_stdin,
                      "read the password from standard input; absent: one is made");
    subcommand(family, "list", "all people", options, run, list_users);
    CLI::App* phones = named(subcommand(family, "phone", "make a SIP account for a phone of theirs",
                                        options, run, add_phone));
    phones->add_option("--label", options->label, "which of their phones: desk, mobile, ...")
        ->capture_default_str();
    phones->add_option("--number", options->number, "a number that shall be theirs");
}

void add_conference(CLI::App& root, Run& run) {
    CLI::App* family = root.add_subcommand("conference", "telephone conferences");
    family->require_subcommand(1);
    const auto options = std::make_shared<ConferenceOptions>();
    CLI::App* creates = subcommand(family, "create", "make a conference with a number and PINs",
                                   options, run, create);
    creates->add_option("--title", options->title, "what it is about")->capture_default_str();
    creates->add_option("--host", options->host, "a user who steers it on the page");
    creates->add_option("--host-pin", options->host_pin, "4 to 10 digits; absent: random");
    creates->add_option("--guest-pin", options->guest_pin, "4 to 10 digits; absent: random");
    creates->add_option("--person", options->people, "a user who is invited (repeatable)");
    CLI::App* lists =
        subcommand(family, "list", "running conferences", options, run, list_conferences);
    lists->add_flag("--ended", options->ended, "also those that have ended");
    CLI::App* shows =
        subcommand(family, "show", "one conference and its roster", options, run, show);
    shows->add_option("id", options->id, "its number")->required();
}

}  // namespace app
