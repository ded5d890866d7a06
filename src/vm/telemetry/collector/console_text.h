#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace wye::vm {

inline constexpr std::size_t kMaxConsoleArguments = 64;
inline constexpr std::size_t kMaxStackFrames = 50;
inline constexpr int kMaxStackParents = 4;  ///< Records may be 32 levels deep.

/// A console argument (DevTools' RemoteObject) as the console would show it: strings as they are, objects
/// with what DevTools previews of them.
[[nodiscard]] std::string argument_text(const boost::json::object& remote);

/// DevTools' stack as JSON text, its parents included, both bounded; "" when there is none.
[[nodiscard]] std::string stack_text(const boost::json::object& stack, int parents = kMaxStackParents);

/// What a console shows of an uncaught exception: "Uncaught Error: boom", without the stack.
[[nodiscard]] std::string exception_text(const boost::json::object& details);

}  // namespace wye::vm
