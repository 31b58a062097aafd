#include "gateway/page/path_picture.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::gateway {
namespace {

using policy::Json;

Json status_with(Json links) {
    return {
        {"program", "gateway"},
        {"onion",
         {{"mode", "managed"}, {"address", "abc.onion"}, {"bootstrap", 100U}, {"reachable", true}}},
        {"front", {{"connections", 3U}, {"sessions", 1U}, {"links", std::move(links)}}}};
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

TEST(PathPicture, ShowsTheStateOfEachPart) {
    const std::string svg = path_picture(
        status_with({{{"name", "lab"}, {"up", true}, {"calls", 1U}, {"registrations", 2U}},
                     {{"name", "attic"}, {"up", false}, {"drained", true}}}));
    for (const char* const part :
         {"1 session on 3 connections", "abc.onion", "tor at 100%, reachable",
          "2 links, not all up", "link lab", "up, 1 call<", "2 registered", "link attic",
          "down, drained, 0 calls"})
        EXPECT_NE(svg.find(part), std::string::npos) << part << " is not in\n" << svg;
    EXPECT_EQ(count(svg, "way broken"), 2U);
    EXPECT_EQ(count(path_picture(status_with({{{"name", "lab"}, {"up", true}}})), "broken"), 0U);
}

TEST(PathPicture, EscapesAndShortensNames) {
    const std::string svg =
        path_picture(status_with({{{"name", "</text><script>" + std::string(99, 'x')}}}));
    EXPECT_EQ(svg.find("<script"), std::string::npos);
    EXPECT_EQ(svg.find(std::string(30, 'x')), std::string::npos);
    std::string umlauts;
    for (int i = 0; i < 40; ++i) umlauts += "ü";
    const std::string cut = path_picture(status_with({{{"name", umlauts}}}));
    EXPECT_NE(cut.find("ü…"), std::string::npos) << cut;
}

TEST(PathPicture, ShowsSoManyLinksAtMost) {
    Json links = Json::array();
    for (std::size_t i = 0; i < pictured_links_max; ++i) links.push_back({{"name", "l"}});
    EXPECT_EQ(count(path_picture(status_with(links)), "link l"), pictured_links_max);
    links.push_back({{"name", "l"}});
    EXPECT_EQ(count(path_picture(status_with(links)), "link l"), pictured_links_max);
}

TEST(PathPicture, IsThereWithoutAStatus) {
    const std::string svg = path_picture(Json::object());
    EXPECT_TRUE(svg.starts_with("<svg role=\"img\"")) << svg;
    EXPECT_NE(svg.find("no links"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::gateway
