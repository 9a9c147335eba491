#include "engine/message/rfc3339.h"

namespace herald::message {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_either(char upper, char lower) { return take(upper) || take(lower); }

  // Exactly `count` digits, of a value from `least` to `most`.
  bool take_number(int count, int least, int most, int& out) {
    out = 0;
    for (int i = 0; i < count; ++i) {
      int digit = 0;
      if (!take_digit(digit)) return false;
      out = out * 10 + digit;
    }
    return least <= out && out <= most;
  }

  // The digits after the dot; those beyond nanoseconds are dropped.
  bool take_fraction(std::chrono::nanoseconds& out) {
    out = {};
    if (!take('.')) return true;
    std::chrono::nanoseconds unit = std::chrono::seconds{1};
    int digit = 0;
    bool any = false;
    for (; take_digit(digit); any = true) out += digit * (unit /= 10);
    return any;
  }

  bool done() const { return rest_.empty(); }

 private:
  bool take_digit(int& out) {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') return false;
    out = rest_.front() - '0';
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

bool take_date(Reader& reader, std::chrono::sys_days& out) {
  int year = 0, month = 0, day = 0;
  if (!reader.take_number(4, 1970, 2199, year) || !reader.take('-') ||
      !reader.take_number(2, 1, 12, month) || !reader.take('-') ||
      !reader.take_number(2, 1, 31, day)) {
    return false;
  }
  const auto date = std::chrono::year{year} / month / day;
  out = date;
  return date.ok();
}

bool take_time(Reader& reader, std::chrono::nanoseconds& out) {
  int hour = 0, minute = 0, second = 0;
  std::chrono::nanoseconds fraction{};
  if (!reader.take_number(2, 0, 23, hour) || !reader.take(':') ||
      !reader.take_number(2, 0, 59, minute) || !reader.take(':') ||
      !reader.take_number(2, 0, 59, second) || !reader.take_fraction(fraction)) {
    return false;
  }
  out = std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} +
        fraction;
  return true;
}

bool take_offset(Reader& reader, std::chrono::minutes& out) {
  out = {};
  if (reader.take_either('Z', 'z')) return true;
  const bool west = reader.take('-');
  int hour = 0, minute = 0;
  if ((!west && !reader.take('+')) || !reader.take_number(2, 0, 23, hour) || !reader.take(':') ||
      !reader.take_number(2, 0, 59, minute)) {
    return false;
  }
  out = std::chrono::hours{hour} + std::chrono::minutes{minute};
  if (west) out = -out;
  return true;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  std::chrono::sys_days date;
  std::chrono::nanoseconds time{};
  std::chrono::minutes offset{};
  if (!take_date(reader, date) || !reader.take_either('T', 't') || !take_time(reader, time) ||
      !take_offset(reader, offset) || !reader.done()) {
    return std::nullopt;
  }
  return std::chrono::time_point_cast<std::chrono::system_clock::duration>(date + time - offset);
}

}  // namespace herald::message
