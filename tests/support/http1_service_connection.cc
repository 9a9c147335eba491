#include "tests/support/http1_service_connection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace herald::test {

struct Http1ServiceConnection::Request {
  Arrival arrival;
  Plan plan;
  bool probe = false;
  bool head_read = false;
  std::size_t body_bytes = 0;
  Reply reply;
};

Http1ServiceConnection::Http1ServiceConnection(ServiceModel& service, VirtualExecutor& executor,
                                               Wire& wire)
    : service_(service), executor_(executor), wire_(wire) {}

Http1ServiceConnection::~Http1ServiceConnection() { end_request(); }

void Http1ServiceConnection::on_bytes(std::span<const std::uint8_t> bytes) {
  if (gone_) return;
  input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (processed_) {
    ADD_FAILURE() << "a request was sent ahead: " << input_.substr(0, 100);
    return cut();
  }
  if (!request_) {
    request_ = std::make_unique<Request>();
    request_->probe = input_[0] == 'G';
    if (!request_->probe) request_->arrival = service_.arrive();
    request_->plan =
        request_->probe ? service_.on_probe : service_.plan_for(request_->arrival.index);
  }
  if (!request_->head_read && !read_head()) return;
  if (gone_ || !request_) return;
  if (request_->probe) return body_done();
  if (input_.empty()) return;
  if (request_->plan.wire == Plan::Wire::cut_in_body) return cut();
  EXPECT_LE(input_.size(), request_->body_bytes);
  if (input_.size() == request_->body_bytes) body_done();
}

bool Http1ServiceConnection::read_head() {
  const std::size_t end = input_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::string_view head = std::string_view{input_}.substr(0, end + 2);
  std::string_view line = head.substr(0, head.find("\r\n"));
  const std::string_view method = request_->probe ? "GET " : "POST ";
  EXPECT_TRUE(line.starts_with(method) && line.ends_with(" HTTP/1.1")) << line;
  Arrival& arrival = request_->arrival;
  arrival.path = line.substr(method.size(), line.size() - method.size() - 9);
  while (head.remove_prefix(line.size() + 2), !head.empty()) {
    line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(": ");
    const std::string_view name = line.substr(0, colon);
    const std::string value{line.substr(colon + 2)};
    if (name == "Authorization") arrival.authorization = value;
    if (name == "push-type") arrival.push_type = value;
    if (name == "Content-Length") {
      request_->body_bytes = std::strtoull(value.c_str(), nullptr, 10);
    }
  }
  input_.erase(0, end + 4);
  request_->head_read = true;
  head_done();
  return true;
}

void Http1ServiceConnection::head_done() {
  switch (request_->plan.wire) {
    case Plan::Wire::refuse_stream:
    case Plan::Wire::goaway_below:
      return cut();
    case Plan::Wire::goaway_at:
      close_after_ = true;
      break;
    case Plan::Wire::answer_early:
      gone_ = input_.size() < request_->body_bytes;  // the rest is not waited for
      input_.clear();
      request_->reply = request_->plan.reply({});
      respond();
      if (gone_) wire_.finish();
      break;
    default:
      break;
  }
}

void Http1ServiceConnection::body_done() {
  processed_ = true;
  if (request_->probe) {
    request_->reply =
        service_.answer_probe(request_->arrival.path, !request_->arrival.authorization.empty());
  } else {
    request_->arrival.read(input_);
    input_.clear();
    if (request_->plan.queued > Duration{}) return queue();
    request_->reply = service_.process(request_->arrival, request_->plan);
  }
  processed();
}

// A connection that lives has this request until its answer.
void Http1ServiceConnection::queue() {
  executor_.run_at(executor_.boot() + request_->plan.queued,
                   [this, &service = service_, arrival = request_->arrival, plan = request_->plan,
                    alive = wire_.weak_from_this()] {
                     Reply reply = service.process(arrival, plan);
                     if (alive.expired() || gone_) return;
                     request_->reply = std::move(reply);
                     processed();
                   });
}

void Http1ServiceConnection::processed() {
  switch (request_->plan.wire) {
    case Plan::Wire::reset:
    case Plan::Wire::cut:
      return cut();
    case Plan::Wire::silent:
      return;
    default:
      break;
  }
  executor_.run_at(executor_.boot() + service_.settings.thinks + request_->plan.delay,
                   [this, alive = wire_.weak_from_this()] {
                     if (!alive.expired() && !gone_) respond();
                   });
}

void Http1ServiceConnection::respond() {
  using Form = Plan::Form;
  const Plan plan = request_->plan;
  const std::string& body = request_->reply.body;
  std::string text = fmt::format("HTTP/1.1 {} As Told\r\nContent-Type: application/json\r\n",
                                 request_->reply.status);
  if (service_.sends_dates) text += "Date: " + service_.date() + "\r\n";
  for (std::size_t i = 0; i < plan.more_headers; ++i) {
    text += fmt::format("x-{}: {}\r\n", i, std::string(plan.header_bytes, 'v'));
  }
  if (close_after_) text += "Connection: close\r\n";
  switch (plan.form) {
    case Form::length:
      text += fmt::format("Content-Length: {}\r\n\r\n{}", body.size(), body);
      break;
    case Form::chunked:
      text += "Transfer-Encoding: chunked\r\n\r\n";
      if (!body.empty()) text += fmt::format("{:x}\r\n{}\r\n", body.size(), body);
      text += "0\r\n\r\n";
      break;
    case Form::until_close:
      text += "\r\n" + body;
      break;
    case Form::cut_short:
      text += "\r\n" + body.substr(0, body.size() / 2);
      break;
  }
  wire_.peer_send({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  end_request();
  if (plan.form == Form::cut_short) return cut();
  if (plan.form != Form::until_close && !close_after_) return;
  gone_ = true;
  wire_.finish();
}

void Http1ServiceConnection::end_request() {
  if (request_ && !request_->probe) --service_.open_;
  request_.reset();
  processed_ = false;
}

void Http1ServiceConnection::cut() {
  gone_ = true;
  wire_.cut();
}

}  // namespace herald::test
