#include "tools/herald/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace herald::cli {
namespace {

using store::Descriptor;

constexpr int kWaitingMax = 16;  // connections that nobody has accepted yet

// A data directory's path may be longer than the 108 bytes of sun_path: this one never is.
struct Address {
  Descriptor directory;
  sockaddr_un name{};
};

Result<Address> address_in(const std::filesystem::path& data_dir) {
  Address address{Descriptor{open(data_dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)}, {}};
  if (address.directory.get() < 0) {
    return Error{Errc::not_found,
                 fmt::format("{}: cannot be opened ({})", data_dir.string(), std::strerror(errno))};
  }
  address.name.sun_family = AF_UNIX;
  const std::string path =
      fmt::format("/proc/self/fd/{}/{}", address.directory.get(), kControlSocket);
  std::copy(path.begin(), path.end(), address.name.sun_path);  // shorter, and the rest is zero
  return address;
}

const sockaddr* of(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.name);
}

Error no_socket(const std::filesystem::path& data_dir) {
  return {Errc::disk,
          fmt::format("{}: cannot make the control socket ({}): `herald status` and its "
                      "like will not reach this process",
                      (data_dir / kControlSocket).string(), std::strerror(errno))};
}

Error broken(std::string_view what) {
  return {Errc::unreachable, fmt::format("the control connection {}", what)};
}

}  // namespace

Result<Descriptor> listen_on_control_socket(const std::filesystem::path& data_dir) {
  const auto address = address_in(data_dir);
  if (!address) return no_socket(data_dir);
  Descriptor fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  // Before bind(): Linux gives the file the socket's own mode, less the umask (unix_bind). The
  // directory around it is 0700 in any case.
  if (fd.get() < 0 || fchmod(fd.get(), 0600) != 0) return no_socket(data_dir);
  remove_control_socket(data_dir);
  if (bind(fd.get(), of(*address), sizeof(sockaddr_un)) != 0 ||
      listen(fd.get(), kWaitingMax) != 0) {
    return no_socket(data_dir);
  }
  return fd;
}

void remove_control_socket(const std::filesystem::path& data_dir) {
  unlink((data_dir / kControlSocket).c_str());
}

Result<Descriptor> connect_to_control_socket(const std::filesystem::path& data_dir) {
  const auto address = address_in(data_dir);
  if (!address) return address.error();
  // Not blocking: with a full queue connect() would wait for as long as its owner likes.
  Descriptor fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd.get() < 0 || connect(fd.get(), of(*address), sizeof(sockaddr_un)) != 0) {
    return Error{Errc::not_found,
                 fmt::format("{}: nobody answers ({})", (data_dir / kControlSocket).string(),
                             std::strerror(errno))};
  }
  return fd;
}

bool peer_is_ours(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == geteuid());
}

// --- Wire ---

Result<void> Wire::wait(short events, Time until) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return broken("took too long");
    pollfd one{fd_, events, 0};
    const auto most = std::min<std::int64_t>(left.count(), 3'600'000);
    const int ready = poll(&one, 1, static_cast<int>(most));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return broken(std::strerror(errno));
  }
}

Result<std::size_t> Wire::receive(std::span<char> into, Time until) {
  for (;;) {
    if (const auto ready = wait(POLLIN, until); !ready) return ready.error();
    const ssize_t size = recv(fd_, into.data(), into.size(), 0);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR && errno != EAGAIN) return broken(std::strerror(errno));
  }
}

Result<void> Wire::send(std::string_view bytes, Time until) {
  while (!bytes.empty()) {
    if (const auto ready = wait(POLLOUT, until); !ready) return ready;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR && errno != EAGAIN) {
      return broken(std::strerror(errno));
    }
  }
  return {};
}

}  // namespace herald::cli
