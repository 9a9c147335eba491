// Bytes that come when they come: standard input, or what a program pushes. Waiting for them can be
// ended by another thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "engine/audience/source.h"

namespace herald::audience {

// Shared by a source and whoever may end its wait, so that it may come after the source is gone.
class Interrupt {
 public:
  virtual ~Interrupt() = default;
  // Any thread, as often as it likes. From then on the source gives an error.
  virtual void raise() noexcept = 0;
};

class LiveSource : public ByteSource {  // one thread
 public:
  // Whether read() would not wait, or not longer than that.
  virtual bool ready(std::chrono::milliseconds wait) = 0;
  virtual std::shared_ptr<Interrupt> interrupt() const = 0;
  std::uint64_t size() const final { return 0; }
};

// A pipe, a socket, a terminal, a file: whatever standard input is.
class DescriptorSource final : public LiveSource {
 public:
  // Reads a duplicate of `fd`. `name` is what errors call it. Errors: audience.
  static Result<std::unique_ptr<DescriptorSource>> open(int fd, std::string name);
  ~DescriptorSource() override;
  DescriptorSource(const DescriptorSource&) = delete;
  DescriptorSource& operator=(const DescriptorSource&) = delete;

  Result<std::size_t> read(std::span<std::byte> into) override;
  bool ready(std::chrono::milliseconds wait) override;
  std::shared_ptr<Interrupt> interrupt() const override;

 private:
  class Event;
  DescriptorSource(int fd, std::string name, std::shared_ptr<Event> event);

  const int fd_;
  const std::string name_;
  const std::shared_ptr<Event> event_;
};

}  // namespace herald::audience
