#pragma once

#include <set>

#include "vm/computer/browser_keys.h"
#include "vm/computer/cdp_clipboard.h"
#include "vm/computer/computer_backend.h"
#include "vm/computer/pages.h"
#include "vm/computer/pictures.h"

namespace wye::vm {

/// The computer of a session without a display: its screen is the view of the page that was used last, and
/// its events go there through DevTools. Keys answer a JavaScript dialog that is open; nothing else reaches
/// the page then. One io_context.
class CdpBackend final : public ComputerBackend {
 public:
  /// `browser` must outlive it.
  CdpBackend(boost::asio::io_context& io, Browser& browser, CdpClipboard::HiddenPage hidden_page);

  /// Takes the DevTools of the Chromium that runs from now on; null: there is none.
  void attach(std::shared_ptr<CdpChannel> channel);

  net::Task<Result<void>> begin() override;
  net::Task<Result<ScreenSize>> screen_size(bool as_it_is) override;
  [[nodiscard]] ScreenPoint mouse() const override { return mouse_; }
  net::Task<Result<void>> move_mouse(ScreenPoint to) override;
  net::Task<Result<void>> press_button(MouseButton button, bool down, int count) override;
  net::Task<Result<void>> turn_wheel(int right, int down) override;
  net::Task<Result<void>> press_key(Key key, bool down) override;
  net::Task<Result<void>> type(std::u32string characters) override;
  /// Nothing draws a mouse here.
  void show_mouse(bool) override {}
  net::Task<Result<std::string>> picture() override;
  net::Task<Result<std::string>> read_clipboard() override;
  net::Task<Result<void>> write_clipboard(std::string text) override;

 private:
  using Reply = std::shared_ptr<Pages::Reply>;
  net::Task<Result<void>> dispatch(std::string method, boost::json::object params);
  [[nodiscard]] boost::json::object mouse_event(std::string_view type) const;
  [[nodiscard]] boost::json::object key_event(const Key& key, bool down, int modifiers) const;
  net::Task<Result<void>> release_later(std::string method, boost::json::object params);
  net::Task<Result<void>> answer_dialog(Key key);
  net::Task<Result<void>> close_dialog(bool accept);
  net::Task<Result<void>> act_on_tabs(BrowserKey what);
  net::Task<Result<void>> act_on_page(BrowserDefault what);

  Pages pages_;
  Pictures pictures_;
  CdpClipboard clipboard_;
  std::shared_ptr<Page> page_;  ///< What the events go to.
  ScreenPoint mouse_;
  int buttons_ = 0;               ///< Those that are down, as bits of `MouseEvent.buttons`.
  int modifiers_ = 0;             ///< Those that are down.
  std::set<std::uint32_t> kept_;  ///< Keys whose press no page has seen, nor shall see their release.
};

}  // namespace wye::vm
