#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <string>

#include "tests/paths.h"
#include "tests/support/temporary_folder.h"

namespace sallyport::gateway::test {

struct ProgramRun {
    int exit_code = -1;
    std::string out;
    std::string err;
};

/// Runs the built `sallyport` in that folder, with arguments as one would write them in a shell.
inline ProgramRun run_program(const sallyport::test::TemporaryFolder& folder,
                              const std::string& arguments, const std::string& input = "") {
    folder.write("stdin", input);
    const std::string command = "cd '" + folder.path() +
                                "' && '" SALLYPORT_BUILD_DIR "/sallyport' " + arguments +
                                " <stdin >stdout 2>stderr";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder.read("stdout"),
            folder.read("stderr")};
}

}  // namespace sallyport::gateway::test
