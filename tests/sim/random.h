#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::sim {

/// The simulator's choices: of a seed (splitmix64, our own, as the standard's distributions differ
/// between libraries and a seed has to replay one run everywhere), or of a script, which is what a
/// fuzzer has made up.
///
/// A script is four bytes of a seed, and then turns, each of which ends with `end_of_turn`. A
/// choice takes as many of its turn's bytes as it has to; what they leave open, and whatever comes
/// after the last turn, is decided by the seed and the number of the turn. So what changes one turn
/// leaves the choices of the others as they are.
class Dice {
public:
    static constexpr char end_of_turn = '\xFF';

    explicit Dice(std::uint64_t seed) noexcept : state_(seed) {}
    /// `script` must outlive the dice.
    static Dice of_script(std::string_view script) noexcept {
        Dice dice(0);
        dice.scripted_ = true;
        for (int i = 0; i < 4 && !script.empty(); ++i) {
            dice.seed_ = dice.seed_ << 8U | static_cast<unsigned char>(script.front());
            script.remove_prefix(1);
        }
        dice.left_ = script;
        dice.next_turn();
        return dice;
    }

    bool is_scripted() const noexcept { return scripted_; }
    /// False if that was the last turn; a seed has no last one.
    bool next_turn() noexcept {
        if (!scripted_) return true;
        const bool more = !left_.empty();
        const auto end = left_.find(end_of_turn);
        turn_ = left_.substr(0, end);
        left_ = end == std::string_view::npos ? std::string_view() : left_.substr(end + 1);
        state_ = seed_ ^ (++turns_ << 32U);
        return more;
    }

    /// 64 bits that no script chooses.
    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    /// Uniform in [low, high], if a seed chooses.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) noexcept {
        return low + choose(high - low) % (high - low + 1);
    }
    bool chance(unsigned percent) noexcept { return choose(99) % 100 < percent; }

private:
    /// A number that may be as large as `most`, or larger.
    std::uint64_t choose(std::uint64_t most) noexcept {
        if (turn_.empty()) return next();
        std::uint64_t chosen = 0;
        for (; most > 0 && !turn_.empty(); most >>= 8U) {
            chosen = chosen << 8U | static_cast<unsigned char>(turn_.front());
            turn_.remove_prefix(1);
        }
        return chosen;
    }

    std::uint64_t state_;
    bool scripted_ = false;
    std::uint64_t seed_ = 0;
    std::uint64_t turns_ = 0;
    std::string_view turn_;  ///< what is left of it
    std::string_view left_;  ///< the turns after it
};

}  // namespace sallyport::sim
