#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/value.h"

namespace plumbline::cloudformation {

/// One end of an `AWS::Serverless::Connector`. Values are unevaluated; null where they are not given and not known.
struct ConnectorEnd {
    std::string type;  ///< the CloudFormation type: `AWS::Lambda::Function`
    Value arn, name, role, resource_id, qualifier, queue_url;
};

/// A resource that SAM makes for a connector.
struct ConnectorGrant {
    std::string suffix;  ///< of its logical id, after the connector's
    const char* type;
    Value properties;
};

/// What lets `source` reach `destination`; empty when SAM has no connection between the two types.
/// Source of the table: the connector profiles of SAM ("Supported source and destination resource types").
std::vector<ConnectorGrant> connector_grants(const ConnectorEnd& source, const ConnectorEnd& destination, bool read,
                                             bool write);

/// The CloudFormation type that a type of SAM stands for; other types stay.
std::string_view plain_type(std::string_view type);

}  // namespace plumbline::cloudformation
