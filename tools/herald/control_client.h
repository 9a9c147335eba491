// Asks the process that owns a data directory, through its control socket.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::cli {

class ControlClient {  // any thread; a connection for each question
 public:
  explicit ControlClient(std::filesystem::path data_dir) : data_dir_(std::move(data_dir)) {}

  // Errors: store_in_use, when nobody answers, or stops doing so: its owner has just come or gone;
  // what the owner says; unreachable, when that is not to be understood.
  Result<std::string> get(std::string_view target) const;
  Result<std::string> post(std::string_view target) const;
  // Frames (control_frames.h), as they come.
  using Visit = std::function<Result<void>(std::uint64_t number, std::string_view bytes)>;
  Result<void> get_frames(std::string_view target, const Visit& visit) const;

 private:
  using Piece = std::function<Result<void>(std::string_view)>;
  Result<std::string> ask(std::string_view method, std::string_view target,
                          const Piece& piece) const;
  Error gone() const;

  std::filesystem::path data_dir_;
};

}  // namespace herald::cli
