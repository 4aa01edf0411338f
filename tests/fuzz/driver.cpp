// Feeds a fuzz target where libFuzzer is not to be had: seeded mutations of what it is given and of
// what it made up.
//
//     fuzz_x [-max_total_time=SECONDS] [-seed=N] [FILE...]      a FILE is tried as it is, to repeat
//     a finding
//
// It prints its seed first; the input that was being tried when the process dies lies in
// fuzz-input.bin.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/prng.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t bytes);

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes current;

void keep_input(int) {
    if (std::FILE* file = std::fopen("fuzz-input.bin", "wb")) {
        std::fwrite(current.data(), 1, current.size(), file);
        std::fclose(file);
    }
    std::_Exit(1);
}

void try_one(const Bytes& input) {
    current = input;
    LLVMFuzzerTestOneInput(current.data(), current.size());
}

// Pieces that parsers of text protocols look for; binary ones get their share by bit flips.
const char* const pieces[]{"SIP/2.0 ",
                           "\r\n",
                           "\r\n\r\n",
                           "INVITE ",
                           "Content-Length: ",
                           "v=0\r\n",
                           "m=audio ",
                           "a=rtpmap:",
                           "Digest ",
                           "username=\"",
                           "nonce=",
                           ",",
                           ";",
                           "\"",
                           "{",
                           "}",
                           "[",
                           "]",
                           ":",
                           "null",
                           "1e999",
                           "-1",
                           "\\u0000",
                           "%00",
                           "%2e%2e",
                           "sip:",
                           "@",
                           "<",
                           ">",
                           "4294967296",
                           "18446744073709551616"};

void mutate(Bytes& input, Prng& prng) {
    for (std::uint64_t times = 1 + prng.below(6); times > 0; --times) {
        const std::size_t at = input.empty() ? 0 : prng.below(input.size());
        switch (prng.below(7)) {
            case 0:
                if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1u << prng.below(8));
                break;
            case 1:
                if (!input.empty()) input[at] = static_cast<std::uint8_t>(prng.next());
                break;
            case 2:
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(at),
                             static_cast<std::uint8_t>(prng.next()));
                break;
            case 3:
                if (!input.empty()) input.erase(input.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 4: input.resize(at); break;
            case 5: {
                const char* piece = pieces[prng.below(std::size(pieces))];
                input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), piece,
                             piece + std::strlen(piece));
                break;
            }
            default: {
                const Bytes copy(input.begin() + static_cast<std::ptrdiff_t>(at), input.end());
                if (input.size() < 4096) input.insert(input.end(), copy.begin(), copy.end());
            }
        }
    }
    if (input.size() > 8192) input.resize(8192);
}

Bytes read(const char* path) {
    std::ifstream file{path, std::ios::binary};
    return Bytes{std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

int main(int argc, char** argv) {
    base::start_crypto();
    std::int64_t time_s = 10;
    std::uint64_t seed = base::random_u64();
    std::vector<Bytes> pool{{}, {0}, Bytes(64, 'a')};
    bool files = false;
    for (int i = 1; i < argc; ++i) {
        if (std::strncmp(argv[i], "-max_total_time=", 16) == 0)
            time_s = std::atoll(argv[i] + 16);
        else if (std::strncmp(argv[i], "-seed=", 6) == 0)
            seed = std::strtoull(argv[i] + 6, nullptr, 10);
        else if (argv[i][0] != '-') {
            pool.push_back(read(argv[i]));
            try_one(pool.back());
            files = true;
        }
    }
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGBUS}) std::signal(signal, keep_input);
    Prng prng{seed};
    const Instant end = base::steady_now() + seconds(files ? 0 : time_s);
    std::uint64_t tried = 0;
    for (; base::steady_now() < end; ++tried) {
        Bytes input = pool[prng.below(pool.size())];
        mutate(input, prng);
        try_one(input);
        // Without coverage, keeping some of the made-up ones is what lets structure grow.
        if (prng.below(64) == 0) {
            if (pool.size() < 512)
                pool.push_back(std::move(input));
            else
                pool[3 + prng.below(pool.size() - 3)] = std::move(input);
        }
    }
    std::printf("%llu inputs tried\n", static_cast<unsigned long long>(tried));
    return 0;
}
