// The serving side of one connection on plain bytes, whatever the protocol: no socket, no TLS.
// In: what the client sent, and timers. Out: bytes for the client, timers to set, or the wish to be
// cut. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pushsim {

// A request's body may not be larger: a thousand tokens of 4 KiB.
inline constexpr std::size_t kBodyBytesMax = std::size_t{4} << 20;
inline constexpr std::size_t kHeadBytesMax = std::size_t{64} << 10;
inline constexpr std::chrono::milliseconds kDripEvery{100};
// Copies of 4 KiB and more crawl on Zen 3 when source and target differ by 1 to 31 modulo 4096.
inline constexpr std::size_t kCopyPiece = 2048;

// Calls on_timer(request) after the delay.
using SetTimer = std::function<void(std::chrono::microseconds delay, std::int32_t request)>;

class Session {
 public:
  Session() = default;
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // False: the connection has to be cut, by a fault or because it cannot go on.
  virtual bool receive(std::string_view bytes) = 0;
  // Appends what is to be sent, until `out` has `most` bytes or there is no more.
  virtual bool produce(std::string& out, std::size_t most) = 0;
  virtual void on_timer(std::int32_t request) = 0;

  // Nothing is left to do, and nothing more will be taken: the connection may be closed.
  virtual bool finished() const = 0;
  virtual bool cut() const = 0;
};

}  // namespace pushsim
