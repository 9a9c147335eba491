// Reads the answers of HTTP/1.1 (RFC 9112) off a connection, one after the other, by Boost.Beast's
// parser. Beast's headers are heavy, so they stay out of this one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/transport/exchange.h"
#include "herald/result.h"

namespace herald::transport {

class Http1Answer {  // one thread
 public:
  Http1Answer();
  ~Http1Answer();

  // What comes next is the answer to this one. Requires that nothing is unread.
  void begin(Exchange& exchange);

  // Takes more of it; true once it is whole. Interim answers (1xx) are passed over.
  // Errors: unreachable, when it breaks the protocol or is longer than is read (I49).
  Result<bool> take(std::span<const std::uint8_t> bytes);
  // The peer said that it sends no more: whether that completes the answer (RFC 9112 8).
  bool finish();

  // Of a whole answer: nothing stands against another request on this connection.
  bool keeps_connection() const;
  std::size_t unread() const { return input_.size(); }

 private:
  struct Parser;

  Result<bool> parse(const char*& at, const char* end);

  std::unique_ptr<Parser> parser_;
  std::string input_;  // what came and could not be taken yet
};

}  // namespace herald::transport
