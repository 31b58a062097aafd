#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::gateway::doctor {

/// What was found out about a file or folder.
struct Found {
    std::string path;
    bool exists = false;
    bool open_to_others = false;  ///< group or others have any access
    bool of_another = false;      ///< it belongs to another user than the state directory
};

/// What a unix socket did when it was connected and asked.
struct Answering {
    std::string path;
    bool exists = false;
    bool connected = false;
    std::string error{};  ///< of the connection attempt
    std::string answer{};
};

struct Link {
    std::string name;
    bool up = false;
};

/// Everything that the checks judge, gathered by the command at one moment. `tor` is one that the
/// gateway runs itself.
struct Facts {
    bool managed = false;
    std::string state_dir;
    std::uint64_t free_bytes = 0;  ///< of the state directory's disk
    std::vector<Found> files;      ///< the state directory, the onion's folder and its key
    std::string key_error;         ///< of the onion key; "" if it is sound or not there yet
    std::string hostname;          ///< as written; "" if there is none
    std::string address_begins;    ///< as its public key says; "" if that cannot be read

    bool tor_found = false;
    std::string tor_program;
    std::string tor_version;  ///< "0.4.8.12"; "" if it does not say

    bool bridges = false;  ///< tor is to use bridges
    bool network = false;  ///< an interface other than loopback is up and has an address

    Answering admin;    ///< of the gateway, asked for its status
    Answering front;    ///< the target of the onion service; only connected
    Answering control;  ///< of tor, asked what it is
    Found cookie;
    bool tor_stopped = false;  ///< by a signal

    // As the status says:
    bool running = false;
    int bootstrap = 0;
    std::string bootstrap_step;
    std::string warning;
    bool published = false;
    std::vector<Link> links;
};

/// The result of one check.
struct Finding {
    std::string check;  ///< a short name that does not change: "tor-version"
    bool sound = true;
    std::string text;  ///< the cause, or what was found to be in order
    std::string cure;  ///< "" if it is sound
};

/// Each check that applies, in the order in which causes come before what follows from them. What
/// cannot be told because of an earlier cause is left out.
std::vector<Finding> judge(const Facts& facts);

}  // namespace sallyport::gateway::doctor
