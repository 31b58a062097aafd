#include "gateway/page/path_picture.h"

#include <algorithm>
#include <vector>

#include "gateway/page/html.h"

namespace sallyport::gateway {

using policy::Json;

namespace {

constexpr unsigned width = 400;
constexpr unsigned box_height = 46;
constexpr unsigned gap = 22;
constexpr unsigned letter_width = 7;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

/// Cut off between two characters of UTF-8.
std::string shortened(std::string text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) --end;
    return text.substr(0, end) + "…";
}

struct Box {
    unsigned x = 0, y = 0, width = 0;
    std::string name;
    std::string state;
};

std::string drawn(const Box& box) {
    const std::size_t letters = (box.width - 16) / letter_width;
    const std::string x = number(box.x + 10);
    return "<rect x=\"" + number(box.x) + "\" y=\"" + number(box.y) + "\" width=\"" +
           number(box.width) + "\" height=\"" + number(box_height) +
           "\" rx=\"4\"/>\n<text class=\"name\" x=\"" + x + "\" y=\"" + number(box.y + 19) + "\">" +
           escaped(shortened(box.name, letters)) + "</text>\n<text x=\"" + x + "\" y=\"" +
           number(box.y + 37) + "\">" + escaped(shortened(box.state, letters)) + "</text>\n";
}

std::string way(unsigned x1, unsigned y1, unsigned x2, unsigned y2, bool whole) {
    return std::string("<path class=\"way") + (whole ? "" : " broken") + "\" d=\"M" + number(x1) +
           " " + number(y1) + "L" + number(x2) + " " + number(y2) + "\"/>\n";
}

std::string counted(std::uint64_t count, const std::string& singular) {
    return number(count) + " " + singular + (count == 1 ? "" : "s");
}

struct Onion {
    std::string name, state;
    bool whole = true;
};

Onion onion_of(const Json& status) {
    const Json* const onion = policy::object_member(status, "onion");
    const std::string mode = onion ? policy::string_member(*onion, "mode") : "";
    if (onion == nullptr || mode != "managed") {
        return {"Address", mode.empty() ? "not Tor's" : "tor is " + mode + " here", true};
    }
    const std::string address = policy::string_member(*onion, "address");
    const bool reachable = policy::bool_member(*onion, "reachable");
    return {address.empty() ? "Onion address" : address,
            "tor at " + number(policy::unsigned_member(*onion, "bootstrap")) + "%, " +
                (reachable ? "reachable" : "not reachable yet"),
            reachable};
}

std::string drawn_link(const Json& link, unsigned y) {
    const bool up = policy::bool_member(link, "up");
    constexpr unsigned inside_x = 40;
    constexpr unsigned inside_width = 200;
    constexpr unsigned services_x = 264;
    const unsigned middle = y + box_height / 2;
    std::string state = up ? "up" : "down";
    if (policy::bool_member(link, "drained")) state += ", drained";
    state += ", " + counted(policy::unsigned_member(link, "calls"), "call");
    return way(20, middle, inside_x, middle, up) +
           way(inside_x + inside_width, middle, services_x, middle, up) +
           drawn({inside_x, y, inside_width, "link " + policy::string_member(link, "name"),
                  std::move(state)}) +
           drawn({services_x, y, width - services_x - 2, "services",
                  number(policy::unsigned_member(link, "registrations")) + " registered"});
}

}  // namespace

std::string path_picture(const Json& status) {
    const Json empty = Json::object();
    const Json* const found = policy::object_member(status, "front");
    const Json& front = found ? *found : empty;
    const Json& links = policy::array_member(front, "links");
    const std::size_t shown = std::min(links.size(), pictured_links_max);
    const Onion onion = onion_of(status);
    constexpr unsigned step = box_height + gap;
    const unsigned height = 3 * step + static_cast<unsigned>(shown) * (box_height + 10) + 4;

    std::string svg = "<svg role=\"img\" aria-labelledby=\"path-title\" viewBox=\"0 0 " +
                      number(width) + " " + number(height) +
                      "\">\n<title id=\"path-title\">The way of a call: clients, address, gateway, "
                      "links and services, with their states as in the tables</title>\n";
    svg += way(width / 2, 2, width / 2, 2 * step, onion.whole);
    svg += drawn({2, 2, width - 4, "Clients",
                  counted(policy::unsigned_member(front, "sessions"), "session") + " on " +
                      counted(policy::unsigned_member(front, "connections"), "connection")});
    svg += drawn({2, 2 + step, width - 4, onion.name, onion.state});
    const unsigned below = 2 + 2 * step + box_height;
    unsigned y = below + gap;
    std::string boxes;
    bool above = true;
    for (std::size_t i = 0; i < shown; ++i, y += box_height + 10) {
        const unsigned middle = y + box_height / 2;
        svg += way(20, i == 0 ? below : middle - box_height - 10, 20, middle, true);
        boxes += drawn_link(links[i], y);
        above = above && policy::bool_member(links[i], "up");
    }
    const std::string program = policy::string_member(status, "program", "gateway");
    svg += drawn({2, 2 + 2 * step, width - 4, program,
                  links.empty() ? "no links"
                  : above       ? counted(links.size(), "link") + ", all up"
                                : counted(links.size(), "link") + ", not all up"});
    return svg + boxes + "</svg>\n";
}

}  // namespace sallyport::gateway
