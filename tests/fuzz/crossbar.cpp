// Any text as the config.json of a Crossbar node. Promise: what is read becomes policies and
// principals that load without an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "policy/auth/principals.h"
#include "policy/file/compile.h"
#include "policy/file/file.h"
#include "policy/file/inline_test.h"
#include "policy/tools/import/crossbar_reader.h"
#include "policy/tools/import/import.h"
#include "wamp/base/check.h"

namespace sallyport::policy {
namespace {

void check_file(const ImportedFile& file) {
    Diagnostics diagnostics;
    if (file.secret) {
        parse_principals(file.text, file.name, diagnostics);
        SALLYPORT_CHECK(diagnostics.empty());
        return;
    }
    const PolicyFile policy = parse_policy(file.text, file.name, diagnostics);
    SALLYPORT_CHECK(diagnostics.empty());
    const auto compiled = Compiler::compile(policy, {true, {}, true}, "");
    SALLYPORT_CHECK(compiled.has_value());
    SALLYPORT_CHECK(failed_tests(policy, **compiled).empty());
}

void read(const std::string& text) {
    const auto config = read_crossbar(text, "config.json");
    if (config.has_error()) {
        SALLYPORT_CHECK(!config.error().text.empty() && !config.error().hint.empty());
        return;
    }
    wamp::Random random({});
    ImportOptions options;
    options.everything = {"com.example."};
    for (const bool all : {false, true}) {
        options.all_transports = all;
        const Imported imported = import_crossbar(*config, options, random);
        for (const ImportedFile& file : imported.files) check_file(file);
        for (const ImportNote& note : imported.notes) SALLYPORT_CHECK(!note.text.empty());
    }
}

}  // namespace
}  // namespace sallyport::policy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    sallyport::policy::read(std::string(bytes, bytes + size));
    return 0;
}
