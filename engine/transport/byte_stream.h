// A connection's plain text: what requests are written to and answers read from. TLS over a socket
// behind it in the program, a pair of buffers in a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "herald/result.h"

namespace herald::transport {

// What ALPN chose (RFC 7301); a peer that chooses nothing speaks HTTP/1.1.
enum class Protocol : std::uint8_t { http1, http2 };

// All calls and events on the thread of one executor. No event comes from within a call.
class ByteStream {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    // The peer is who it must be, and speaks that; not one byte before.
    virtual void on_open(Protocol protocol) = 0;
    virtual void on_data(std::span<const std::uint8_t> bytes) = 0;  // valid during the call
    virtual void on_drained() = 0;  // accepts_more() was false and is true again
    // Once, unless close() was called; the last. `finished`: the peer said that nothing follows
    // what it sent (TLS close_notify); else any amount may have been cut off.
    virtual void on_closed(const Error& error, bool finished) = 0;
  };

  virtual ~ByteStream() = default;

  // False while the socket is full: then generate nothing, what is written only piles up.
  virtual bool accepts_more() const = 0;
  // Takes all of it. What is small is gathered: flush() says that no more comes for now.
  virtual void write(std::span<const std::uint8_t> bytes) = 0;
  virtual void flush() = 0;
  virtual std::uint64_t written() const = 0;  // bytes given to write() so far

  // Whether any byte of the TLS record that holds the byte before `position` was given to send().
  // While it is false the peer cannot have read that byte (Table P, first row).
  virtual bool may_have_left(std::uint64_t position) const = 0;

  virtual void close() = 0;  // no event follows
};

class StreamFactory {
 public:
  virtual ~StreamFactory() = default;
  // Starts to connect; `handler` hears on_open or on_closed, and must outlive the stream.
  virtual std::unique_ptr<ByteStream> connect(ByteStream::Handler& handler) = 0;
};

}  // namespace herald::transport
