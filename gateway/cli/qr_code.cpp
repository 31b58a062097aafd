#include "gateway/cli/qr_code.h"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace sallyport::gateway {

std::string qr_code(std::string_view text) {
    constexpr int quiet = 4;  // modules around it (ISO/IEC 18004)
    struct Deleter {
        void operator()(QRcode* code) const noexcept { QRcode_free(code); }
    };
    const std::unique_ptr<QRcode, Deleter> code(
        QRcode_encodeData(static_cast<int>(text.size()),
                          reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L));
    if (!code) throw std::runtime_error("too long for a QR code");
    const auto dark = [&code](int x, int y) {
        const bool outside = x < 0 || y < 0 || x >= code->width || y >= code->width;
        return !outside && (code->data[y * code->width + x] & 1U) != 0;
    };
    std::string picture;
    for (int y = -quiet; y < code->width + quiet; y += 2) {
        picture += "\x1B[30;107m";  // black on white
        for (int x = -quiet; x < code->width + quiet; ++x) {
            const bool upper = dark(x, y);
            const bool lower = dark(x, y + 1);
            picture += upper ? (lower ? "█" : "▀") : (lower ? "▄" : " ");
        }
        picture += "\x1B[0m\n";
    }
    return picture;
}

}  // namespace sallyport::gateway
