#include "cli/cdp/session_link.h"

#include <array>
#include <chrono>

#include "base/try.h"
#include "net/http_message.h"

namespace wye::cli {

namespace {

constexpr std::chrono::seconds kAnswerWithin{20};  // the session waits up to 15 s for its next Chromium
constexpr std::chrono::seconds kLookWithin{10};
constexpr std::size_t kMaxAnswer = 8u << 20;

const Error kNoUrl{ErrorKind::internal, "bad_answer", "the browser's cdp_ws_url is none"};

}  // namespace

SessionLink::SessionLink(Client client, const Browser& browser, net::HttpClient::Options options)
    : client_(std::move(client)),
      session_id_(browser.session_id),
      options_(std::move(options)),
      http_(options_),
      url_(parse(browser.cdp_ws_url)) {}

std::optional<SessionLink::Url> SessionLink::parse(const std::string& cdp_ws_url) {
  Url out{.tls = cdp_ws_url.starts_with("wss://")};
  if (!out.tls && !cdp_ws_url.starts_with("ws://")) return std::nullopt;
  const auto host = cdp_ws_url.find("://") + 3;
  const auto path = cdp_ws_url.find('/', host);
  const auto query = cdp_ws_url.find('?', host);
  if (path == std::string::npos || query == std::string::npos || query < path) return std::nullopt;
  out.host = cdp_ws_url.substr(host, path - host);
  out.path = cdp_ws_url.substr(path, query - path);
  out.token = net::query_value(std::string_view(cdp_ws_url).substr(query + 1), "jwt");
  if (out.host.empty() || out.token.empty()) return std::nullopt;
  return out;
}

std::string SessionLink::Url::target(const std::string& below, const std::string& query) const {
  auto out = path + below + "?jwt=" + token;
  if (query.empty()) return out;
  out += '&';
  // The query is one page's address, which DevTools decodes as a whole: a `jwt` in it is the page's, not one
  // for the gateway.
  for (const char c : query) c == '&' ? out.append("%26") : out.append(1, c);
  return out;
}

std::optional<SessionLink::Url> SessionLink::url() const {
  const std::lock_guard lock(mutex_);
  return url_;
}

Result<void> SessionLink::look() {
  const auto browser =
      client_.browsers().retrieve(session_id_, false, {.timeout = kLookWithin, .max_retries = 0});
  if (!browser) return browser.error();
  auto url = parse(browser->cdp_ws_url);
  if (!url) return kNoUrl;
  const std::lock_guard lock(mutex_);
  url_ = std::move(url);
  return {};
}

Result<SessionLink::Dialled> SessionLink::dial_at(const Url& url, const std::string& path) const {
  WYE_TRY(auto connection, net::curl_connect(url.origin() + "/", options_, kAnswerWithin));
  return Dialled{.connection = std::move(connection), .host = url.host, .target = url.target(path, "")};
}

Result<SessionLink::Dialled> SessionLink::dial(const std::string& path) {
  const auto before = url();
  if (!before) return kNoUrl;
  auto dialled = dial_at(*before, path);
  if (dialled) return dialled;
  WYE_CHECK(look());
  const auto now = url();
  return now && *now != *before ? dial_at(*now, path) : std::move(dialled);
}

Result<SessionLink::Answer> SessionLink::ask(const std::string& method, const std::string& path,
                                             const std::string& query) {
  const auto where = url();
  if (!where) return kNoUrl;
  const auto until = std::chrono::steady_clock::now() + kAnswerWithin;
  net::WireRequest request;
  request.method = method;
  request.url = where->origin() + where->target(path, query);
  request.deadline = until;
  request.body_deadline = until;
  WYE_TRY(auto answer, http_.send(request));
  Answer out{.status = answer->status, .body = {}, .token = where->token};
  for (std::array<char, 16 * 1024> piece;;) {
    WYE_TRY(const auto size, answer->read(piece));
    if (size == 0) return out;
    if (out.body.size() + size > kMaxAnswer)
      return Error{.kind = ErrorKind::invalid,
                   .code = "answer_too_large",
                   .message = "the answer is larger than 8 MiB"};
    out.body.append(piece.data(), size);
  }
}

}  // namespace wye::cli
