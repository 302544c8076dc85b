#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/resource.h"
#include "scanner/model/value.h"

namespace plumbline::cloudformation {

/// A logical resource, as written or made by a transform.
struct Definition {
    std::string id;
    /// `Type`, `Properties`, `Condition`, ...: not evaluated.
    Value body;
    Span header;
    Span block;
    /// The type it was made from (`AWS::Serverless::Function`); empty for what is written in the template.
    std::string sam_type;
    /// The author's resource that a transform made it for, where the logical id is another one; findings name it.
    std::string author;

    std::string_view type() const;
    const Value* properties() const;
};

/// Replaces resources of the Serverless transform by what it creates for them, under the logical ids that SAM's
/// specification documents ("Generated CloudFormation resources"). Ids that hold a hash of the package are given
/// without the hash. `Globals` is applied first. Values stay unevaluated, with their places.
/// `names`: the references SAM offers besides (`MyApi.Stage`) to the logical ids they stand for.
void expand_sam(std::vector<Definition>& definitions, const Value& globals,
                std::map<std::string, std::string, std::less<>>& names,
                const std::function<void(const Definition&, std::string)>& gap);

}  // namespace plumbline::cloudformation
