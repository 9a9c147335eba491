// Table P: what an answer, or its absence, proves about a request. The only source of decisions to
// settle, release or send again; nothing else in herald may take one.
//
// The service knows no idempotency key, so "no answer" is never "not sent". A reservation is given
// back only where a row says that the service did not take the request.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/dispatch/answer.h"
#include "engine/transport/connection.h"
#include "herald/outcome.h"

namespace herald::dispatch {

enum class Row : std::uint8_t {
  not_sent,         // no connection, or the last body byte cannot have left
  refused_stream,   // REFUSED_STREAM, or above a GOAWAY's last stream (RFC 9113 6.8, 8.7)
  accepted,         // 80000000
  partly,           // 80100000 with a list that can be believed
  partly_doubtful,  // 80100000 or 80300007 with one that cannot
  all_refused,      // 80300007, reasons about the tokens
  all_refused_app,  // 80300007, a reason about the app
  app_refused,      // the app or its configuration is at fault
  payload_refused,  // the message is at fault
  not_authorised,   // 401
  slow_down,        // 503, 429
  test_slow_down,   // 80300029
  server_error,     // 500, 502, 504, 408, 81000001: proves nothing
  no_answer,        // reset, lost or late after the last body byte may have left
  unreadable,       // an answer that says nothing: proves nothing
  redirected,       // 3xx: a gateway spoke
};

enum class Charge : std::uint8_t {
  keep,     // the attempt goes on under the same reservation
  release,  // the service did not take it
  final,    // the service took it
  stays,    // nobody knows: it stays counted
};

enum class Next : std::uint8_t {
  settle,      // every token has its outcome
  at_once,     // again, on another stream or connection
  later,       // again, after a wait with full jitter
  much_later,  // again, after 60 s
  renew,       // again, with a new JWT
  to_lane,     // back without an outcome: somebody has to repair something first
};

struct Ruling {
  Row row;
  Charge charge;  // of tokens not listed by the answer
  Next next;
  Outcome outcome;           // of tokens not listed, if next is settle
  Reason reason;             // likewise
  bool list_decides;         // listed tokens are invalid by their reasons, and released
  bool pauses;               // at once; other rows pause after a number in a row
  bool positive;             // proves that the service takes this campaign
  std::string_view way_out;  // for the line that a pause prints
};

// `answer` is looked at only when the request ended answered.
Ruling rule(transport::End how, bool may_have_left, const Answer& answer);

// The row's own ruling, for tests and documentation.
const Ruling& row_ruling(Row row);
inline constexpr std::size_t kRows = 16;

}  // namespace herald::dispatch
