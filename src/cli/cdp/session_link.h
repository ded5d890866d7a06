#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "net/curl_stream.h"
#include "net/http_client.h"
#include "wye/client.h"

namespace wye::cli {

/// Connects to one session's DevTools, as its record is now. Its URL holds the session's token, which leaves
/// this class only on the wire. Calls block. Thread-safe.
class SessionLink {
 public:
  SessionLink(Client client, const Browser& browser, net::HttpClient::Options options);

  [[nodiscard]] const std::string& session_id() const { return session_id_; }

  /// Reads the record again, since the session's URL may change when its server is restarted. `not_found`
  /// when the session has ended; other errors mean that this is not known.
  Result<void> look();

  /// A connection, and what a request on it needs.
  struct Dialled {
    net::CurlHandle connection;
    std::string host, target;
  };
  /// Connects for a WebSocket at that path; "" is the browser's.
  Result<Dialled> dial(const std::string& path);

  struct Answer {
    int status = 0;
    std::string body;
    std::string token;  ///< The token, which nothing that is shown may contain.
  };
  /// Any status is an answer. Bodies may have up to 8 MiB.
  Result<Answer> ask(const std::string& method, const std::string& path, const std::string& query);

 private:
  struct Url {
    bool tls = false;
    std::string host, path, token;
    [[nodiscard]] std::string origin() const { return (tls ? "https://" : "http://") + host; }
    [[nodiscard]] std::string target(const std::string& below, const std::string& query) const;
    bool operator==(const Url&) const = default;
  };
  [[nodiscard]] static std::optional<Url> parse(const std::string& cdp_ws_url);
  [[nodiscard]] std::optional<Url> url() const;
  Result<Dialled> dial_at(const Url& url, const std::string& path) const;

  const Client client_;
  const std::string session_id_;
  const net::HttpClient::Options options_;
  net::HttpClient http_;
  mutable std::mutex mutex_;
  std::optional<Url> url_;
};

}  // namespace wye::cli
