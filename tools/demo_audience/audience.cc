#include "tools/demo_audience/audience.h"

#include <algorithm>
#include <numeric>

namespace demo {
namespace {

constexpr std::size_t kTokenBytes = 115;
constexpr std::string_view kInvalidPrefix = "invalid-";  // pushsim refuses it: tokenFormatError
constexpr std::uint64_t kInvalidEvery = 199;             // tokens
constexpr std::uint64_t kLeftOutEvery = 5;               // tokens
constexpr std::uint64_t kPerThousandMalformed = 10;
constexpr std::uint64_t kPerThousandRepeated = 30;

// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014): SplitMix64.
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

void append_letters(std::string& out, std::uint64_t bits, std::size_t count) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (; count > 0; --count, bits >>= 6) out += kLetters[bits & 63];
}

bool is_invalid(std::uint64_t number) { return number % kInvalidEvery == kInvalidEvery - 1; }
bool is_left_out(std::uint64_t number) { return number % kLeftOutEvery == 0; }

}  // namespace

std::uint64_t Counts::malformed_all() const {
  return std::accumulate(malformed.begin(), malformed.end(), std::uint64_t{0});
}

std::uint64_t Audience::random() { return mixed(state_ += kStep); }

// The number is in the token, six bits a letter, so two numbers never make one token.
void Audience::write_token(std::uint64_t number) {
  line_.clear();
  if (is_invalid(number)) line_ = kInvalidPrefix;
  append_letters(line_, number, 10);
  for (std::uint64_t piece = 1; line_.size() < kTokenBytes; ++piece) {
    append_letters(line_, mixed(seed_ ^ (number * 32 + piece) * kStep),
                   std::min<std::size_t>(10, kTokenBytes - line_.size()));
  }
}

Audience::Line Audience::next() {
  const std::uint64_t dice = random_below(1000);
  if (dice < kPerThousandMalformed) return malformed();
  if (dice < kPerThousandMalformed + kPerThousandRepeated && tokens_ > 0) return repeated();
  return fresh();
}

Audience::Line Audience::fresh() {
  const std::uint64_t number = tokens_++;
  write_token(number);
  const bool most = !is_left_out(number);
  const auto kind = is_invalid(number) ? &Counts::invalid : &Counts::devices;
  ++(all_.*kind);
  if (most) ++(most_.*kind);
  return {line_, most};
}

// Some end as a file from Windows does: a carriage return makes no other token.
Audience::Line Audience::repeated() {
  const std::uint64_t number = random_below(tokens_);
  write_token(number);
  if (random_below(4) == 0) line_ += '\r';
  const bool most = !is_left_out(number);
  ++all_.duplicate;
  if (most) ++most_.duplicate;
  return {line_, most};
}

// What goes wrong in exports: nothing there, lines run together, stray bytes.
Audience::Line Audience::malformed() {
  const std::uint64_t kind = random_below(kMalformedNames.size());
  line_.clear();
  append_letters(line_, random(), 10);
  switch (static_cast<Malformed>(kind)) {
    case Malformed::empty:
      line_.clear();
      break;
    case Malformed::too_long:
      line_.append(600, 'x');
      break;
    case Malformed::control_byte:
      line_ += random_below(2) == 0 ? '\t' : '\0';
      break;
    case Malformed::space_inside:
      line_ += " 1";
      break;
    case Malformed::not_utf8:
      line_ += '\xff';
      break;
  }
  ++all_.malformed[kind];
  ++most_.malformed[kind];
  return {line_, true};
}

}  // namespace demo
