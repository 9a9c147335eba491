#include "engine/config/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>

namespace herald::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Ascending, so that the last one that divides a number writes it shortest.
constexpr std::array kTimes{Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                            Unit{"d", 86'400'000}};
constexpr std::array kSizes{Unit{"B", 1}, Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                            Unit{"GiB", 1 << 30}, Unit{"TiB", std::uint64_t{1} << 40}};

template <std::size_t kCount>
std::optional<std::uint64_t> parse_amount(std::string_view text,
                                          const std::array<Unit, kCount>& units) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    // Signed, because durations are.
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (number > kMax / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

template <std::size_t kCount>
std::string amount_text(std::uint64_t amount, const std::array<Unit, kCount>& units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", amount / best->factor, best->name);
}

std::optional<int> two_digits(std::string_view text) {
  if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto amount = parse_amount(text, kTimes);
  if (!amount) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*amount)};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_amount(text, kSizes);
}

std::optional<std::chrono::minutes> parse_utc_offset(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = two_digits(text.substr(1, 2));
  const auto minutes = two_digits(text.substr(4, 2));
  if (!hours || !minutes || *minutes > 59) return std::nullopt;
  const int total = (*hours * 60 + *minutes) * (text[0] == '-' ? -1 : 1);
  if (total < -12 * 60 || total > 14 * 60) return std::nullopt;
  return std::chrono::minutes{total};
}

std::string to_text(std::chrono::milliseconds duration) {
  return amount_text(static_cast<std::uint64_t>(duration.count()), kTimes);
}

std::string size_text(std::uint64_t bytes) { return amount_text(bytes, kSizes); }

}  // namespace herald::config
