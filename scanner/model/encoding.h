#pragma once

#include "scanner/model/value.h"

namespace plumbline {

/// A text that is base64 (RFC 4648) of readable UTF-8, decoded; anything else as it is. An unknown that encodes a text
/// of which parts are known (`Fn::Base64`, `base64encode`) becomes that text.
Value decoded(const Value& value);

}  // namespace plumbline
