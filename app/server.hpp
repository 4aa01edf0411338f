// The whole server: opens the data folder, wires journal, rules, sound and edges, and takes them
// down again.
//
// Thread: one caller; everything it owns has threads of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/data_folder.hpp"
#include "app/settings.hpp"

namespace app {

class Server {
public:
    /// `on_fatal` is called at most once, from any thread, when the process must end to be started
    /// again.
    Server(Settings settings, std::function<void(const std::string&)> on_fatal);
    ~Server();

    /// The error is a sentence for the operator.
    [[nodiscard]] Done<std::string> start();
    /// Ends calls politely, then everything else.
    void stop();

    /// The administrator's one-time password, if this was the first start; else empty.
    [[nodiscard]] const std::string& first_password() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace app
