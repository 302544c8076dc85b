#pragma once

#include <map>
#include <string>

#include "parsers/parser.h"
#include "scanner/document.h"

namespace plumbline {

/// What a file gives CloudFormation's parameters. Three forms are read, JSON or YAML:
/// - a list of {ParameterKey, ParameterValue} (`aws cloudformation create-stack --parameters file://`), or of
///   "NAME=VALUE" (`aws cloudformation deploy --parameter-overrides file://`);
/// - a mapping with `Parameters` (CodePipeline's template configuration; also rain's);
/// - a mapping of names to values.
/// Later files go before earlier ones. What the deployment fills in (`UsePreviousValue`, `Fn::GetArtifactAtt`) is a
/// parameter without a text. Other forms are reported as errors.
void read_parameter_file(const Document& document, std::map<std::string, Inputs::Parameter>& parameters,
                         Diagnostics& diagnostics);

}  // namespace plumbline
