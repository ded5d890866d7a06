#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "vm/cdp/command_events.h"
#include "wire/copy_packet.h"

namespace wye::vm {

/// The copies of what one client sends to DevTools, which the relay makes (vm-api §15): reads them while it
/// is open, and counts. A slow agent loses some: the kernel's queue holds 400 KiB at most. One io_context.
class CommandTap {
 public:
  CommandTap(boost::asio::io_context& io, CommandEvents& events, std::string connection);

  /// Returns the relay's end of a new socket; none where the kernel makes none, which counts as a loss.
  [[nodiscard]] UniqueFd open();
  [[nodiscard]] bool is_open() const { return socket_.has_value(); }
  /// Reads what is there, and no more.
  void close();
  /// The same at the connection's end; `lost` is the relay's count.
  void finish(std::int64_t lost);

  /// For `cdp_disconnect`.
  struct Counts {
    std::int64_t lost = 0, excluded = 0;
  };
  /// Nothing if it was never open.
  [[nodiscard]] std::optional<Counts> counts() const;

 private:
  enum class Read { packet, nothing_yet, end };
  void wait();
  Read read_one();
  void take_packet(std::string_view packet);
  void take_part(const wire::CopyPart& part);
  void take_message(std::string_view bytes, bool cut);
  void relay_lost(std::int64_t lost);

  boost::asio::io_context& io_;
  CommandEvents& events_;
  const std::string connection_;
  std::optional<boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>> socket_;
  std::shared_ptr<int> alive_;  // held weakly by the wait under way
  // The message under way.
  std::string begun_;
  bool has_begun_ = false, compressed_ = false;

  Counts counts_;
  std::int64_t relay_lost_ = 0;
  bool was_open_ = false;
};

}  // namespace wye::vm
