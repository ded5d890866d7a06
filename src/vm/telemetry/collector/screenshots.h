#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vm/cdp/cdp_port.h"
#include "vm/telemetry/collector/event_sink.h"

namespace wye::vm {

/// The category `screenshot`: a PNG of the visible page every few seconds. When a picture would not fit into
/// a record, Chromium takes a smaller one, and the next picture begins at that size. A page that does not
/// answer (an open dialog, an endless loop) is skipped until it has answered.
class Screenshots {
 public:
  static constexpr auto kEvery = std::chrono::seconds(5);
  static constexpr std::size_t kMaxBase64 = (1u << 20) - 4096;  ///< Leaves room for the rest of the record.
  static constexpr auto kAnswersWithin = std::chrono::seconds(2);   ///< Then the next page is asked.
  static constexpr auto kPaintsWithin = std::chrono::seconds(10);   ///< The same for a picture.
  static constexpr auto kAskAgainAfter = std::chrono::seconds(30);  ///< For a page that has not answered.
  static constexpr int kMaxTries = 4;
  static constexpr std::size_t kMaxPagesAsked = 8;

  Screenshots(EventSink& sink, Targets& targets) : sink_(sink), targets_(targets) {}
  /// Starts with the first picture now, or stops.
  void set_on(bool on);
  /// Tells that a page exists now; the first picture may have waited for one.
  void on_page();
  void on_due(CdpPort& port);
  /// Tells that the page asked last has not answered in time.
  void on_silence(CdpPort& port);
  void clear();

 private:
  struct Shot {
    std::vector<std::string> pages;  ///< Sessions left to ask, the likeliest last.
    std::string session;
    bool is_only_page = false;  ///< If so, there is nothing to choose.
    int tries = 0, asks = 0;
  };
  void choose(std::shared_ptr<Shot> shot, CdpPort& port);
  void measure(std::shared_ptr<Shot> shot, CdpPort& port);
  void capture(std::shared_ptr<Shot> shot, const std::string& params, CdpPort& port);
  void captured(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void end();
  [[nodiscard]] bool owes_answer(const std::string& session) const;
  using Step = void (Screenshots::*)(std::shared_ptr<Shot>, Result<boost::json::value>, CdpPort&);
  void ask(std::string_view method, const std::string& params, std::shared_ptr<Shot> shot, Step then,
           CdpPort& port, std::chrono::seconds within = kAnswersWithin);
  void on_world(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void on_visible(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);
  void on_measured(std::shared_ptr<Shot> shot, Result<boost::json::value> answer, CdpPort& port);

  EventSink& sink_;
  Targets& targets_;
  bool on_ = false, waits_for_page_ = false;
  std::shared_ptr<Shot> under_way_;  ///< The current picture; shared with the answer that it waits for.
  std::map<std::string, Deadlines::Time> asked_;  ///< Sessions that have not answered, and since when.
  double scale_ = 1;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace wye::vm
