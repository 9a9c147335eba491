// What keeps pushsim from starting: one line that says what, where and the way out.
// Thrown while options, keys and files are read; main prints it and exits. Nothing throws once
// requests are served.
#pragma once

#include <stdexcept>

namespace pushsim {

class SetupError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pushsim
