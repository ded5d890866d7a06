#include "http_cases.h"

namespace wye::hostile {
namespace {

std::string smuggled() { return std::string("GET ") + kSmuggled + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

// Makes a POST with these fields, and after its head a body that some servers would end early.
std::string post(const Target& to, const std::string& fields, const std::string& body) {
  return "POST " + to.path + " HTTP/1.1\r\n" + to.fields + fields + "\r\n" + body;
}

Case refused(const Target& to, std::string name, const std::string& fields, int status = 400) {
  return {.name = std::move(name), .bytes = post(to, fields, "0\r\n\r\n" + smuggled()), .status = status};
}

// Makes a request with a good head and bad chunks.
Case bad_chunks(const Target& to, std::string name, const std::string& body) {
  return {.name = std::move(name),
          .bytes = post(to, "Transfer-Encoding: chunked\r\n", body + smuggled()),
          .outcome = Outcome::cut};
}

Case served(const Target& to, std::string name, const std::string& fields, const std::string& body) {
  return {.name = std::move(name), .bytes = post(to, fields, body), .outcome = Outcome::served};
}

void add_lengths(const Target& to, std::vector<Case>& out) {
  const std::string a = "Content-Length: 5\r\n", chunked = "Transfer-Encoding: chunked\r\n";
  out.push_back(refused(to, "two_equal_lengths", a + a));
  out.push_back(refused(to, "two_lengths", a + "Content-Length: 0\r\n"));
  out.push_back(refused(to, "a_list_of_lengths", "Content-Length: 5, 5\r\n"));
  out.push_back(refused(to, "length_and_coding", a + chunked));
  out.push_back(refused(to, "coding_and_length", chunked + a));
  const std::pair<const char*, const char*> odd[] = {{"plus", "+5"},
                                                     {"minus", "-5"},
                                                     {"hexadecimal", "0x5"},
                                                     {"exponent", "5e0"},
                                                     {"fraction", "5.0"},
                                                     {"empty", ""},
                                                     {"words", "five"},
                                                     {"inner_space", "5 5"},
                                                     {"overflow", "18446744073709551621"},
                                                     {"19_digits", "1000000000000000000"},
                                                     {"underscore", "5_0"},
                                                     {"quoted", "\"5\""},
                                                     {"semicolon", "5;a=b"}};
  for (const auto& [name, value] : odd)
    out.push_back(
        refused(to, std::string("length_") + name, std::string("Content-Length: ") + value + "\r\n"));
  out.push_back(served(to, "a_length_among_spaces", "Content-Length: \t 5 \t\r\n", "hello"));
  out.push_back(served(to, "a_length_with_zeros", "Content-Length: 0005\r\n", "hello"));
  // A framing field that `Connection` names still frames the body: otherwise the rest would be read as a
  // request.
  out.push_back(
      served(to, "a_length_that_connection_names",
             "Connection: content-length\r\nContent-Length: " + std::to_string(smuggled().size()) + "\r\n",
             smuggled()));
  out.push_back(served(to, "a_request_in_a_body",
                       "Content-Length: " + std::to_string(smuggled().size()) + "\r\n", smuggled()));
}

void add_codings(const Target& to, std::vector<Case>& out) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  out.push_back(refused(to, "two_codings", chunked + chunked));
  out.push_back(refused(to, "two_different_codings", "Transfer-Encoding: identity\r\n" + chunked));
  const std::pair<const char*, const char*> unknown[] = {{"gzip", "gzip, chunked"},
                                                         {"chunked_twice", "chunked, chunked"},
                                                         {"last_is_identity", "chunked, identity"},
                                                         {"identity", "identity"},
                                                         {"x", "xchunked"},
                                                         {"cut", "chunke"},
                                                         {"quoted", "\"chunked\""},
                                                         {"parameter", "chunked;q=1"},
                                                         {"comma", ",chunked"},
                                                         {"empty", ""}};
  for (const auto& [name, value] : unknown)
    out.push_back(
        refused(to, std::string("coding_") + name, std::string("Transfer-Encoding: ") + value + "\r\n", 501));
  out.push_back(refused(to, "coding_behind_a_vertical_tab", "Transfer-Encoding: \vchunked\r\n"));
  out.push_back(
      refused(to, "coding_behind_a_nul", "Transfer-Encoding: " + std::string(1, '\0') + "chunked\r\n"));
  out.push_back(refused(to, "space_before_the_colon_of_a_coding", "Transfer-Encoding : chunked\r\n"));
  out.push_back(refused(to, "tab_before_the_colon_of_a_length", "Content-Length\t: 5\r\n"));
  out.push_back(refused(to, "a_folded_coding", "Transfer-Encoding:\r\n chunked\r\n"));
  out.push_back(refused(to, "a_coding_behind_a_bare_lf", "X-A: b\nTransfer-Encoding: chunked\r\n"));
  out.push_back(refused(to, "a_coding_behind_a_bare_cr", "X-A: b\rTransfer-Encoding: chunked\r\n"));
  out.push_back(
      {.name = "a_coding_in_http_1_0",
       .bytes = "POST " + to.path + " HTTP/1.0\r\n" + to.fields + chunked + "\r\n0\r\n\r\n" + smuggled()});
  // This is no framing for any server here: the field has another name.
  out.push_back(served(to, "an_underscore_is_no_dash", "Transfer_Encoding: chunked\r\nContent-Length: 5\r\n",
                       "0\r\n\r\n"));
  out.push_back(
      served(to, "a_coding_in_capitals", "TRANSFER-ENCODING: CHUNKED\r\n", "5\r\nhello\r\n0\r\n\r\n"));
}

void add_chunks(const Target& to, std::vector<Case>& out) {
  const std::string nul(1, '\0');
  const std::pair<const char*, std::string> bad[] = {
      {"size_overflows", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"size_of_16_digits", "0000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"size_signed", "+5\r\nhello\r\n0\r\n\r\n"},
      {"size_negative", "-5\r\nhello\r\n0\r\n\r\n"},
      {"size_prefixed", "0x5\r\nhello\r\n0\r\n\r\n"},
      {"size_empty", "\r\nhello\r\n0\r\n\r\n"},
      {"size_with_space_before", " 5\r\nhello\r\n0\r\n\r\n"},
      {"size_with_space_behind", "5 \r\nhello\r\n0\r\n\r\n"},
      {"size_ends_in_lf", "5\nhello\r\n0\r\n\r\n"},
      {"size_ends_in_cr", "5\rhello\r\n0\r\n\r\n"},
      {"extension_with_lf", "5;a=\nb\r\nhello\r\n0\r\n\r\n"},
      {"extension_with_nul", "5;a=" + nul + "\r\nhello\r\n0\r\n\r\n"},
      {"extension_without_end", "5;" + std::string(100'000, 'a') + "\r\nhello\r\n0\r\n\r\n"},
      {"data_longer_than_said", "5\r\nhelloX\r\n0\r\n\r\n"},
      {"data_shorter_than_said", "6\r\nhello\r\n0\r\n\r\n"},
      {"data_ends_in_lf", "5\r\nhello\n0\r\n\r\n"},
      {"last_chunk_ends_in_lf", "5\r\nhello\r\n0\n\n"},
      {"trailers_without_end", "5\r\nhello\r\n0\r\n" + std::string(100'000, 'a') + "\r\n\r\n"},
      {"trailer_with_nul", "0\r\nX-A: " + nul + "\r\n\r\n"},
      {"trailer_with_lf", "0\r\nX-A: b\nX-B: c\r\n\r\n"}};
  for (const auto& [name, body] : bad) out.push_back(bad_chunks(to, std::string("chunk_") + name, body));
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  out.push_back(served(to, "chunk_extensions", chunked, "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n"));
  out.push_back(served(to, "chunk_trailers", chunked, "5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"));
  out.push_back({.name = "a_chunked_body_without_its_end",
                 .bytes = post(to, chunked, "5\r\nhello\r\n"),
                 .outcome = Outcome::cut,
                 .ending = Ending::half_close});
  out.push_back({.name = "a_body_that_is_cut",
                 .bytes = post(to, "Content-Length: 100\r\n", "hello"),
                 .outcome = Outcome::cut,
                 .ending = Ending::half_close});
  out.push_back({.name = "a_body_that_is_reset",
                 .bytes = post(to, "Content-Length: 100\r\n", "hello"),
                 .outcome = Outcome::cut,
                 .ending = Ending::reset});
}

}  // namespace

std::vector<Case> framing_cases(const Target& to) {
  std::vector<Case> out;
  add_lengths(to, out);
  add_codings(to, out);
  add_chunks(to, out);
  return out;
}

}  // namespace wye::hostile
