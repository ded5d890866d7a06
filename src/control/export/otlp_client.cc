#include "control/export/otlp_client.h"

#include <sys/socket.h>
#include <zlib.h>

#include <algorithm>

#include "base/encoding.h"
#include "control/export/address_rule.h"
#include "net/curl_error.h"
#include "net/response_head.h"

namespace wye::control::otlp {
namespace {

constexpr long kTimeoutMs = 10'000;
constexpr std::size_t kMaxAnswer = 64 * 1024;  // more of it is not read
constexpr std::size_t kCompressFrom = 1024;
constexpr long kKeptConnectionLifeSeconds = 50;  // as net/curl_transfer.cc

// Returns "" when zlib cannot: then the body is sent as it is.
std::string gzip(const std::string& in) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(::deflateBound(&stream, in.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool whole = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return whole ? out : std::string();
}

}  // namespace

/// The state of one call, which libcurl's callbacks use.
struct OtlpClient::Exchange {
  bool private_allowed;
  std::stop_token stop;
  net::ResponseHead head;
  std::string body;
  bool refused_address = false;

  static curl_socket_t open(void* raw, curlsocktype, curl_sockaddr* address) {
    auto& self = *static_cast<Exchange*>(raw);
    if (may_export_to(address->addr, self.private_allowed))
      return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    self.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* raw) {
    return static_cast<Exchange*>(raw)->head.add_line({data, size}) ? size : 0;
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* raw) {
    auto& self = *static_cast<Exchange*>(raw);
    self.body.append(data, std::min(size, kMaxAnswer - self.body.size()));
    return self.body.size() < kMaxAnswer ? size : 0;
  }
  static int on_progress(void* raw, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Exchange*>(raw)->stop.stop_requested() ? 1 : 0;
  }
};

OtlpClient::OtlpClient(bool private_allowed, const Clock& clock)
    : easy_(::curl_easy_init(), ::curl_easy_cleanup), private_allowed_(private_allowed), clock_(clock) {}

Delivery OtlpClient::send(const Destination& destination, Signal signal, const std::string& body,
                          const std::stop_token& stop) {
  CURL* easy = easy_.get();
  const auto set = [easy](auto option, auto value) { ::curl_easy_setopt(easy, option, value); };
  const bool json = destination.protocol == Destination::Protocol::json;
  const auto url = destination.endpoint + (signal == Signal::logs ? "/v1/logs" : "/v1/traces");
  const auto packed = body.size() >= kCompressFrom ? gzip(body) : std::string();
  const auto& sent = packed.empty() ? body : packed;

  std::unique_ptr<curl_slist, void (*)(curl_slist*)> lines(nullptr, ::curl_slist_free_all);
  const auto add = [&lines](const std::string& line) {
    auto* longer = ::curl_slist_append(lines.get(), line.c_str());
    (void)lines.release();
    lines.reset(longer);
  };
  add(json ? "Content-Type: application/json" : "Content-Type: application/x-protobuf");
  if (!packed.empty()) add("Content-Encoding: gzip");
  add("Expect:");  // libcurl would wait a second for a 100 before a large body
  for (const auto& [name, value] : destination.headers)
    add(value.find_first_not_of(" \t") == std::string::npos ? name + ";"
                                                            : std::string(name).append(": ").append(value));

  Exchange exchange{.private_allowed = private_allowed_, .stop = stop};
  char detail[CURL_ERROR_SIZE] = {};
  ::curl_easy_reset(easy);  // keeps the connection
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, kTimeoutMs);
  set(CURLOPT_MAXAGE_CONN, kKeptConnectionLifeSeconds);
  set(CURLOPT_USERAGENT, "OTel-OTLP-Exporter-Wye/0.1.0");
  set(CURLOPT_HTTPHEADER, lines.get());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(sent.size()));
  set(CURLOPT_POSTFIELDS, sent.data());
  set(CURLOPT_ERRORBUFFER, detail);
  set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open);
  set(CURLOPT_OPENSOCKETDATA, &exchange);
  set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
  set(CURLOPT_WRITEDATA, &exchange);
  set(CURLOPT_XFERINFOFUNCTION, &Exchange::on_progress);
  set(CURLOPT_XFERINFODATA, &exchange);
  set(CURLOPT_NOPROGRESS, 0L);
  const auto code = ::curl_easy_perform(easy);
  // The connection's end must touch nothing of this call.
  ::curl_easy_reset(easy);

  const bool answered = exchange.head.complete();
  if (!answered) {
    Delivery failed{.outcome = Delivery::Outcome::again};
    failed.reason = exchange.refused_address
                        ? "the address is not allowed (wye serve --allow-private-export)"
                        : net::error_of(code == CURLE_OK ? CURLE_GOT_NOTHING : code, detail, false).message;
    return failed;
  }
  Delivery out{.outcome = outcome_of_status(exchange.head.status)};
  const auto& fields = exchange.head.fields;
  if (out.outcome != Delivery::Outcome::accepted) {
    out.reason = "the destination answered " + std::to_string(exchange.head.status);
    out.asked_pause = asked_pause(header(fields, "Retry-After"), clock_.unix_micros());
    return out;
  }
  const bool says_json = header(fields, "Content-Type").find("json") != std::string_view::npos;
  out.rejected = says_json ? rejected_in_json(exchange.body) : rejected_in_protobuf(exchange.body);
  return out;
}

}  // namespace wye::control::otlp
