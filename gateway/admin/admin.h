#pragma once

#include <string>
#include <string_view>

namespace sallyport::gateway {

/// What the program of that gateway.toml or inside.toml answers to a line at its admin socket; ""
/// if it does not know the question. Throws StartError if it does not run.
std::string ask_admin(const std::string& config_file, std::string_view question);

/// The text of /metrics of that program; "" if it does not give it. Throws StartError if it does
/// not run.
std::string ask_metrics(const std::string& config_file);

/// `sallyport status`: asks a running gateway or inside and prints its state as text, or the line
/// of JSON as it is. Returns the exit code: `no` if people are not served (faults_in).
int print_status(const std::string& config_file, bool json);

/// `sallyport drain`: has a running gateway send new requests to the other backends of the routes
/// of that backend, or takes that back. Returns the exit code.
int drain_backend(const std::string& config_file, const std::string& backend, bool undo, bool json);

/// `sallyport kick`: ends the sessions of clients with that id or authid, in that realm or, if it
/// is "", in any. Returns the exit code.
int kick_sessions(const std::string& config_file, const std::string& realm, const std::string& who,
                  bool json);

}  // namespace sallyport::gateway
