#include <array>

#include "parsers/kubernetes/kubernetes_parser.h"
#include "parsers/parser.h"
#include "parsers/terraform/terraform_parser.h"

namespace plumbline {

std::span<const Parser* const> parsers() {
    static const std::array<const Parser*, 2> all = {&terraform_parser(), &kubernetes_parser()};
    return all;
}

}  // namespace plumbline
