// What a child process, which may have been taken over, sends to its supervisor, and the commands
// of a reload. Promise: what was read and is written again is read as the same.
#include "gateway/supervision/message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

namespace supervision = sallyport::gateway::supervision;

void must(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto message = supervision::parse_message(text))
        must(supervision::parse_message(supervision::to_text(*message)) == message);
    if (const auto command = supervision::parse_reload_command(text))
        must(supervision::parse_reload_command(supervision::to_text(*command)) == command);
    return 0;
}
