#include "engine/transport/http_date.h"

namespace herald::transport {
namespace {

constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kShape = "Www, dd Mmm yyyy hh:mm:ss GMT";

// -1: not two digits.
int two_digits(std::string_view text, std::size_t at) {
  const int tens = text[at] - '0';
  const int ones = text[at + 1] - '0';
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return tens * 10 + ones;
}

// Which of the names, each of three letters; from 1, or 0.
unsigned index_in(std::string_view names, std::string_view name) {
  for (std::size_t at = 0; at < names.size(); at += 3) {
    if (names.substr(at, 3) == name) return static_cast<unsigned>(at / 3) + 1;
  }
  return 0;
}

}  // namespace

std::optional<base::WallTime> parse_http_date(std::string_view text) {
  if (text.size() != kShape.size()) return std::nullopt;
  for (const std::size_t at : {3u, 4u, 7u, 11u, 16u, 19u, 22u, 25u, 26u, 27u, 28u}) {
    if (text[at] != kShape[at]) return std::nullopt;
  }
  const unsigned weekday = index_in(kDays, text.substr(0, 3));
  const unsigned month = index_in(kMonths, text.substr(8, 3));
  const int day = two_digits(text, 5);
  const int century = two_digits(text, 12);
  const int year = two_digits(text, 14);
  const int hour = two_digits(text, 17);
  const int minute = two_digits(text, 20);
  const int second = two_digits(text, 23);  // 60: a leap second
  if (weekday == 0 || month == 0 || day < 1 || century < 0 || year < 0) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{century * 100 + year},
                                         std::chrono::month{month},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_days at{date};
  if (std::chrono::weekday{at}.iso_encoding() != weekday) return std::nullopt;
  return at + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

}  // namespace herald::transport
