#pragma once

#include "vm/computer/pages.h"
#include "vm/computer/turns.h"

namespace wye::vm {

/// What a page shows, as DevTools gives it. A page that answers is asked for a new picture. One that cannot
/// answer (a dialog is open, a script does not end) is shown as it was drawn last, by one frame of a
/// screencast, which needs nothing of the page. One io_context.
class Pictures {
 public:
  Pictures(boost::asio::io_context& io, Pages& pages);

  /// Returns a PNG with one pixel for each unit of the mouse's coordinates.
  net::Task<Result<std::string>> take(std::shared_ptr<Page> page);
  /// Returns the size of the page's view.
  net::Task<Result<ScreenSize>> measure(std::shared_ptr<Page> page);

 private:
  net::Task<std::optional<std::string>> capture(std::shared_ptr<Page> page);
  net::Task<Result<Page::Frame>> frame(std::shared_ptr<Page> page, bool whole);

  Pages& pages_;
  Turns turns_;
};

}  // namespace wye::vm
