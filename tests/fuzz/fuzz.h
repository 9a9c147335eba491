// What the fuzzers share: taking an input apart, and ending with a word about what does not hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string_view>
#include <vector>

// Every fuzzer defines it. The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace herald::fuzz {

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// One line without control bytes, as every error and warning must be (I85).
inline void require_one_line(std::string_view text) {
  require(!text.empty(), "an error says something");
  for (const char c : text) {
    require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "an error's text is one line");
  }
}

// Takes an input apart from the front; what is not there reads as zero.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // Sizes of pieces, 1 to 256: a byte says how many there are, at most 15.
  std::vector<std::size_t> sizes() {
    std::vector<std::size_t> sizes(byte() % 16);
    for (std::size_t& size : sizes) size = std::size_t{1} + byte();
    return sizes;
  }
  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  // What stands before the next NUL, which is taken too.
  std::string_view text() {
    const std::string_view text = take(std::min(rest_.size(), rest_.find('\0')));
    byte();
    return text;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Gives the sizes again and again, and no end of the content if there are none.
inline std::function<std::size_t()> in_turn(std::vector<std::size_t> sizes) {
  if (sizes.empty()) return {};
  return [sizes = std::move(sizes), next = std::size_t{0}]() mutable {
    return sizes[next++ % sizes.size()];
  };
}

}  // namespace herald::fuzz
