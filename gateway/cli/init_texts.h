#pragma once

#include <string>
#include <vector>

namespace sallyport::gateway {

/// What `sallyport init` is told.
struct InitAnswers {
    struct Person {
        std::string name;  ///< the authid
        std::string role;  ///< one of init_roles
    };

    std::string realm = "home";
    std::string prefix = "home.";  ///< of the procedures and topics of the services
    std::vector<Person> people;
    bool webhook = false;  ///< anybody may call PREFIXhook
    std::string link;  ///< where the gateway listens for an inside elsewhere: "tcp:10.0.0.1:4443";
                       ///< "": one machine
    std::string tor = "managed";
    std::string torrc_extra;  ///< a file with further lines for a managed tor, such as bridges
};

/// What people are there for: "viewer", "operator" and "device".
const std::vector<std::string>& init_roles();

/// Nothing if the answers make sense, otherwise what is wrong and what to say instead.
std::string fault_of(const InitAnswers& answers);

// The texts of the files, with comments and, for the policies, tests.
std::string gateway_text(const InitAnswers& answers);
std::string inside_text(const InitAnswers& answers);
std::string policy_text(const InitAnswers& answers);
std::string inside_policy_text(const InitAnswers& answers);

}  // namespace sallyport::gateway
