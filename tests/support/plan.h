// What the service does with one request: on the wire, and in its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/virtual_executor.h"

namespace herald::test {

// An answer, and how many of the tokens, from the first, the service took (and counted).
struct Reply {
  int status = 200;
  std::string body;
  std::vector<bool> taken;
};
using Replies = std::function<Reply(const std::vector<std::string>& tokens)>;

struct Plan {
  // HTTP/1.1 has no streams: refuse_stream and goaway_below are cuts before anything is processed,
  // reset is one afterwards, and goaway_at is Connection: close.
  enum class Wire : std::uint8_t {
    answer,
    answer_early,   // before the body has come, which is not waited for
    refuse_stream,  // RST_STREAM(REFUSED_STREAM), before anything is processed
    reset,          // RST_STREAM(reset_code) once the body is there; processed as `reply` says
    goaway_below,   // GOAWAY: this stream and later ones are not processed
    goaway_at,      // GOAWAY: this stream is the last one processed, and answered
    cut_in_body,    // the connection is lost when the first bytes of the body have come
    cut,            // lost when the body is there and was processed
    silent,         // processed, never answered
  };
  // How an answer of HTTP/1.1 shows where it ends.
  enum class Form : std::uint8_t {
    length,
    chunked,
    until_close,  // by closing the connection
    cut_short,    // likewise, but the connection is lost in the middle of it
  };
  Wire wire = Wire::answer;
  Replies reply;
  Duration delay{};              // before the answer, beside the service's own
  Duration queued{};             // before it is processed, whatever becomes of its connection
  std::uint32_t reset_code = 2;  // INTERNAL_ERROR (RFC 9113 7)
  std::size_t more_headers = 0;  // of the answer
  std::size_t header_bytes = 8;  // of each
  Form form = Form::length;
};

// --- answers ---

Replies accepted();
// The tokens at `refused` are listed under `reason`.
Replies partly(std::vector<std::size_t> refused, std::string reason = "tokenFormatError");
Replies partly_outside();       // lists a token that is not in the batch, took the rest
Replies partly_wrong_counts();  // lists one, says that none failed
Replies partly_unreadable();    // a msg that is no list; took them all
Replies all_invalid(std::string reason = "tokenFormatError");
Replies coded(int status, std::string_view code,
              std::string_view message = "as told");  // takes none
Replies bare(int status, bool takes = false);         // no body
Replies html(int status = 200);                       // took them all
Replies bad_json();                                   // likewise
Replies duplicate_code();                             // likewise
Replies coded_and_taken(int status, std::string_view code);
Replies sized(std::size_t bytes);  // JSON of that size; took them all

// --- plans ---

Plan answers(Replies reply);
Plan answers_late(Duration delay, Replies reply = accepted());
Plan processes_late(Duration queued, Replies reply = accepted());
Plan on_wire(Plan::Wire wire, Replies reply = accepted());
Plan in_form(Plan::Form form, Replies reply = accepted());
Plan resets(std::uint32_t code, Replies reply = accepted());

}  // namespace herald::test
