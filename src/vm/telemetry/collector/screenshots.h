#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `screenshot`: a PNG of the visible page every few seconds. One that would not fit into a
/// record is taken again smaller, by Chromium itself; the next one begins at that size.
class Screenshots {
 public:
  static constexpr auto kEvery = std::chrono::seconds(5);
  static constexpr std::size_t kMaxBase64 = (1u << 20) - 4096;  ///< Leaves place for the rest of the record.
  static constexpr auto kGiveUpAfter = std::chrono::seconds(30);  ///< On a page that does not paint.
  static constexpr int kMaxTries = 4;
  static constexpr std::size_t kMaxPagesAsked = 8;

  Screenshots(EventSink& sink, Targets& targets) : sink_(sink), targets_(targets) {}
  /// Begins with the first picture now, or ends.
  void set_on(bool on);
  /// There is a page now; the first picture may have been waiting for one.
  void on_page();
  void on_due(CdpPort& port);
  void clear();

 private:
  struct Shot {
    std::vector<std::string> pages;  ///< Sessions left to ask, the likeliest last.
    std::string session;
    int tries = 0;
  };
  void choose(std::shared_ptr<Shot> shot, CdpPort& port);
  void ask_visible(std::shared_ptr<Shot> shot, const std::string& frame, CdpPort& port);
  void measure(std::shared_ptr<Shot> shot, CdpPort& port);
  void capture(std::shared_ptr<Shot> shot, const std::string& params, CdpPort& port);
  void captured(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void end();
  CdpPort::Done then(void (Screenshots::*call)(std::shared_ptr<Shot>, Result<boost::json::value>, CdpPort&),
                     std::shared_ptr<Shot> shot, CdpPort& port);
  void on_world(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void on_visible(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void on_measured(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);

  EventSink& sink_;
  Targets& targets_;
  bool on_ = false, waits_for_page_ = false;
  std::optional<Deadlines::Time> began_;  ///< The picture that is under way.
  double scale_ = 1;
  std::shared_ptr<int> generation_ = std::make_shared<int>();
};

}  // namespace wye::vm
