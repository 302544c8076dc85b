#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scanner/model/resource.h"

namespace plumbline {

/// One exception that a comment makes. The words are the same in every language; what they cover is each reader's to
/// say.
struct IgnoreComment {
    enum class Reach : std::uint8_t {
        own,        ///< `plumbline:ignore RULE[,RULE] [reason]`
        near,       ///< `trivy:ignore:ID[:exp:DATE]`, `tfsec:ignore:ID[:exp:DATE]`: what stands beside it
        resource,   ///< `checkov:skip=ID[,ID][:reason]` (also bridgecrew:skip, cortex:skip): the resource around it
        following,  ///< `kics-scan ignore-line`, `kics-scan ignore-block`: what follows
        file,       ///< `kics-scan ignore`, `kics-scan disable=ID[,ID]`
    };
    Reach reach = Reach::own;
    /// Rules, reason, end and kind; without places.
    Suppression made;
};

/// Those of a comment, given without its markers; most comments have none. Exceptions without any rule are left out.
std::vector<IgnoreComment> ignore_comments(std::string_view text);

}  // namespace plumbline
