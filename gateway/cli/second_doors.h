#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "gateway/config/load_config.h"
#include "policy/tools/analysis/two_doors.h"

namespace sallyport::gateway {

/// The policies of the insides behind a gateway, as far as they are on this machine: those of
/// embedded insides, and copies of others that the command line names.
class SecondDoors {
public:
    /// `given` are words BACKEND=INSIDE.TOML. With `principals`, those of embedded insides are read
    /// too; a copy may lack them. Throws StartError with every error.
    SecondDoors(const GatewayConfig& config, const std::vector<std::string>& given,
                bool principals = false);

    /// Borrows this object.
    std::vector<policy::SecondDoor> doors() const;

    /// A backend whose inside is not known here.
    struct Unknown {
        std::string backend;
        policy::Place place;
        bool sallyport = true;  ///< false: another router, which decides in its own way
    };
    const std::vector<Unknown>& unknown() const noexcept { return unknown_; }

    struct Inside {
        std::string backend;
        bool conveys_identity = true;
        std::vector<policy::LoadedRealm> realms;
    };
    const std::vector<Inside>& insides() const noexcept { return insides_; }

private:
    std::vector<Inside> insides_;
    std::vector<Unknown> unknown_;
};

}  // namespace sallyport::gateway
