#include "gateway/host/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sallyport::gateway {
namespace {

/// How a process ends that ignores signals and then sends itself this one; 0 if it goes on.
int end_of(int number, StoppedBy stopped_by) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        restore_signals();
        ignore_signals(stopped_by);
        ::raise(number);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(Signals, ThatEndAProcessDoNothing) {
    for (const int number :
         {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPIPE, SIGQUIT, SIGTSTP, SIGTTIN,
          SIGTTOU, SIGXCPU, SIGXFSZ, SIGIO, SIGPWR, SIGSTKFLT, SIGRTMIN, SIGRTMIN + 3, SIGRTMAX}) {
        EXPECT_EQ(end_of(number, StoppedBy::signal), 0) << number;
        EXPECT_EQ(end_of(number, StoppedBy::supervisor), 0) << number;
    }
}

TEST(Signals, ThatStopAProcessDoSoUnlessItsSupervisorDoes) {
    for (const int number : {SIGTERM, SIGINT}) {
        EXPECT_EQ(end_of(number, StoppedBy::signal), number);
        EXPECT_EQ(end_of(number, StoppedBy::supervisor), 0);
    }
}

TEST(Signals, ThatReportAnErrorOfTheProgramKeepTheirEffect) {
    for (const int number : {SIGABRT, SIGSYS, SIGTRAP, SIGKILL})
        EXPECT_EQ(end_of(number, StoppedBy::supervisor), number);
}

TEST(Signals, HaveTheirDefaultsAgainInAProgramThatIsExecuted) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ignore_signals(StoppedBy::supervisor);
        restore_signals();
        ::raise(SIGUSR2);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
}

}  // namespace
}  // namespace sallyport::gateway
