// The connections of one app on one sender thread: opens what is needed, closes what idles.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/base/random.h"
#include "engine/transport/connection.h"

namespace herald::transport {

class ConnectionPool final : private Connection::Owner {  // one thread
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_ended(void* tag, const Ended& ended) = 0;
    virtual void on_capacity() = 0;  // look again: something opened, closed or drained
  };

  ConnectionPool(Owner& owner, StreamFactory& factory, base::Executor& executor,
                 const base::Clock& clock, base::Random& random, const Timing& timing,
                 std::uint32_t connections_max);

  // One that can take a request now, or null.
  Connection* ready();
  // Streams that requests could have, were nothing in the way.
  std::uint32_t free_streams() const;
  std::uint32_t requests_open() const;
  std::uint32_t streams() const { return free_streams() + requests_open(); }
  // There is work: opens a connection if those there are cannot serve it.
  void want();
  void flush();
  void close_idle();
  void retire();  // those that are open end what they have; what comes goes to new ones
  // Closes all, now: their requests end within the call. Not from within an event.
  void abort(const Error& error);

  // Why, and since when, no connection could be opened or kept; empty while one is open.
  struct Trouble {
    Error error;           // the last
    base::BootTime since;  // the first of them
    base::BootTime last;
  };
  const std::optional<Trouble>& trouble() const { return trouble_; }

 private:
  void on_ended(Connection&, void* tag, const Ended& ended) override;
  void on_capacity(Connection& connection) override;
  void on_closed(Connection& connection, const Error& error, bool opened) override;
  void open();

  Owner& owner_;
  StreamFactory& factory_;
  base::Executor& executor_;
  const base::Clock& clock_;
  base::Random& random_;
  const Timing timing_;
  const std::uint32_t connections_max_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> closed_;  // until their event handlers are left
  base::Timer reap_;
  base::Timer reopen_;
  std::optional<Trouble> trouble_;
  std::uint32_t failures_ = 0;                   // in a row, without an answer between
  std::optional<base::BootTime> failing_since_;  // the first of them
};

}  // namespace herald::transport
