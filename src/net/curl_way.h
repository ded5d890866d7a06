#pragma once

#include <curl/curl.h>

#include <string>

#include "net/http_client.h"

namespace wye::net {

/// Sets whom a handle trusts and which proxy it takes to that URL. `options` must outlive the handle's use.
void set_curl_way(CURL* easy, const HttpClient::Options& options, const std::string& url);

}  // namespace wye::net
