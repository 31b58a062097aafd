#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::gateway {

/// The operator's own lines for the torrc of a managed tor.
struct ExtraTorrc {
    struct Error {
        std::uint32_t line;
        std::string text;
        std::string hint;
    };

    std::string lines;  ///< the options, one on each line, without comments
    std::vector<Error> errors;
};

/// Reads the content of the file that `torrc_extra` names. Only options that concern how tor
/// reaches the network are permitted. All others (listeners, services, relays, processes, paths)
/// are errors, as are spellings that tor could read differently: abbreviated options, inclusions
/// and lines that continue.
ExtraTorrc parse_extra_torrc(std::string_view content);

/// The options that it permits.
const std::vector<std::string_view>& permitted_torrc_options();

}  // namespace sallyport::gateway
