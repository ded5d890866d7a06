#include "base/metrics.h"

#include <array>
#include <charconv>
#include <cmath>

namespace wye {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out += c;
  }
}

}  // namespace

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(type == Type::counter ? " counter\n" : " gauge\n");
}

void Exposition::begin_sample(std::initializer_list<Label> labels) {
  text_ += name_;
  char before = '{';
  for (const auto& [label, value] : labels) {
    text_ += std::exchange(before, ',');
    text_.append(label).append("=\"");
    append_escaped(text_, value, true);
    text_ += '"';
  }
  text_.append(labels.size() > 0 ? "} " : " ");
}

void Exposition::sample(std::initializer_list<Label> labels, std::uint64_t value) {
  begin_sample(labels);
  text_.append(std::to_string(value)).append("\n");
}

void Exposition::sample(std::initializer_list<Label> labels, double value) {
  begin_sample(labels);
  if (std::isnan(value)) {
    text_ += "NaN\n";
  } else if (std::isinf(value)) {
    text_ += value > 0 ? "+Inf\n" : "-Inf\n";
  } else {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text_.append(digits.data(), static_cast<std::size_t>(end - digits.data())).append("\n");
  }
}

void Exposition::single(std::string_view name, Type type, std::string_view help, std::uint64_t value) {
  family(name, type, help);
  sample({}, value);
}

void Exposition::single(std::string_view name, Type type, std::string_view help, double value) {
  family(name, type, help);
  sample({}, value);
}

}  // namespace wye
