// The control socket: a Unix stream socket in the data directory, made by the process that owns it,
// for processes of the same user.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "engine/store/data_dir.h"
#include "herald/result.h"

namespace herald::cli {

inline constexpr std::string_view kControlSocket = "control";  // in the data directory

// Takes the place of a socket that a dead owner left: whoever holds the directory's lock may.
// Mode 0600 from the start. Errors: disk.
Result<store::Descriptor> listen_on_control_socket(const std::filesystem::path& data_dir);
// So that nobody comes any more.
void remove_control_socket(const std::filesystem::path& data_dir);

// Errors: not_found, when there is nobody behind it.
Result<store::Descriptor> connect_to_control_socket(const std::filesystem::path& data_dir);

// Whether the other end is of our own user, or root.
bool peer_is_ours(int fd);

// Bytes on a connected socket, each call with a time by which it must have ended.
class Wire {  // one thread
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Wire(int fd) : fd_(fd) {}

  // How many came; 0: the other end is done. Errors: unreachable: too late, or broken.
  Result<std::size_t> receive(std::span<char> into, Time until);
  // Errors: unreachable.
  Result<void> send(std::string_view bytes, Time until);

 private:
  Result<void> wait(short events, Time until) const;

  int fd_;
};

}  // namespace herald::cli
