#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/audit/audit.h"

namespace sallyport::policy {

/// The records that were made since the last time, as the audit log has them.
inline std::vector<nlohmann::json> records(AuditTrail& trail) {
    std::string bytes;
    trail.take(bytes);
    std::vector<nlohmann::json> all;
    for (std::string_view rest = bytes; !rest.empty();) {
        AuditRecord record;
        const std::size_t used = unpack(rest, record);
        EXPECT_GT(used, 0U);
        if (used == 0) break;
        rest.remove_prefix(used);
        std::string line;
        append_json(line, record, "now", "front");
        all.push_back(nlohmann::json::parse(line));
    }
    return all;
}

/// The same in short: "deny call lab.a (forbidden)".
inline std::vector<std::string> brief_records(AuditTrail& trail) {
    std::vector<std::string> all;
    for (const auto& record : records(trail)) {
        std::string text = record["outcome"];
        for (const char* member : {"action", "uri"}) {
            if (record.contains(member)) text += " " + record[member].get<std::string>();
        }
        if (record.contains("reason")) text += " (" + record["reason"].get<std::string>() + ")";
        all.push_back(std::move(text));
    }
    return all;
}

}  // namespace sallyport::policy
