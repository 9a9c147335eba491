// What one protocol does on a connection; the rest of a connection (deadlines, bookkeeping, its
// owner) is the same for all of them and lies in connection.h.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/clock.h"
#include "engine/transport/byte_stream.h"
#include "engine/transport/connection.h"
#include "engine/transport/exchange.h"
#include "herald/result.h"

namespace herald::transport {

// The connection, as its session sees it. Nothing reaches the connection's owner from within these.
class SessionHost {
 public:
  virtual void on_usable() = 0;  // requests may be submitted from now on
  virtual void on_going() = 0;   // no more of them: it closes when those that are open have ended
  virtual void on_end(Exchange& exchange, End how) = 0;
  virtual Exchange* open_exchange(std::int32_t stream) = 0;  // or null

 protected:
  ~SessionHost() = default;
};

// One thread. An error means that the peer breaks the protocol or is dead: the connection closes,
// and nothing more is written, not even what the byte stream still holds.
class Session {
 public:
  virtual ~Session() = default;

  virtual std::uint32_t streams_max() const = 0;  // requests at once, as things stand
  virtual bool has_room() const = 0;              // for the body of another one
  virtual bool starved() const = 0;               // a body waits, and not for the socket
  virtual bool over() const { return false; }     // nothing more to say, nothing more to hear

  // Takes the request over and gives the exchange its stream; false when it never will.
  virtual bool submit(const Request& request, Exchange& exchange) = 0;
  virtual void generate() = 0;  // writes while the byte stream accepts more
  virtual Result<void> receive(std::span<const std::uint8_t> bytes) = 0;
  virtual void finish() = 0;  // the peer sends no more, and said so

  // The exchange's time is up: nothing more of it is sent, and on_end() is not called for it.
  virtual Result<void> cancel(Exchange& exchange) = 0;
  // When it wants on_time() called; `busy`: requests are open.
  virtual base::BootTime next_event(bool busy) const = 0;
  virtual Result<void> on_time(base::BootTime now, bool busy) = 0;
};

// Null without memory.
std::unique_ptr<Session> make_http2_session(SessionHost& host, ByteStream& stream,
                                            const base::Clock& clock, const Timing& timing);
std::unique_ptr<Session> make_http1_session(SessionHost& host, ByteStream& stream,
                                            const base::Clock& clock, const Timing& timing);

}  // namespace herald::transport
