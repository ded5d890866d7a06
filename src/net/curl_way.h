#pragma once

#include <curl/curl.h>

#include <string>

#include "net/http_client.h"

namespace wye::net {

/// Sets the authorities that a handle trusts and the proxy that it takes to that URL. `options` must outlive
/// the handle's use.
void set_curl_way(CURL* easy, const HttpClient::Options& options, const std::string& url);

}  // namespace wye::net
