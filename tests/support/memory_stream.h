// A connection's two ends in memory: records of at most 16384 bytes, a socket buffer that fills,
// and a delay each way. What was given to the socket may arrive although the connection is then
// lost.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/transport/byte_stream.h"
#include "tests/support/virtual_executor.h"

namespace herald::test {

struct WireSettings {
  Duration latency = std::chrono::milliseconds{5};  // each way
  std::size_t socket_bytes = 256 << 10;
};

class Wire : public std::enable_shared_from_this<Wire> {
 public:
  // The far end.
  class Peer {
   public:
    virtual ~Peer() = default;
    virtual void on_bytes(std::span<const std::uint8_t> bytes) = 0;
    virtual void on_eof() = 0;
  };

  Wire(VirtualExecutor& executor, const WireSettings& settings,
       transport::ByteStream::Handler& handler)
      : executor_(executor), settings_(settings), handler_(&handler) {}

  // --- the peer's end ---

  // The near end hears on_open,
  void open(std::unique_ptr<Peer> peer, transport::Protocol protocol = transport::Protocol::http2);
  void refuse(const Error& error);  // or on_closed
  Peer* peer() { return peer_.get(); }
  void peer_send(std::span<const std::uint8_t> bytes);
  // The connection is lost: what is on its way to the peer does not arrive.
  void cut();
  // The same, but the near end learns that nothing follows what it was sent (TLS close_notify).
  void finish();
  // The peer takes nothing more from its socket, until it does again.
  void stall(bool stalled);
  // Nothing passes any more, either way, and nobody is told.
  void go_dark() { dark_ = true; }
  bool alive() const { return handler_ != nullptr && !cut_; }

  // --- the near end ---

  bool accepts_more() const { return !waiting_ && unsent_ < kSendBytes; }
  void write(std::span<const std::uint8_t> bytes);
  void flush();
  std::uint64_t written() const { return written_; }
  bool may_have_left(std::uint64_t position) const { return position <= left_; }
  void close();

 private:
  static constexpr std::size_t kSendBytes = 128 << 10;  // as the real one gathers
  static constexpr std::size_t kRecordBytes = 16384;

  struct Record {
    std::vector<std::uint8_t> plain;
    std::uint64_t plain_end;  // position in the plain text
    std::size_t given = 0;    // bytes in the socket
  };
  struct Arrived {
    std::size_t bytes;                // of the socket's buffer
    std::vector<std::uint8_t> plain;  // of a record that is whole now
  };

  void make_record(std::size_t size);
  void send();
  void take_arrived();
  void tell_closed(const Error& error, bool finished);
  template <class Event>
  void later(Event event);

  VirtualExecutor& executor_;
  const WireSettings settings_;
  transport::ByteStream::Handler* handler_;  // null: closed
  std::unique_ptr<Peer> peer_;
  bool cut_ = false;
  bool dark_ = false;
  bool stalled_ = false;
  bool closed_ = false;  // by the near end, and the far end could know
  bool waiting_ = false;
  std::vector<std::uint8_t> pending_;
  std::deque<Record> out_;
  std::size_t unsent_ = 0;
  std::size_t in_socket_ = 0;
  std::deque<Arrived> arrived_;
  std::uint64_t written_ = 0;
  std::uint64_t recorded_ = 0;
  std::uint64_t left_ = 0;
};

// The near end's owner.
class MemoryStream final : public transport::ByteStream {
 public:
  explicit MemoryStream(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
  ~MemoryStream() override { wire_->close(); }
  bool accepts_more() const override { return wire_->accepts_more(); }
  void write(std::span<const std::uint8_t> bytes) override { wire_->write(bytes); }
  void flush() override { wire_->flush(); }
  std::uint64_t written() const override { return wire_->written(); }
  bool may_have_left(std::uint64_t position) const override {
    return wire_->may_have_left(position);
  }
  void close() override { wire_->close(); }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace herald::test
