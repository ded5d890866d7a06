#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace wye::net {

/// Reads messages of permessage-deflate that were each compressed by itself (RFC 7692 §7.2.2), up to a limit.
class WsInflater {
 public:
  explicit WsInflater(std::size_t most);
  ~WsInflater();

  struct Inflated {
    std::string_view text;  ///< Valid until the next call.
    bool full = false;      ///< There may be more of it.
  };
  /// Of a payload that is cut or damaged, what could be read.
  [[nodiscard]] Inflated inflate(std::string_view payload);

 private:
  struct State;
  const std::size_t most_;
  std::unique_ptr<State> state_;  // made for the first message
};

}  // namespace wye::net
