// The ways in which the service of a simulation misbehaves, one for each kind of observation that
// Table P speaks of, and what each of them proves to herald.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/plan.h"

namespace herald::simulation {

// What herald may conclude for a token of a request that was processed so, if the answer gets
// there.
enum class Proof : std::uint8_t {
  as_taken,      // taken, or refused: each token as the service did
  refused,       // all of them
  nothing,       // of none
  only_refused,  // a token that was not taken is known not to be; of the others nothing
};

struct AnswerFault {
  std::string name;
  test::Plan plan;
  Proof proof = Proof::nothing;
  bool disturbs = false;        // others on the connection may be left without an answer
  bool disturbs_http1 = false;  // HTTP/1.1: the same for the request itself
  bool pauses = false;          // the campaign, at once or when it comes several times in a row

  bool makes_ambiguous(bool http1) const {
    return proof == Proof::nothing || proof == Proof::only_refused || disturbs ||
           (http1 && disturbs_http1);
  }
};

const std::vector<AnswerFault>& answer_faults();

// What befalls connections, whatever they carry.
enum class WireFault : std::uint8_t {
  cut,          // lost
  closed,       // by the peer, properly
  dark,         // nothing passes, nobody is told: found out by PING or a deadline
  stalled,      // the peer reads nothing for a while
  no_streams,   // SETTINGS_MAX_CONCURRENT_STREAMS 0 for a while
  one_stream,   // lowered for good
  no_window,    // SETTINGS_INITIAL_WINDOW_SIZE 0 for a while
  tiny_window,  // a few bytes
  goaway,       // out of the blue, after the last stream
  pinged,       // by the service
  refused,      // connect() fails for a while
  not_trusted,  // the certificate does not verify
  never_opens,  // nor does anything else happen
};
inline constexpr std::size_t kWireFaults = 13;
std::string_view name_of(WireFault fault);
// Whether requests may be left without an answer by it.
bool makes_ambiguous(WireFault fault);
bool needs_http2(WireFault fault);

}  // namespace herald::simulation
