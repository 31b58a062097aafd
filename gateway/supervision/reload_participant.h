#pragma once

#include <string>
#include <variant>
#include <vector>

#include "gateway/supervision/message.h"

namespace sallyport::gateway::supervision {

/// The part of a process in a reload: compiles a version when it is told to prepare, holds what it
/// has compiled until the commit or the abort of the same round, and answers. A later prepare takes
/// the place of an earlier one, whose answer nobody awaits any more. No more than one version is
/// compiled at a time.
class ReloadParticipant {
public:
    /// Compile the version of that round, away from the reactor. Answer: on_compiled() or
    /// on_compile_failed().
    struct Compile {
        Round round;
        bool operator==(const Compile&) const = default;
    };
    /// What was compiled decides from now on. Answer: on_committed().
    struct Commit {
        Round round;
        bool operator==(const Commit&) const = default;
    };
    struct Drop {  ///< what was compiled for that round
        Round round;
        bool operator==(const Drop&) const = default;
    };
    struct Answer {
        Message message;
        bool operator==(const Answer&) const = default;
    };
    using Effect = std::variant<Compile, Commit, Drop, Answer>;
    using Outbox = std::vector<Effect>;

    void on_command(const ReloadCommand& command, Outbox& out);
    /// `summary` tells what the version would change.
    void on_compiled(Round round, std::string summary, Outbox& out);
    void on_compile_failed(Round round, std::string why, Outbox& out);
    /// `summary` tells what the version has changed.
    void on_committed(Round round, std::string summary, Outbox& out);

private:
    static constexpr Round none = 0;

    void prepare(Round round, Outbox& out);
    void compile_wanted(Outbox& out);

    Round wanted_ = none;     ///< to be compiled and answered
    Round compiling_ = none;  ///< under way; perhaps not wanted any more
    Round compiled_ = none;   ///< waits for its commit
};

}  // namespace sallyport::gateway::supervision
