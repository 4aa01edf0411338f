// partyline serve: reads the settings, runs the server until it is asked to stop.
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/commands.hpp"
#include "app/server.hpp"
#include "app/supervisor.hpp"

namespace app {
namespace {

struct Options {
    std::string config;
    std::vector<std::pair<const Setting*, std::vector<std::string>>>
        given;  // by flag, in table order
    std::vector<std::string> trunks;
    bool no_supervise = false;
};

// File first, then flags over it. False after having said everything that is wrong.
bool collect(const Options& options, Settings& settings) {
    bool good = true;
    const auto wrong = [&](const std::string& sentence) {
        complain(sentence);
        good = false;
    };
    if (!options.config.empty()) {
        for (const Mistake& mistake : read_settings(options.config, settings))
            wrong(mistake.sentence());
    }
    for (const auto& [setting, values] : options.given) {
        for (const std::string& value : values) {
            if (std::string what = setting->set(settings, value); !what.empty()) {
                wrong(std::string{setting->flag} + " " + value + ": " + what);
            }
        }
    }
    for (const std::string& trunk : options.trunks) {
        if (std::string what = add_trunk(settings, trunk); !what.empty())
            wrong("--trunk " + trunk + ": " + what);
    }
    if (options.no_supervise) settings.supervise = false;
    for (const std::string& what : contradictions(settings)) wrong(what);
    return good;
}

void greet(const Settings& settings, const std::string& password) {
    std::string text = "\nPartyline is running.\n\n";
    text += "  page and API    http://" + settings.http.text() + "\n";
    text += "  SIP             " + settings.sip.text() + "  (UDP and TCP)\n";
    text += "  dial in         " + settings.access_number + ", or a conference's own number\n";
    text += "  data            " + settings.data + "\n";
    if (!password.empty()) {
        text += "\n  First start: sign in as  admin  with the one-time password  " + password +
                "\n  It is shown this once. Change it on the page, or with: partyline user passwd "
                "admin\n";
    }
    text +=
        "\n  Next, in another terminal:\n"
        "    build/partyline user add alice            a person (prints a password for the page)\n"
        "    build/partyline user phone alice          a SIP account for a softphone\n"
        "    build/partyline conference create         a number and PINs; call it, key a PIN and "
        "'#'\n\n";
    std::cout << text << std::flush;
}

std::atomic<bool> fatal{false};

int run_server(const Settings& settings) {
    // Signals are waited for in one place; threads started from here on inherit the mask.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    spdlog::set_level(spdlog::level::from_str(settings.log_level));
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
    Server server{settings, [main_thread = pthread_self()](const std::string& why) {
                      spdlog::critical("{}", why);
                      fatal = true;
                      pthread_kill(main_thread, SIGTERM);
                  }};
    if (const auto started = server.start(); !started.ok()) {
        server.stop();
        return complain(started.error(), exit_usage);
    }
    greet(settings, server.first_password());
    int signal = 0;
    sigwait(&signals, &signal);
    // After a failed journal nothing can be settled any more: end at once, the parent starts us
    // again.
    if (fatal) std::_Exit(exit_restart);
    spdlog::info("stopping: calls are being ended");
    server.stop();
    spdlog::info("stopped");
    return exit_done;
}

}  // namespace

void add_serve(CLI::App& root, Run& run) {
    CLI::App* command = root.add_subcommand("serve", "run the server in the foreground");
    const auto options = std::make_shared<Options>();
    const auto& table = setting_table();
    options->given.resize(table.size());
    command
        ->add_option("--config", options->config, "configuration file (see partyline.example.toml)")
        ->check(CLI::ExistingFile);
    const Settings defaults;
    for (std::size_t i = 0; i < table.size(); ++i) {
        options->given[i].first = &table[i];
        const std::string value = table[i].get(defaults);
        CLI::Option* flag = command->add_option(
            std::string{table[i].flag}, options->given[i].second,
            std::string{table[i].help} + (value.empty() ? "" : " [" + value + "]"));
        flag->type_name(table[i].shape == Shape::truth ? "true|false" : "");
        if (table[i].shape != Shape::list) flag->expected(1);
    }
    command->add_option("--trunk", options->trunks,
                        "name=carrier,host=192.0.2.1,port=5060,prefixes=+49 0 (repeatable)");
    command->add_flag("--no-supervise", options->no_supervise, "the same as --supervise false");
    command->callback([&run, options] {
        run = [options] {
            Settings settings;
            if (!collect(*options, settings)) return exit_usage;
            if (!settings.supervise) return run_server(settings);
            return supervise([&] { return run_server(settings); });
        };
    });
}

}  // namespace app
