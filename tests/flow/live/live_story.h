#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "serve_process.h"
#include "wire_tap.h"
#include "wye/client.h"

namespace wye::live {

/// An answer in the form that tests need.
struct Reply {
  int status = 0;
  std::string body;
  Via via = Via::none;
  bool fell_back = false;
  std::optional<Error> error;
  [[nodiscard]] boost::json::value json() const { return boost::json::parse(body); }
  [[nodiscard]] std::string code() const;
  [[nodiscard]] std::string header(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// The whole platform live: `wye serve` with real Chromium, and a client with one tap before the control
/// plane and one before the metro.
class LiveStory : public ::testing::Test {
 protected:
  LiveStory() : LiveStory(ServeProcess::Options{}) {}
  explicit LiveStory(ServeProcess::Options options);
  /// Ends the test's browsers, since browsers outlive their server.
  void TearDown() override;

  /// Creates a browser with telemetry on; its route is in the client's cache.
  std::string create_browser();
  Reply call(const std::string& method, const std::string& path, const std::string& body = {});
  /// Makes `count` events of the category `control`.
  void make_events(const std::string& id, int count);
  /// Reads one page from the offset and appends its seqs to `seen`; returns the next offset, or 0 at the end.
  std::int64_t read_page(const std::string& id, std::int64_t offset, std::vector<std::int64_t>& seen,
                         Reply* reply);

  WireTap to_control_;
  WireTap to_metro_;
  std::unique_ptr<ServeProcess> server_;
  std::unique_ptr<Client> client_;
};

}  // namespace wye::live
