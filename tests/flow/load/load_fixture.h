#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../live/serve_process.h"
#include "scenarios.h"
#include "testing/exposition_reader.h"

namespace wye::live {

/// The real `wye serve` under load. Clients are raw connections, so that there can be many, and none retries
/// by itself.
class LoadTest : public ::testing::Test {
 protected:
  struct Browser {
    std::string id;
    load::VmAddress vm;
  };

  void serve(ServeProcess::Options options = {});
  void TearDown() override;

  load::Reply api(const std::string& method, const std::string& path, const std::string& body = {},
                  const std::string& key = "same");
  /// Creates a live browser with telemetry on.
  Browser create();
  /// Reads a browser from the answer to a create.
  [[nodiscard]] static Browser browser_of(const load::Reply& reply);
  load::Reply direct(const Browser& browser, const std::string& method, const std::string& tail,
                     const std::string& body = {});
  void make_events(const Browser& browser, int count);

  /// Reads the metrics, and checks each time that they are valid.
  testing::ExpositionReader scrape();
  /// Reads the metrics until the series has at least (at most) the value; agents are asked once a second at
  /// most.
  void await_metric(const std::string& series, double at_least);
  void await_metric_below(const std::string& series, double at_most);
  [[nodiscard]] static std::string requests(const char* leg, const char* reason, const char* outcome);
  /// Checks that both planes report their health.
  void expect_healthy();
  [[nodiscard]] load::Server server() const;
  [[nodiscard]] std::uint16_t metro_port() const { return metro_port_; }

  load::Loop loop_;

 private:
  void await_value(const std::string& series, const std::function<bool(double)>& holds);

 protected:
  std::unique_ptr<ServeProcess> server_;
  std::uint16_t metro_port_ = 0;
};

}  // namespace wye::live
