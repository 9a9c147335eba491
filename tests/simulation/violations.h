// What a run breaks of the promises. A run with any has failed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace herald::simulation {

class Violations {
 public:
  // "I13", and what was seen.
  void add(std::string_view invariant, std::string what) {
    if (all_.size() < kMax) all_.push_back(std::string{invariant} + ": " + std::move(what));
  }
  bool empty() const { return all_.empty(); }
  const std::vector<std::string>& all() const { return all_; }

 private:
  static constexpr std::size_t kMax = 10;  // one breach shows in many places
  std::vector<std::string> all_;
};

}  // namespace herald::simulation
