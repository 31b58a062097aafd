#pragma once

#include <functional>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::gateway::supervision {

template <class Subject>
using Steps = std::map<std::string, std::function<void(Subject&)>>;
/// By state and event: the state afterwards, and after " → " the effects.
using Table = std::map<std::string, std::map<std::string, std::string>>;

/// Tries every event in every state. Where a cell is missing nothing may happen. A Subject has
/// state() and take(), which returns the effects since the last call as text.
template <class Subject>
void expect_table(const Steps<Subject>& states, const Steps<Subject>& events, const Table& table) {
    ASSERT_EQ(states.size(), table.size());
    for (const auto& [state, enter] : states) {
        const auto& row = table.at(state);
        for (const auto& [event, cell] : row) EXPECT_TRUE(events.contains(event)) << event;
        for (const auto& [event, happen] : events) {
            Subject subject;
            enter(subject);
            subject.take();
            const std::string before = subject.state();
            happen(subject);
            const std::string effects = subject.take();
            const std::string after = subject.state() + (effects.empty() ? "" : " → " + effects);
            EXPECT_EQ(after, row.contains(event) ? row.at(event) : before)
                << state << " × " << event;
        }
    }
}

}  // namespace sallyport::gateway::supervision
