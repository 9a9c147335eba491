// Jitter and seeds. A test gives a fixed seed; the program asks the kernel for one.
#pragma once

#include <cstdint>

namespace herald::base {

class Random {  // one thread
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  static std::uint64_t seed_from_kernel();

  // SplitMix64 (Steele, Lea, Flood 2014): plenty for jitter; nothing secret depends on it.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }  // [0, 1)

 private:
  std::uint64_t state_;
};

}  // namespace herald::base
