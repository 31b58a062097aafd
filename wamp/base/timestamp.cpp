#include "wamp/base/timestamp.h"

#include <array>
#include <cstddef>
#include <cstdio>

namespace sallyport::wamp {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::year_month_day;

/// Takes a text apart from its front; after a mismatch nothing more matches.
class Scanner {
public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    /// A number of exactly so many digits.
    int number(std::size_t digits) noexcept {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
        return value;
    }
    int digit() noexcept {
        if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return fail();
        const int value = rest_.front() - '0';
        rest_.remove_prefix(1);
        return value;
    }
    bool at_digit() const noexcept {
        return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    }
    /// Takes one of these characters, and returns it; 0 if there is none.
    char one_of(std::string_view characters) noexcept {
        if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return 0;
        const char taken = rest_.front();
        rest_.remove_prefix(1);
        return taken;
    }
    void expect(std::string_view characters) noexcept {
        if (one_of(characters) == 0) fail();
    }
    int fail() noexcept {
        failed_ = true;
        rest_ = {};
        return 0;
    }
    bool is_done() const noexcept { return !failed_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool failed_ = false;
};

int microseconds_in(Scanner& scanner) noexcept {
    if (scanner.one_of(".") == 0) return 0;
    int value = scanner.digit();
    int digits = 1;
    for (; scanner.at_digit(); ++digits) {
        const int next = scanner.digit();
        if (digits < 6) value = value * 10 + next;
    }
    for (; digits < 6; ++digits) value *= 10;
    return value;
}

/// The offset from UTC.
minutes offset_in(Scanner& scanner) noexcept {
    if (scanner.one_of("Zz") != 0) return minutes(0);
    const char sign = scanner.one_of("+-");
    if (sign == 0) scanner.fail();
    const int hour = scanner.number(2);
    scanner.expect(":");
    const int minute = scanner.number(2);
    if (hour > 23 || minute > 59) scanner.fail();
    const minutes offset = hours(hour) + minutes(minute);
    return sign == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(Timestamp time) {
    const auto day = std::chrono::floor<days>(time);
    const year_month_day date{std::chrono::sys_days(day)};
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 48> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
        static_cast<int>(clock.subseconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) noexcept {
    Scanner scanner(text);
    const std::chrono::year year(scanner.number(4));
    scanner.expect("-");
    const std::chrono::month month(static_cast<unsigned>(scanner.number(2)));
    scanner.expect("-");
    const std::chrono::day day(static_cast<unsigned>(scanner.number(2)));
    scanner.expect("Tt ");
    const int hour = scanner.number(2);
    scanner.expect(":");
    const int minute = scanner.number(2);
    scanner.expect(":");
    const int second = scanner.number(2);
    const int microsecond = microseconds_in(scanner);
    const minutes offset = offset_in(scanner);
    const year_month_day date(year, month, day);
    if (!scanner.is_done() || !date.ok() || hour > 23 || minute > 59 || second > 60)
        return std::nullopt;  // 60: a leap second
    return Timestamp(std::chrono::sys_days(date).time_since_epoch()) + hours(hour) +
           minutes(minute) + seconds(second) + std::chrono::microseconds(microsecond) - offset;
}

}  // namespace sallyport::wamp
