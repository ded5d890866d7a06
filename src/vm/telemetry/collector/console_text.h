#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace wye::vm {

inline constexpr std::size_t kMaxConsoleArguments = 64;
inline constexpr std::size_t kMaxStackFrames = 50;
inline constexpr int kMaxStackParents = 4;  ///< Records may be 32 levels deep.

/// Writes a console argument (DevTools' RemoteObject) as the console would show it: strings unchanged,
/// objects by DevTools' preview.
[[nodiscard]] std::string argument_text(const boost::json::object& remote);

/// Writes DevTools' stack as JSON, its parents included, both bounded; "" when there is none.
[[nodiscard]] std::string stack_text(const boost::json::object& stack, int parents = kMaxStackParents);

/// Writes an uncaught exception as a console shows it: "Uncaught Error: boom", without the stack.
[[nodiscard]] std::string exception_text(const boost::json::object& details);

}  // namespace wye::vm
