#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/wakeup.h"
#include "vm/chromium/browser.h"
#include "vm/computer/computer_backend.h"

namespace wye::vm {

/// A JavaScript dialog that is open.
struct PageDialog {
  std::string type;    ///< alert, confirm, prompt or beforeunload
  std::string answer;  ///< Of a prompt.
  bool typed = false;  ///< The first character replaces the suggestion.
};

/// A page with a session of ours on it.
struct Page {
  struct Frame {
    std::string data;  ///< Base64.
    ScreenSize size;
  };
  struct Command {
    std::string method;
    boost::json::object params;
  };

  std::string id;
  std::string session;  ///< "" until it is attached.
  bool gone = false;    ///< Closed, or not to be attached to.
  bool silent = false;  ///< It does not answer. Not waited for until it does.
  std::optional<PageDialog> dialog;
  std::optional<ScreenSize> size;  ///< Until it changes.
  bool wants_frame = false;
  std::optional<Frame> frame;  ///< Of a screencast.
  std::vector<Command> owed;   ///< What was released while a dialog was open; sent when it closes.
  std::shared_ptr<void> listening;
};

/// The pages of the running Chromium, with their dialogs. Nothing is attached before the first call about
/// the computer; from then on every page is, since DevTools tells of a dialog only when it opens. One
/// io_context.
class Pages {
 public:
  Pages(boost::asio::io_context& io, Browser& browser) : io_(io), browser_(browser), changed_(io) {}

  /// Takes the DevTools of the Chromium that runs from now on; null: there is none.
  void attach(std::shared_ptr<CdpChannel> channel);

  /// Returns the page that was used last; `disconnected` (503) while the browser starts.
  net::Task<Result<std::shared_ptr<Page>>> active();
  /// Returns the page that was opened after this one, or before it; in a circle.
  [[nodiscard]] std::shared_ptr<Page> beside(const Page& page, bool after) const;

  /// Sends without waiting. The answer is noted.
  struct Reply {
    std::optional<Result<boost::json::value>> answer;
  };
  std::shared_ptr<Reply> send(const std::shared_ptr<Page>& page, std::string method,
                              boost::json::object params);
  /// Waits for the answer, but neither behind a dialog nor for a page that is gone or silent. Returns whether
  /// it has come.
  net::Task<bool> answered(std::shared_ptr<Page> page, std::shared_ptr<Reply> reply,
                           std::chrono::milliseconds within);

  [[nodiscard]] const std::shared_ptr<CdpChannel>& channel() const { return channel_; }
  /// Notified of every answer, dialog and frame.
  [[nodiscard]] net::Wakeup& changed() { return changed_; }

 private:
  net::Task<Result<std::shared_ptr<Page>>> find();
  net::Task<Result<void>> watch();
  void add(const std::string& id);
  void attached(const std::shared_ptr<Page>& page, const std::string& session);
  void on_page_event(Page& page, std::string_view method, const boost::json::object& params);
  void close_dialog(Page& page);
  void remove(std::shared_ptr<Page> page);
  [[nodiscard]] std::vector<std::shared_ptr<Page>> present() const;
  net::Task<Result<std::shared_ptr<Page>>> last_used(std::vector<std::shared_ptr<Page>> pages);

  boost::asio::io_context& io_;
  Browser& browser_;
  std::shared_ptr<CdpChannel> channel_;
  std::shared_ptr<void> watching_;
  std::vector<std::shared_ptr<Page>> pages_;  // the oldest first
  net::Wakeup changed_;
};

}  // namespace wye::vm
