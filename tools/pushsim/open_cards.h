// Which cards and live views have a request that is not answered yet: a second one for the same may
// overtake it. In: keys of cards as requests arrive, and the end of those requests. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace pushsim {

class OpenCards {
 public:
  // A request arrives. `overlapping`: so many of its keys have an earlier request that is open.
  // Gives a ticket for end(), never 0.
  std::uint64_t begin(std::span<const std::uint64_t> keys, std::uint64_t& overlapping);
  // It was answered, or never will be. 0 is no request and ends nothing.
  void end(std::uint64_t ticket);

  std::size_t open() const { return requests_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> cards_;  // requests open for a key
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> requests_;  // by ticket
  std::uint64_t last_ticket_ = 0;
};

}  // namespace pushsim
