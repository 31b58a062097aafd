#pragma once

#include <memory>

#include <spdlog/formatter.h>

namespace sallyport::gateway {

/// "2026-01-31T12:00:00.000Z info program: message", the program being the logger's name.
std::unique_ptr<spdlog::formatter> make_text_formatter();
/// "<6>program: message": the priority that systemd's journal reads from the beginning of a line.
std::unique_ptr<spdlog::formatter> make_journal_formatter();
/// {"time":"…","level":"info","program":"…","message":"…"}.
std::unique_ptr<spdlog::formatter> make_json_formatter();

}  // namespace sallyport::gateway
