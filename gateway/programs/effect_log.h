#pragma once

#include "gateway/host/log.h"
#include "gateway/supervision/effect.h"

namespace sallyport::gateway {

/// The level at which an effect of the supervision is logged.
constexpr LogLevel level_of(supervision::effect::Level level) noexcept {
    switch (level) {
        case supervision::effect::Level::info:
            return LogLevel::info;
        case supervision::effect::Level::warning:
            return LogLevel::warning;
        case supervision::effect::Level::error:
            break;
    }
    return LogLevel::error;
}

}  // namespace sallyport::gateway
