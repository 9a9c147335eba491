#include "engine/audience/live.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace herald::audience {
namespace {

Error unreadable(const std::string& name, int error) {
  return {Errc::audience, fmt::format("{}: cannot be read ({}): what came before it was sent; send "
                                      "the rest as a campaign of its own",
                                      name, std::generic_category().message(error))};
}

}  // namespace

class DescriptorSource::Event final : public Interrupt {
 public:
  explicit Event(int fd) : fd_(fd) {}
  ~Event() override { ::close(fd_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void raise() noexcept override {
    const std::uint64_t one = 1;
    (void)!::write(fd_, &one, sizeof one);  // fails only when it is raised already
  }
  int fd() const { return fd_; }

 private:
  const int fd_;
};

Result<std::unique_ptr<DescriptorSource>> DescriptorSource::open(int fd, std::string name) {
  const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return unreadable(name, errno);
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) {
    const int error = errno;
    ::close(own);
    return unreadable(name, error);
  }
  return std::unique_ptr<DescriptorSource>(
      new DescriptorSource(own, std::move(name), std::make_shared<Event>(event)));
}

DescriptorSource::DescriptorSource(int fd, std::string name, std::shared_ptr<Event> event)
    : fd_(fd), name_(std::move(name)), event_(std::move(event)) {}

DescriptorSource::~DescriptorSource() { ::close(fd_); }

std::shared_ptr<Interrupt> DescriptorSource::interrupt() const { return event_; }

bool DescriptorSource::ready(std::chrono::milliseconds wait) {
  pollfd both[] = {{fd_, POLLIN, 0}, {event_->fd(), POLLIN, 0}};
  return ::poll(both, 2, static_cast<int>(wait.count())) != 0;
}

Result<std::size_t> DescriptorSource::read(std::span<std::byte> into) {
  for (;;) {
    pollfd both[] = {{fd_, POLLIN, 0}, {event_->fd(), POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return unreadable(name_, errno);
    }
    if (both[1].revents != 0) {
      return Error{Errc::audience, fmt::format("{}: reading it was stopped", name_)};
    }
    const ssize_t got = ::read(fd_, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR && errno != EAGAIN) return unreadable(name_, errno);
  }
}

}  // namespace herald::audience
