// A conversation: clients and services, the front, its links and the insides behind them, as the
// simulator has them (tests/sim), with the input as the script of its choices: who says what and
// when, to whom, what is repeated, out of order or with other ids, what is cut, stalls, crashes or
// is reloaded. Promises: all that the simulator's checkers demand.
//
//   SALLYPORT_SIM_VERBOSE=1  prints what happens
//   SALLYPORT_SIM_BUG=N      plants the bug with that number (tests/sim/planted.h)
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/sim/world.h"

namespace {

unsigned long number_from_environment(const char* name) {
    const char* const text = std::getenv(name);
    return text == nullptr ? 0 : std::strtoul(text, nullptr, 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace sallyport::sim;
    static const auto bug = static_cast<Bug>(number_from_environment("SALLYPORT_SIM_BUG"));
    static const bool verbose = number_from_environment("SALLYPORT_SIM_VERBOSE") != 0;
    const std::string script(bytes, bytes + size);
    World world(Dice::of_script(script), bug, verbose);
    world.run();
    if (world.findings().none()) return 0;
    std::fprintf(stderr, "%s", world.findings().text().c_str());
    std::abort();
}
