// Who the peer must be before it gets one byte (I50), against a real server on loopback.
#include "engine/transport/tls_stream.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "engine/base/clock.h"
#include "engine/transport/io_loop.h"
#include "tests/transport/tls_server.h"

namespace herald::transport {
namespace {

using Alpn = TlsServerOptions::Alpn;
using Closes = TlsServerOptions::Closes;

class Tls : public testing::Test, public ByteStream::Handler {
 protected:
  // Connects and runs until the stream opened and echoed, or was closed.
  void connect(const TlsServer& server, const std::string& host, bool with_ca = true,
               bool http1_fallback = true) {
    EndpointConfig config;
    config.host = host;
    config.port = server.port();
    config.http1_fallback = http1_fallback;
    if (with_ca) config.ca_file = server.ca_file();
    auto factory = make_tls_factory(loop_, config);
    ASSERT_TRUE(factory.has_value()) << factory.error().what;
    stream_ = (*factory)->connect(*this);
    loop_.run_at(clock_.boot() + std::chrono::seconds{20}, [this] {
      ADD_FAILURE() << "neither opened nor closed";
      loop_.stop();
    });
    loop_.run();
    stream_.reset();
    loop_.post([this] { loop_.stop(); });
  }
  void expect_refused(TlsServer& server, const std::string& why) {
    server.finish();
    ASSERT_TRUE(closed_.has_value());
    EXPECT_FALSE(opened_);
    EXPECT_EQ(closed_->code, Errc::tls);
    EXPECT_NE(closed_->what.find(why), std::string::npos) << closed_->what;
    EXPECT_EQ(server.plain_bytes(), 0u) << "not one request byte";
  }

  void on_open(Protocol protocol) override {
    opened_ = protocol;
    EXPECT_FALSE(stream_->may_have_left(1));
    stream_->write(std::span{reinterpret_cast<const std::uint8_t*>(sent_.data()), sent_.size()});
    EXPECT_EQ(stream_->written(), sent_.size());
    EXPECT_FALSE(stream_->may_have_left(sent_.size())) << "gathered, not given to send()";
    stream_->flush();
    EXPECT_TRUE(stream_->may_have_left(sent_.size()));
    EXPECT_FALSE(stream_->may_have_left(sent_.size() + 1));
  }
  void on_data(std::span<const std::uint8_t> bytes) override {
    received_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (received_.size() < sent_.size() || waits_for_close_) return;
    stream_->close();
    loop_.stop();
  }
  void on_drained() override {}
  void on_closed(const Error& error, bool finished) override {
    closed_ = error;
    finished_ = finished;
    loop_.stop();
  }

  bool waits_for_close_ = false;
  const std::string sent_ = "not yet HTTP/2";
  base::SystemClock clock_;
  IoLoop loop_{clock_};
  std::unique_ptr<ByteStream> stream_;
  std::optional<Protocol> opened_;
  bool finished_ = false;
  std::string received_;
  std::optional<Error> closed_;
};

TEST_F(Tls, PeerThatIsWhoItMustBeOpensAndHearsUs) {
  TlsServer server{{}};
  connect(server, "127.0.0.1");
  EXPECT_EQ(opened_, Protocol::http2);
  EXPECT_FALSE(closed_) << closed_->what;
  EXPECT_EQ(received_, sent_);
  server.finish();
  EXPECT_EQ(server.plain_bytes(), sent_.size());
}

TEST_F(Tls, AnotherHostNameIsRefused) {
  TlsServer server{{.name = "push.example"}};
  connect(server, "127.0.0.1");
  expect_refused(server, "does not verify");
}

TEST_F(Tls, NameIsNoAddress) {
  TlsServer server{{.name = "localhost"}};
  connect(server, "127.0.0.1");
  expect_refused(server, "does not verify");
}

TEST_F(Tls, NameIsResolvedAndVerified) {
  std::ifstream hosts{"/etc/hosts"};
  const std::string known{std::istreambuf_iterator<char>{hosts}, {}};
  if (known.find("localhost") == std::string::npos) {
    GTEST_SKIP() << "/etc/hosts knows no localhost, and a test asks no name server";
  }
  TlsServer server{{.name = "localhost"}};
  connect(server, "localhost");
  EXPECT_TRUE(opened_);
  server.finish();
}

TEST_F(Tls, SelfSignedIsRefusedWithoutItsCaFile) {
  TlsServer server{{}};
  connect(server, "127.0.0.1", false);
  expect_refused(server, "ca_file");
}

class TlsWithoutH2 : public Tls, public testing::WithParamInterface<Alpn> {};

// RFC 7301: a server that chooses nothing speaks what it spoke before there was ALPN.
TEST_P(TlsWithoutH2, PeerSpeaksHttp1) {
  TlsServer server{{.alpn = GetParam()}};
  connect(server, "127.0.0.1");
  if (GetParam() == Alpn::strict) return expect_refused(server, "neither HTTP/2 nor HTTP/1.1");
  EXPECT_EQ(opened_, Protocol::http1);
  EXPECT_FALSE(closed_) << closed_->what;
  EXPECT_EQ(received_, sent_);
}

TEST_P(TlsWithoutH2, PeerIsRefusedWhereHttp1IsNotAllowed) {
  TlsServer server{{.alpn = GetParam()}};
  connect(server, "127.0.0.1", true, false);
  expect_refused(server, "ALPN h2");
  expect_refused(server, "endpoint.http1_fallback = true");
}

INSTANTIATE_TEST_SUITE_P(Alpn, TlsWithoutH2,
                         testing::Values(Alpn::http1, Alpn::none, Alpn::strict));

// HTTP/1.1 has answers that end with the connection: nobody may cut them short unnoticed.
class TlsClosed : public Tls, public testing::WithParamInterface<Closes> {};

TEST_P(TlsClosed, OnlyAPeerThatSaysSoHasFinished) {
  TlsServer server{{.alpn = Alpn::http1, .closes = GetParam()}};
  waits_for_close_ = true;
  connect(server, "127.0.0.1");
  EXPECT_EQ(received_, sent_);
  ASSERT_TRUE(closed_.has_value());
  EXPECT_EQ(closed_->code, Errc::unreachable);
  EXPECT_EQ(finished_, GetParam() == Closes::with_notify);
}

INSTANTIATE_TEST_SUITE_P(Closes, TlsClosed,
                         testing::Values(Closes::with_notify, Closes::without_notify));

TEST_F(Tls, VersionBeforeTls12IsRefused) {
  TlsServer server{{.version_max = TLS1_1_VERSION}};
  connect(server, "127.0.0.1");
  expect_refused(server, "TLS failed");
}

TEST_F(Tls, NobodyListeningIsUnreachable) {
  std::optional<TlsServer> server{TlsServerOptions{}};
  EndpointConfig config;
  config.host = "127.0.0.1";
  config.port = server->port();
  server.reset();
  auto factory = make_tls_factory(loop_, config);
  ASSERT_TRUE(factory.has_value());
  stream_ = (*factory)->connect(*this);
  loop_.run();
  ASSERT_TRUE(closed_);
  EXPECT_EQ(closed_->code, Errc::unreachable);
  stream_.reset();
}

TEST_F(Tls, CaFileThatIsNoneIsAConfigurationError) {
  EndpointConfig config;
  config.ca_file = "/nonexistent/ca.pem";
  const auto factory = make_tls_factory(loop_, config);
  ASSERT_FALSE(factory.has_value());
  EXPECT_EQ(factory.error().code, Errc::config);
}

}  // namespace
}  // namespace herald::transport
