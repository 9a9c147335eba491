// Where requests get their Authorization from.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/clock.h"
#include "herald/result.h"

namespace herald::dispatch {

class Credentials {  // one thread: the sender's
 public:
  virtual ~Credentials() = default;
  virtual std::string_view authorization(base::WallTime now) = 0;  // valid until the next call
  virtual std::uint64_t generation() const = 0;                    // rises with each new token
  virtual Result<void> renew(base::WallTime now) = 0;
};

}  // namespace herald::dispatch
