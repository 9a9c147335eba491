// HTTP/1.1 (RFC 9112) as far as a sender needs it: requests one after another on a connection that
// is kept, bodies with a length or in chunks. What HTTP/2 says by resets and GOAWAY is said by
// cutting the connection here, so a client cannot tell what was processed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/pushsim/service.h"
#include "tools/pushsim/session.h"

namespace pushsim {

// The head of a request. Views into the text that was read.
struct Http1Head {
  RequestHead request;
  std::size_t size = 0;  // with the empty line
  std::size_t content_length = 0;
  bool chunked = false;
  bool close = false;  // the client, or its version, wants the connection closed
  bool expects_continue = false;
};

enum class ParseState { incomplete, complete, malformed };
ParseState parse_http1_head(std::string_view text, Http1Head& head);
// Chunks up to the last one; `used` is what they took of the text.
ParseState decode_chunks(std::string_view text, std::string& body, std::size_t& used);

class Http1Session : public Session {
 public:
  Http1Session(Service& service, SetTimer set_timer)
      : service_(service), set_timer_(std::move(set_timer)) {}
  ~Http1Session() override;

  bool receive(std::string_view bytes) override;
  bool produce(std::string& out, std::size_t most) override;
  void on_timer(std::int32_t request) override;
  bool finished() const override { return done_ && to_send_.empty(); }
  bool cut() const override { return cut_; }

 private:
  enum class Phase { reading, held_back, answering };

  void take_requests();
  bool take_request();
  ParseState take_body(const Http1Head& head, std::string_view rest, std::string_view& body,
                       std::size_t& used);
  void carry_out();
  void answer_now();
  void request_over();
  void refuse_and_close(int status);

  Service& service_;
  SetTimer set_timer_;
  std::string input_;
  std::string chunk_body_;
  std::string to_send_;

  Phase phase_ = Phase::reading;
  bool began_ = false;  // the head of a request has been read
  Answer answer_;
  std::size_t dripped_ = 0;
  bool close_after_ = false;
  std::int32_t requests_ = 0;  // the number of the one at hand: a timer for an older one is void
  bool done_ = false;
  bool cut_ = false;
};

}  // namespace pushsim
