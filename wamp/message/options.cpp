#include <algorithm>
#include <array>
#include <span>

#include "wamp/message/layout.h"

namespace sallyport::wamp {
namespace {

// The required type of a known option or detail (W-MSG-06).
enum class Kind : std::uint8_t {
    boolean,
    unsigned_integer,
    id,
    text,
    dict,
    roles,
    text_list,
    id_list,
    dict_list,
    match,
    invoke,
    cancel_mode,
};

struct Rule {
    std::string_view key;
    Kind kind;
};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 3> match_names{"exact", "prefix", "wildcard"};
constexpr std::array<std::string_view, 5> invoke_names{"single", "roundrobin", "random", "first",
                                                       "last"};
constexpr std::array<std::string_view, 3> cancel_modes{"skip", "kill", "killnowait"};
constexpr std::array<std::string_view, 6> role_names{"caller",     "callee", "publisher",
                                                     "subscriber", "broker", "dealer"};

// The names in requirements: Feature announcement and the aliases of W-FEA-03; others are ignored
// (W-FEA-02).
constexpr std::array<std::string_view, 27> feature_names{
    "progressive_call_results",
    "progressive_call_invocations",
    "progressive_calls",
    "call_timeout",
    "call_canceling",
    "call_cancelling",
    "caller_identification",
    "call_trustlevels",
    "registration_meta_api",
    "pattern_based_registration",
    "shared_registration",
    "sharded_registration",
    "registration_revocation",
    "call_reroute",
    "testament_meta_api",
    "session_meta_api",
    "subscriber_blackwhite_listing",
    "publisher_exclusion",
    "publisher_identification",
    "publication_trustlevels",
    "subscription_meta_api",
    "pattern_based_subscription",
    "sharded_subscription",
    "event_history",
    "event_retention",
    "subscription_revocation",
    "payload_passthru_mode",
};

constexpr std::array hello_rules{
    Rule{"agent", Kind::text},
    Rule{"roles", Kind::roles},
    Rule{"authmethods", Kind::text_list},
    Rule{"authid", Kind::text},
    Rule{"authrole", Kind::text},
    Rule{"authextra", Kind::dict},
    Rule{"transport", Kind::dict},
};
constexpr std::array welcome_rules{
    Rule{"agent", Kind::text},        Rule{"roles", Kind::roles},    Rule{"realm", Kind::text},
    Rule{"authid", Kind::text},       Rule{"authrole", Kind::text},  Rule{"authmethod", Kind::text},
    Rule{"authprovider", Kind::text}, Rule{"authextra", Kind::dict},
};
constexpr std::array message_rules{Rule{"message", Kind::text}};
constexpr std::array error_rules{
    Rule{"ppt_scheme", Kind::text},       Rule{"ppt_serializer", Kind::text},
    Rule{"ppt_cipher", Kind::text},       Rule{"ppt_keyid", Kind::text},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array publish_rules{
    Rule{"acknowledge", Kind::boolean},
    Rule{"exclude_me", Kind::boolean},
    Rule{"disclose_me", Kind::boolean},
    Rule{"retain", Kind::boolean},
    Rule{"exclude", Kind::id_list},
    Rule{"exclude_authid", Kind::text_list},
    Rule{"exclude_authrole", Kind::text_list},
    Rule{"eligible", Kind::id_list},
    Rule{"eligible_authid", Kind::text_list},
    Rule{"eligible_authrole", Kind::text_list},
    Rule{"ppt_scheme", Kind::text},
    Rule{"ppt_serializer", Kind::text},
    Rule{"ppt_cipher", Kind::text},
    Rule{"ppt_keyid", Kind::text},
    Rule{"transaction_hash", Kind::text},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array subscribe_rules{
    Rule{"match", Kind::match},
    Rule{"get_retained", Kind::boolean},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array forward_rules{Rule{"forward_for", Kind::dict_list}};
constexpr std::array unsubscribed_rules{Rule{"subscription", Kind::id}, Rule{"reason", Kind::text}};
constexpr std::array unregistered_rules{Rule{"registration", Kind::id}, Rule{"reason", Kind::text}};
constexpr std::array event_rules{
    Rule{"topic", Kind::text},
    Rule{"retained", Kind::boolean},
    Rule{"publisher", Kind::id},
    Rule{"publisher_authid", Kind::text},
    Rule{"publisher_authrole", Kind::text},
    Rule{"trustlevel", Kind::unsigned_integer},
    Rule{"ppt_scheme", Kind::text},
    Rule{"ppt_serializer", Kind::text},
    Rule{"ppt_cipher", Kind::text},
    Rule{"ppt_keyid", Kind::text},
    Rule{"transaction_hash", Kind::text},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array call_rules{
    Rule{"timeout", Kind::unsigned_integer}, Rule{"receive_progress", Kind::boolean},
    Rule{"progress", Kind::boolean},         Rule{"disclose_me", Kind::boolean},
    Rule{"ppt_scheme", Kind::text},          Rule{"ppt_serializer", Kind::text},
    Rule{"ppt_cipher", Kind::text},          Rule{"ppt_keyid", Kind::text},
    Rule{"transaction_hash", Kind::text},    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array cancel_rules{
    Rule{"mode", Kind::cancel_mode},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array interrupt_rules{
    Rule{"mode", Kind::cancel_mode},
    Rule{"reason", Kind::text},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array answer_rules{
    Rule{"progress", Kind::boolean},    Rule{"ppt_scheme", Kind::text},
    Rule{"ppt_serializer", Kind::text}, Rule{"ppt_cipher", Kind::text},
    Rule{"ppt_keyid", Kind::text},      Rule{"forward_for", Kind::dict_list},
};
constexpr std::array register_rules{
    Rule{"match", Kind::match},
    Rule{"invoke", Kind::invoke},
    Rule{"disclose_caller", Kind::boolean},
    Rule{"forward_timeout", Kind::boolean},
    Rule{"force_reregister", Kind::boolean},
    Rule{"concurrency", Kind::unsigned_integer},
    Rule{"forward_for", Kind::dict_list},
};
constexpr std::array invocation_rules{
    Rule{"procedure", Kind::text},           Rule{"caller", Kind::id},
    Rule{"caller_authid", Kind::text},       Rule{"caller_authrole", Kind::text},
    Rule{"receive_progress", Kind::boolean}, Rule{"progress", Kind::boolean},
    Rule{"timeout", Kind::unsigned_integer}, Rule{"trustlevel", Kind::unsigned_integer},
    Rule{"ppt_scheme", Kind::text},          Rule{"ppt_serializer", Kind::text},
    Rule{"ppt_cipher", Kind::text},          Rule{"ppt_keyid", Kind::text},
    Rule{"transaction_hash", Kind::text},    Rule{"forward_for", Kind::dict_list},
};

std::span<const Rule> rules_of(MessageType type) noexcept {
    switch (type) {
        case MessageType::hello:
            return hello_rules;
        case MessageType::welcome:
            return welcome_rules;
        case MessageType::abort:
        case MessageType::goodbye:
            return message_rules;
        case MessageType::error:
            return error_rules;
        case MessageType::publish:
            return publish_rules;
        case MessageType::subscribe:
            return subscribe_rules;
        case MessageType::unsubscribe:
        case MessageType::unregister:
            return forward_rules;
        case MessageType::unsubscribed:
            return unsubscribed_rules;
        case MessageType::unregistered:
            return unregistered_rules;
        case MessageType::event:
            return event_rules;
        case MessageType::call:
            return call_rules;
        case MessageType::cancel:
            return cancel_rules;
        case MessageType::interrupt:
            return interrupt_rules;
        case MessageType::result:
        case MessageType::yield:
            return answer_rules;
        case MessageType::register_:
            return register_rules;
        case MessageType::invocation:
            return invocation_rules;
        case MessageType::challenge:
        case MessageType::authenticate:
        case MessageType::published:
        case MessageType::subscribed:
        case MessageType::registered:
            return {};
    }
    return {};
}

bool is_text_of(const Value& value, std::span<const std::string_view> names) noexcept {
    const std::string* text = value.get_if<std::string>();
    return text != nullptr && std::find(names.begin(), names.end(), *text) != names.end();
}

bool is_id(const Value& value) noexcept {
    const std::uint64_t* number = value.get_if<std::uint64_t>();
    return number != nullptr && is_valid_id(*number);
}

template <class Predicate>
bool is_list_of(const Value& value, Predicate predicate) noexcept {
    const List* list = value.get_if<List>();
    return list != nullptr && std::all_of(list->begin(), list->end(), predicate);
}

bool is_role(const Dict& role) noexcept {
    const Value* features = role.find("features");
    if (features == nullptr) return true;
    const Dict* flags = features->get_if<Dict>();
    if (flags == nullptr) return false;
    return std::all_of(flags->begin(), flags->end(), [](const Dict::Entry& flag) {
        return flag.second.get_if<bool>() != nullptr || !is_one_of(feature_names, flag.first);
    });
}

bool are_roles(const Value& value) noexcept {
    const Dict* roles = value.get_if<Dict>();
    if (roles == nullptr) return false;
    return std::all_of(roles->begin(), roles->end(), [](const Dict::Entry& entry) {
        if (!is_one_of(role_names, entry.first)) return true;
        const Dict* role = entry.second.get_if<Dict>();
        return role != nullptr && is_role(*role);
    });
}

bool is_kind(const Value& value, Kind kind) noexcept {
    switch (kind) {
        case Kind::boolean:
            return value.get_if<bool>() != nullptr;
        case Kind::unsigned_integer:
            return value.get_if<std::uint64_t>() != nullptr;
        case Kind::id:
            return is_id(value);
        case Kind::text:
            return value.get_if<std::string>() != nullptr;
        case Kind::dict:
            return value.get_if<Dict>() != nullptr;
        case Kind::roles:
            return are_roles(value);
        case Kind::text_list:
            return is_list_of(
                value, [](const Value& item) { return item.get_if<std::string>() != nullptr; });
        case Kind::id_list:
            return is_list_of(value, is_id);
        case Kind::dict_list:
            return is_list_of(value,
                              [](const Value& item) { return item.get_if<Dict>() != nullptr; });
        case Kind::match:
            return is_text_of(value, match_names);
        case Kind::invoke:
            return is_text_of(value, invoke_names);
        case Kind::cancel_mode:
            return is_text_of(value, cancel_modes);
    }
    return false;
}

// Some clients write null for an optional detail that they do not use (W-IOP-05).
bool null_is_absent(MessageType type) noexcept {
    return type == MessageType::hello || type == MessageType::welcome ||
           type == MessageType::abort || type == MessageType::goodbye;
}

const Dict* dict_of(const Message& message) noexcept {
    return std::visit(
        [](const auto& m) -> const Dict* {
            if constexpr (requires { m.options; }) {
                return &m.options;
            } else if constexpr (requires { m.details; }) {
                return &m.details;
            } else {
                return nullptr;
            }
        },
        message);
}

}  // namespace

std::optional<std::string_view> wrong_option(const Message& message) noexcept {
    const Dict* options = dict_of(message);
    if (options == nullptr || options->empty()) return std::nullopt;
    const MessageType type = type_of(message);
    const std::span<const Rule> rules = rules_of(type);
    for (const Dict::Entry& entry : *options) {
        const auto rule = std::find_if(rules.begin(), rules.end(), [&entry](const Rule& candidate) {
            return candidate.key == entry.first;
        });
        if (rule == rules.end()) continue;
        if (entry.second.is_null() && null_is_absent(type) && rule->kind != Kind::roles) continue;
        if (!is_kind(entry.second, rule->kind)) return rule->key;
    }
    return std::nullopt;
}

}  // namespace sallyport::wamp
