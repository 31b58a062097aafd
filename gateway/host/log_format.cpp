#include "gateway/host/log_format.h"

#include <string>
#include <string_view>

#include <spdlog/pattern_formatter.h>
#include <nlohmann/json.hpp>

namespace sallyport::gateway {

namespace {

using Message = spdlog::details::log_msg;
using Buffer = spdlog::memory_buf_t;

constexpr const char* time_pattern = "%Y-%m-%dT%H:%M:%S.%eZ";
constexpr const char* text_pattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %Q";

void append(Buffer& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
}

/// The message on one line and without terminal control characters.
class PlainMessage final : public spdlog::custom_flag_formatter {
public:
    void format(const Message& message, const std::tm&, Buffer& out) override {
        for (const char c : message.payload)
            out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c);
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<PlainMessage>();
    }
};

/// The level of sd-daemon(3).
class Priority final : public spdlog::custom_flag_formatter {
public:
    void format(const Message& message, const std::tm&, Buffer& out) override {
        append(out, message.level >= spdlog::level::err    ? "<3>"
                    : message.level >= spdlog::level::warn ? "<4>"
                                                           : "<6>");
    }
    std::unique_ptr<custom_flag_formatter> clone() const override {
        return std::make_unique<Priority>();
    }
};

std::unique_ptr<spdlog::formatter> make_pattern_formatter(const std::string& pattern) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<PlainMessage>('Q').add_flag<Priority>('P').set_pattern(pattern);
    return formatter;
}

class JsonFormatter final : public spdlog::formatter {
public:
    void format(const Message& message, Buffer& out) override {
        Buffer time;
        time_.format(message, time);
        const auto level = spdlog::level::to_string_view(message.level);
        const nlohmann::ordered_json json{
            {"time", std::string_view(time.data(), time.size())},
            {"level", std::string_view(level.data(), level.size())},
            {"program", std::string_view(message.logger_name.data(), message.logger_name.size())},
            {"message", std::string_view(message.payload.data(), message.payload.size())}};
        append(out, json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
        out.push_back('\n');
    }
    std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }

private:
    spdlog::pattern_formatter time_{time_pattern, spdlog::pattern_time_type::utc, ""};
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_text_formatter() {
    return make_pattern_formatter(text_pattern);
}

std::unique_ptr<spdlog::formatter> make_journal_formatter() {
    return make_pattern_formatter("%P%n: %Q");
}

std::unique_ptr<spdlog::formatter> make_json_formatter() {
    return std::make_unique<JsonFormatter>();
}

}  // namespace sallyport::gateway
