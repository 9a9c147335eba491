// One connection on the sending side, HTTP/2 (RFC 9113) or HTTP/1.1 (RFC 9112) as its peer chose:
// requests in, and how each of them ended out.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/executor.h"
#include "engine/transport/byte_stream.h"
#include "herald/result.h"

namespace herald::transport {

inline constexpr std::size_t kAnswerBytesMax = 1 << 20;  // I49

struct Exchange;    // exchange.h
class Session;      // session.h: what is different for each protocol
class SessionHost;  // likewise

struct Timing {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds request{30000};  // from submit to the last byte of the answer
  std::chrono::milliseconds quiet{5000};     // HTTP/2: nothing heard for this long: PING
  std::chrono::milliseconds ping{8000};      // and still nothing: the connection is dead
};

enum class Method : std::uint8_t {
  post,
  get,  // no body, no authorization, no push type; no cache may answer it
};

// Everything a request is made of. The views must live until it ended; the body is sent from them.
struct Request {
  Method method = Method::post;
  std::string_view path;
  std::string_view authority;
  std::string_view authorization;
  std::string_view push_type;
  std::array<std::string_view, 3> body;  // before the tokens, the tokens, after them
  base::BootTime begun{};  // its time runs from then on; by default, from when it is submitted

  std::size_t body_bytes() const { return body[0].size() + body[1].size() + body[2].size(); }
};

enum class End : std::uint8_t {
  answered,  // the whole answer is here
  refused,   // RST_STREAM(REFUSED_STREAM), or above the last stream of a GOAWAY (RFC 9113 6.8, 8.7)
  reset,     // any other RST_STREAM, or an answer that breaks the protocol
  lost,      // the connection is gone
  deadline,  // no answer in time
};

struct Ended {
  End how = End::lost;
  bool may_have_left = false;  // the last body byte may have reached the peer (Table P, first row)
  int status = 0;              // of the answer
  bool oversize = false;       // the answer was longer than kAnswerBytesMax
  std::string_view body;       // valid during the call
  base::BootTime begun{};      // when it was submitted
  std::optional<base::WallTime> date;  // of the answer: when the service made it, by its clock
};

// One thread: the executor's.
class Connection final : private ByteStream::Handler {
 public:
  // No event comes from within a call to the connection.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ended(Connection& connection, void* tag, const Ended& ended) = 0;
    // Something changed that may let it take requests again, or it opened.
    virtual void on_capacity(Connection& connection) = 0;
    // The last event; every request has ended before. `opened`: it had been usable.
    virtual void on_closed(Connection& connection, const Error& error, bool opened) = 0;
  };

  Connection(Owner& owner, StreamFactory& factory, base::Executor& executor,
             const base::Clock& clock, const Timing& timing);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // A free stream, the socket not full, and the last body handed over: one body at a time stays in
  // the cache, and a window that is used up is not shared out in crumbs.
  bool can_take() const;
  // Streams it could open, were nothing in the way: what a grant may count on.
  std::uint32_t free_streams() const;
  // Open, but kept from sending by the peer's stream limit or window: another connection would
  // help.
  bool blocked_by_peer() const;
  // And not about to go: after a GOAWAY, say, it only waits for what it has.
  bool is_open() const { return state_ == State::open && !going_; }
  bool is_connecting() const { return state_ == State::connecting; }
  std::uint32_t requests_open() const { return streams_open_; }
  base::BootTime idle_since() const { return idle_since_; }
  base::BootTime opened_at() const { return opened_at_; }
  bool has_answered() const { return has_answered_; }

  // Requires can_take(). Encrypts what it can; flush() after the last of several. `tag` comes back
  // with on_ended.
  void submit(const Request& request, void* tag);
  void flush();

  // Takes no new request; closes when the last has ended.
  void drain();
  // Closes now. The exception to the rule above: its requests end within the call.
  void abort(const Error& error) { close(error); }

 private:
  enum class State : std::uint8_t { connecting, open, draining, closed };
  struct Host;  // what the session calls
  friend struct Host;

  void on_open(Protocol protocol) override;
  void on_data(std::span<const std::uint8_t> bytes) override;
  void on_drained() override { after_input(); }
  void on_closed(const Error& error, bool finished) override;

  void deliver();
  void after_input();
  void finish(Exchange& exchange, End how);
  void close(const Error& error);
  base::BootTime next_event() const;
  void arm();
  void on_timer();
  Result<void> expire_requests(base::BootTime now);

  Owner& owner_;
  const base::Clock& clock_;
  const Timing timing_;
  std::unique_ptr<ByteStream> stream_;
  std::unique_ptr<Host> host_;
  std::unique_ptr<Session> session_;  // from on_open() on
  State state_ = State::connecting;
  bool going_ = false;  // takes nothing new: by the peer's will, or for its age
  bool opened_ = false;
  base::BootTime opened_at_{};
  bool has_answered_ = false;  // a request

  std::vector<std::unique_ptr<Exchange>> exchanges_;  // all there are
  std::vector<Exchange*> spare_;
  std::vector<Exchange*> ended_;  // to be told to the owner once the session is left
  struct Deadline {
    base::BootTime when;
    Exchange* exchange;
    std::int32_t stream;  // of the exchange then: it may have gone on to another
  };
  std::deque<Deadline> deadlines_;  // oldest first
  std::uint32_t streams_open_ = 0;

  base::Timer timer_;
  base::BootTime timer_at_{};  // what it is set to
  base::Timer close_timer_;    // for what must not happen within the owner's call
  base::BootTime idle_since_;
  base::BootTime connect_deadline_;
};

}  // namespace herald::transport
