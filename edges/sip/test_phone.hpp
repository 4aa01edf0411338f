// A telephone for tests: writes SIP by hand, so that a test says exactly what goes over the wire,
// and reads what comes back. UDP on loopback, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sip::testing {

/// "192.0.2.7" of `Name: 192.0.2.7`; empty if the header is absent. The first one counts.
[[nodiscard]] std::string header(const std::string& message, const std::string& name);
[[nodiscard]] std::string body(const std::string& message);
[[nodiscard]] int status(const std::string& message);  // 0: a request
[[nodiscard]] std::string method(
    const std::string& message);  // of a request or of a response's CSeq
[[nodiscard]] std::string sdp(std::uint16_t port, const std::string& formats = "0 101",
                              const std::string& direction = "sendrecv");

/// One exchange's names. Copy it to be somebody else.
struct Exchange {
    std::string user;    // ours, in From
    std::string called;  // theirs, in Request-URI and To
    std::string call_id, tag, remote_tag, remote_contact;
    unsigned cseq = 0;
    std::string branch;  // of the last request
};

class TestPhone {
public:
    /// Port 0: any that is free.
    TestPhone(std::uint16_t port, std::uint16_t server_port, bool tcp = false);
    ~TestPhone();
    TestPhone(const TestPhone&) = delete;
    TestPhone& operator=(const TestPhone&) = delete;

    [[nodiscard]] Exchange exchange(const std::string& user, const std::string& called);
    /// Sends a request of `method` with a new CSeq (ACK and CANCEL keep it). `extra`: whole header
    /// lines.
    void request(Exchange& with, const std::string& method, const std::string& extra = "",
                 const std::string& type = "", const std::string& payload = "");
    /// The same, and once more with credentials when it is challenged; returns the final response.
    std::string authorized(Exchange& with, const std::string& method, const std::string& password,
                           const std::string& extra = "", const std::string& type = "",
                           const std::string& payload = "");
    /// Answers a request that came.
    void respond(const std::string& request, int status, const std::string& extra = "",
                 const std::string& payload = "");
    void send(const std::string& packet);

    /// The next packet that `wanted` likes; others are dropped. Empty when none came in time.
    std::string receive(const std::function<bool(const std::string&)>& wanted,
                        int timeout_ms = 4000);
    /// The final response to what was requested last.
    std::string final_response(const Exchange& with, int timeout_ms = 4000);
    std::string incoming(const std::string& method, int timeout_ms = 4000);
    /// After a 2xx: takes its tag and contact over and sends the ACK.
    void acknowledge(Exchange& with, const std::string& response, const std::string& payload = "");

    [[nodiscard]] std::string contact(const std::string& user) const;
    std::string tag = "theirs";      // in To of our responses
    std::string host = "127.0.0.1";  // in our Contact: another one is behind NAT

private:
    /// The next whole message on the socket; empty when none came in time.
    std::string read_packet(int timeout_ms);

    int socket_ = -1;
    std::uint16_t port_, server_port_;
    bool tcp_;
    std::string stream_;  // TCP: what is not a whole message yet
    unsigned next_ = 1;
    std::vector<std::string> kept_;
};

}  // namespace sip::testing
