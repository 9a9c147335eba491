// Makes up an audience as it comes from real databases: devices, repeats of them, tokens that the
// service refuses, and lines that are no tokens. Counts what it writes while it writes it, so the
// counts are right by construction and not by reading the file the way herald does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace demo {

enum class Malformed { empty, too_long, control_byte, space_inside, not_utf8 };
inline constexpr std::array<std::string_view, 5> kMalformedNames{
    "empty", "too_long", "control_byte", "space_inside", "not_utf8"};

// What one file holds. Every record is counted in exactly one of the four kinds.
struct Counts {
  std::uint64_t devices = 0;  // tokens that the service takes, each once
  std::uint64_t invalid = 0;  // tokens that pushsim refuses, each once
  std::uint64_t duplicate = 0;
  std::array<std::uint64_t, kMalformedNames.size()> malformed{};

  std::uint64_t malformed_all() const;
  std::uint64_t records() const { return devices + invalid + duplicate + malformed_all(); }
};

// One line at a time, without its newline. The same seed gives the same lines.
class Audience {
 public:
  explicit Audience(std::uint64_t seed) : seed_(seed), state_(seed) {}

  struct Line {
    std::string_view text;  // valid until the next call
    bool most;              // of the smaller file, too, which leaves out every fifth token
  };
  Line next();

  const Counts& all() const { return all_; }
  const Counts& most() const { return most_; }

 private:
  std::uint64_t random();
  std::uint64_t random_below(std::uint64_t bound) { return random() % bound; }
  void write_token(std::uint64_t number);
  Line fresh();
  Line repeated();
  Line malformed();

  const std::uint64_t seed_;
  std::uint64_t state_;
  std::uint64_t tokens_ = 0;  // numbers given out so far
  std::string line_;
  Counts all_;
  Counts most_;
};

}  // namespace demo
