#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wye::bench {

/// A server of this host, and what each request to it has besides its path.
struct Place {
  std::uint16_t port = 0;
  std::string prefix;   ///< Of each path.
  std::string headers;  ///< Lines with their ends.
};

/// Each of these opens a connection of its own, and throws `std::runtime_error` on any answer but the wanted.
/// Sends that many bytes; returns the seconds until the answer.
double upload(const Place& place, const std::string& path, std::uint64_t bytes);
/// Reads that many bytes; returns the seconds until the last one.
double download(const Place& place, const std::string& path, std::uint64_t bytes);
/// Sends JSON; returns the answer's body.
std::string call(const Place& place, const std::string& method, const std::string& path,
                 const std::string& json);
/// Reads an endless answer until `piece` returns false.
void follow(const Place& place, const std::string& path, const std::function<bool(std::string_view)>& piece);

}  // namespace wye::bench
