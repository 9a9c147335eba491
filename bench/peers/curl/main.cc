// libcurl's multi interface with a body that is ready: the least a libcurl client can do.
// Prints what bench/run wants of a client: {"requests", "accepted", "seconds"}.
//
//   curl_client --url URL --ca FILE --body FILE --requests N --tokens N --in-flight N
//
// The bearer token is in HERALD_BENCH_BEARER.
#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct Shape {
  std::string url;
  std::string ca;
  std::string body_file;
  long requests = 1000;
  long tokens = 1000;
  long in_flight = 128;
};

constexpr long kConnections = 4;

struct Request {
  CURL* handle = nullptr;
  std::string answer;
};

std::size_t keep(char* bytes, std::size_t, std::size_t size, void* answer) noexcept {
  static_cast<std::string*>(answer)->append(bytes, size);
  return size;
}

class Client {
 public:
  explicit Client(const Shape& shape) : shape_(shape), multi_(curl_multi_init()) {
    std::ifstream in(shape.body_file, std::ios::binary);
    body_.assign(std::istreambuf_iterator<char>(in), {});
    if (body_.empty()) throw std::runtime_error(shape.body_file + ": no body");
    const char* const bearer = std::getenv("HERALD_BENCH_BEARER");
    add_header(fmt::format("authorization: Bearer {}", bearer == nullptr ? "" : bearer));
    add_header("content-type: application/json");
    add_header("push-type: 0");
    add_header("expect:");
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, kConnections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS,
                      (shape.in_flight + kConnections - 1) / kConnections);
  }
  ~Client() {
    for (const auto& request : requests_) {
      curl_multi_remove_handle(multi_, request->handle);
      curl_easy_cleanup(request->handle);
    }
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  long run() {
    while (begun_ < std::min(shape_.in_flight, shape_.requests)) add();
    int running = 0;
    do {
      if (curl_multi_perform(multi_, &running) != CURLM_OK) throw std::runtime_error("perform");
      take_ended();
      curl_multi_poll(multi_, nullptr, 0, 100, nullptr);
    } while (ended_ < shape_.requests);
    return ended_ * shape_.tokens;
  }

 private:
  void add_header(const std::string& header) {
    headers_ = curl_slist_append(headers_, header.c_str());
  }

  void add() {
    requests_.push_back(std::make_unique<Request>());
    Request& request = *requests_.back();
    request.handle = curl_easy_init();
    const auto set = [&](CURLoption option, auto value) {
      if (curl_easy_setopt(request.handle, option, value) != CURLE_OK) {
        throw std::runtime_error(fmt::format("option {} is refused", static_cast<int>(option)));
      }
    };
    set(CURLOPT_URL, shape_.url.c_str());
    set(CURLOPT_CAINFO, shape_.ca.c_str());
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_TLS13_CIPHERS, "TLS_AES_128_GCM_SHA256");  // as all the other clients here
    set(CURLOPT_PIPEWAIT, requests_.size() > kConnections ? 1L : 0L);
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
    set(CURLOPT_POSTFIELDS, body_.c_str());
    set(CURLOPT_WRITEFUNCTION, keep);
    set(CURLOPT_WRITEDATA, &request.answer);
    set(CURLOPT_PRIVATE, &request);
    ++begun_;
    curl_multi_add_handle(multi_, request.handle);
  }

  void take_ended() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->data.result != CURLE_OK) {
        throw std::runtime_error(curl_easy_strerror(message->data.result));
      }
      CURL* const handle = message->easy_handle;
      Request* request = nullptr;
      long version = 0;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &request);
      curl_easy_getinfo(handle, CURLINFO_HTTP_VERSION, &version);
      if (version != CURL_HTTP_VERSION_2_0 ||
          request->answer.find("\"80000000\"") == std::string::npos) {
        throw std::runtime_error("a wrong answer: " + request->answer);
      }
      ++ended_;
      request->answer.clear();
      curl_multi_remove_handle(multi_, handle);
      if (begun_ < shape_.requests) {
        ++begun_;
        curl_multi_add_handle(multi_, handle);
      }
    }
  }

  const Shape& shape_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  std::string body_;
  std::vector<std::unique_ptr<Request>> requests_;
  long begun_ = 0;
  long ended_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sends one ready body again and again with libcurl."};
  Shape shape;
  app.add_option("--url", shape.url, "where requests go")->required();
  app.add_option("--ca", shape.ca, "certificates to trust, PEM")->required();
  app.add_option("--body", shape.body_file, "of a request")->required();
  app.add_option("--requests", shape.requests, "how many");
  app.add_option("--tokens", shape.tokens, "in the body");
  app.add_option("--in-flight", shape.in_flight, "requests at once");
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int status = 0;
  try {
    Client client(shape);
    const auto begun = std::chrono::steady_clock::now();
    const long accepted = client.run();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    fmt::print("{{\"requests\":{},\"accepted\":{},\"seconds\":{:.4f}}}\n", shape.requests, accepted,
               seconds.count());
  } catch (const std::exception& failed) {
    fmt::print(stderr, "curl_client: {}\n", failed.what());
    status = 1;
  }
  curl_global_cleanup();
  return status;
}
