#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace wye::control::otlp {

/// Writes the part of the protobuf wire format that OTLP needs. Writes fields whatever their value: the
/// caller leaves out what must be left out.
class ProtobufWriter {
 public:
  void varint_field(std::uint32_t number, std::uint64_t value) {
    tag(number, 0);
    varint(value);
  }
  void fixed64_field(std::uint32_t number, std::uint64_t value) {
    tag(number, 1);
    for (int byte = 0; byte < 8; ++byte) out_.push_back(static_cast<char>(value >> (8 * byte)));
  }
  void double_field(std::uint32_t number, double value) {
    fixed64_field(number, std::bit_cast<std::uint64_t>(value));
  }
  /// Strings, bytes and messages.
  void bytes_field(std::uint32_t number, std::string_view bytes) {
    tag(number, 2);
    varint(bytes.size());
    out_.append(bytes);
  }
  void message_field(std::uint32_t number, const ProtobufWriter& message) {
    bytes_field(number, message.out_);
  }

  [[nodiscard]] const std::string& bytes() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void tag(std::uint32_t number, std::uint32_t wire_type) { varint(number << 3 | wire_type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  std::string out_;
};

}  // namespace wye::control::otlp
