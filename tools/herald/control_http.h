// The HTTP/1.1 of the control socket, without the socket: bytes in; a request, or an answer, out.
// One request a connection.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "herald/result.h"

namespace herald::cli {

inline constexpr std::size_t kControlHeaderBytesMax = 8 << 10;
inline constexpr std::size_t kControlBodyBytesMax = 64 << 10;  // of a request (I83)

struct ControlRequest {
  std::string method;
  std::string path;
  std::string query;  // what follows the ?
  std::string content_type;
  std::string body;
};

struct HttpRefusal {
  unsigned status;
  std::string why;
};

// The server's side. One thread.
class RequestReader {
 public:
  RequestReader();
  ~RequestReader();

  // Takes what came. True: the request is whole, or refused; nothing more is looked at.
  bool take(std::string_view bytes);
  const std::optional<ControlRequest>& request() const { return request_; }
  const std::optional<HttpRefusal>& refusal() const { return refusal_; }

 private:
  struct Parser;
  void finish();

  std::unique_ptr<Parser> parser_;
  std::string unread_;
  std::optional<ControlRequest> request_;
  std::optional<HttpRefusal> refusal_;
};

// The client's side. One thread.
class AnswerReader {
 public:
  // Gets what comes in chunks, piece by piece; what does not is body().
  using Piece = std::function<Result<void>(std::string_view)>;
  explicit AnswerReader(Piece piece);
  ~AnswerReader();

  // True: the answer is whole. Errors: unreachable, when it is no HTTP; the piece's.
  Result<bool> take(std::string_view bytes);
  unsigned status() const;
  const std::string& body() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string unread_;
};

std::string http_request(std::string_view method, std::string_view target, std::string_view json);

std::string http_answer(unsigned status, std::string_view json);
// An answer in chunks: this, then any number of chunks, then an empty one.
std::string http_stream_head();
std::string http_chunk_head(std::size_t bytes);  // before that many; then kHttpChunkTail
inline constexpr std::string_view kHttpChunkTail = "\r\n";
inline constexpr std::string_view kHttpStreamTail = "0\r\n\r\n";

}  // namespace herald::cli
