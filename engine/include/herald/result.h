// A value, or an Error that says what went wrong, where, and what to do about it.
//
// Whatever the world can do wrong comes back as a Result; nothing in herald throws for it.
// `.value()` throws std::system_error's cousin `herald::Failure`, for embedders who prefer that.
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace herald {

enum class Errc : std::uint8_t {
  usage = 1,          // the call itself is wrong: an option, a campaign name
  config,             // the configuration file does not say what it must
  job,                // the job does not say what it must, or breaks a rule of the service
  not_found,          // no such campaign
  exists,             // that campaign is there already
  audience,           // the audience could not be read to its end
  disk,               // a write or a sync failed: this process may not go on
  damaged_store,      // the store lost or changed something that it had promised to keep
  store_in_use,       // another process owns the data directory
  key_refused,        // a key file that others could read, or that is no key
  clock_in_doubt,     // local clock and service disagree
  unreachable,        // no connection to the endpoint
  tls,                // the peer is not who it must be; nothing was sent
  paused_by_service,  // the service refuses the campaign as it stands
  totals_do_not_add_up,
  unsupported,  // known to the contract, not built yet
};

struct Error {
  Errc code;
  std::string what;  // one line: what, where (file:line, campaign, endpoint) and the way out
};

// What `.value()` throws.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const Error& error) : std::runtime_error(error.what), code_(error.code) {}
  Errc code() const noexcept { return code_; }

 private:
  Errc code_;
};

// Found by Boost's result through argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
  throw Failure(error);
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace herald
