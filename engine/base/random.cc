#include "engine/base/random.h"

#include <sys/random.h>

#include <cstdlib>

namespace herald::base {

std::uint64_t Random::seed_from_kernel() {
  std::uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
    std::abort();  // cannot fail since Linux 3.17
  return seed;
}

}  // namespace herald::base
