// What becomes of an accepted message for one device: the answer says nothing of it, the receipt
// does.
#pragma once

#include <cstdint>

namespace pushsim {

enum class Verdict : std::uint8_t {
  taken,
  over_quota,     // marketing, form, live view or test: dropped
  created_again,  // a live view that was created within the last 12 h
  out_of_order,   // a live view's version is not greater than the last
  over_total,     // everything of the app to the device: dropped
};

}  // namespace pushsim
