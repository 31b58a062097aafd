#pragma once

#include <string>
#include <variant>
#include <vector>

#include "gateway/supervision/message.h"

namespace sallyport::gateway::supervision {

/// The participant of a reload in a process: compiles a version on `prepare`, keeps it until the
/// commit or abort of the same round, and answers. A later prepare replaces an earlier one, whose
/// answer is no longer awaited. At most one version is compiled at a time.
class ReloadParticipant {
public:
    /// Compile the version of that round, away from the reactor. Answer: on_compiled() or
    /// on_compile_failed().
    struct Compile {
        Round round;
        bool operator==(const Compile&) const = default;
    };
    /// Activate the compiled version. Answer: on_committed().
    struct Commit {
        Round round;
        bool operator==(const Commit&) const = default;
    };
    struct Drop {  ///< discard the version compiled for that round
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
    /// `summary` describes the changes that the version would make.
    void on_compiled(Round round, std::string summary, Outbox& out);
    void on_compile_failed(Round round, std::string why, Outbox& out);
    /// `summary` describes the changes that the version made.
    void on_committed(Round round, std::string summary, Outbox& out);

private:
    static constexpr Round none = 0;

    void prepare(Round round, Outbox& out);
    void compile_wanted(Outbox& out);

    Round wanted_ = none;     ///< to be compiled and answered
    Round compiling_ = none;  ///< running; possibly superseded
    Round compiled_ = none;   ///< ready to commit
};

}  // namespace sallyport::gateway::supervision
