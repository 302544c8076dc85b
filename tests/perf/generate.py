#!/usr/bin/env python3
"""Writes a Terraform program, a file of Kubernetes documents or a CloudFormation template of a given size, for
measuring how evaluation grows.

    generate.py FOLDER [--resources 20000] [--calls 200]
    generate.py FOLDER --documents 100000
    generate.py FOLDER --template 10000 [--bytes 1000000]

The root calls teams, a team calls ten services, a service has what is left: buckets with what belongs to them, some
written out, some counted, some by for_each, linked through arguments, locals and outputs. The same arguments give the
same bytes.
"""
import argparse, json, os

SERVICES_PER_TEAM = 10

VARIABLES = '''variable "name" {
  type = string
}
variable "settings" {
  type = object({
    retention = optional(number, 30)
    tags      = optional(map(string), {})
  })
  default = {}
}
variable "key_arn" {
  type = string
}
locals {
  tags = merge({ service = var.name }, var.settings.tags)
  name = lower(replace(var.name, "_", "-"))
}
'''

BUCKET = '''resource "aws_s3_bucket" "b%(n)d" {
  bucket = "${local.name}-%(n)d"
  tags   = merge(local.tags, { part = "%(n)d" })
}
resource "aws_s3_bucket_public_access_block" "b%(n)d" {
  bucket                  = aws_s3_bucket.b%(n)d.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}
resource "aws_s3_bucket_server_side_encryption_configuration" "b%(n)d" {
  bucket = aws_s3_bucket.b%(n)d.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}
resource "aws_s3_bucket_versioning" "b%(n)d" {
  bucket = aws_s3_bucket.b%(n)d.id
  versioning_configuration {
    status = var.settings.retention > 7 ? "Enabled" : "Suspended"
  }
}
'''

COUNTED = '''resource "aws_sqs_queue" "jobs" {
  count                     = %(count)d
  name                      = format("%%s-%%03d", local.name, count.index)
  message_retention_seconds = var.settings.retention * 3600
  kms_master_key_id         = var.key_arn
}
resource "aws_cloudwatch_log_group" "logs" {
  for_each          = { for i, queue in aws_sqs_queue.jobs : queue.name => i }
  name              = "/service/${each.key}"
  retention_in_days = var.settings.retention
  kms_key_id        = var.key_arn
  tags              = local.tags
}
'''


def service(resources):
    """The text of a module with exactly so many resource instances."""
    counted = resources // 4
    left = resources - 2 * counted
    text = VARIABLES + COUNTED % {"count": counted}
    text += "".join(BUCKET % {"n": n} for n in range(left // 4))
    text += "".join('resource "aws_eip" "e%d" {\n  domain = "vpc"\n  tags   = local.tags\n}\n' % n for n in range(left % 4))
    return text + 'output "names" {\n  value = aws_sqs_queue.jobs[*].name\n}\n'


def team(calls):
    text = 'variable "name" {\n  type = string\n}\nvariable "key_arn" {\n  type = string\n}\n'
    for n in range(calls):
        text += ('module "service_%d" {\n  source   = "../service"\n  name     = "${var.name}_%d"\n  key_arn  = var.key_arn\n'
                 '  settings = { retention = %d, tags = { team = var.name } }\n}\n' % (n, n, 7 + n))
    names = ", ".join("module.service_%d.names" % n for n in range(calls))
    return text + 'output "names" {\n  value = concat(%s)\n}\n' % names


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def generate(folder, resources, calls):
    """`calls` service calls that share `resources`, in teams of ten; a call of a team counts as none."""
    teams = max(1, calls // SERVICES_PER_TEAM)
    per_team = max(1, calls // teams)
    write(folder, "modules/service/main.tf", service(resources // (teams * per_team)))
    write(folder, "modules/team/main.tf", team(per_team))
    root = 'resource "aws_kms_key" "key" {\n  enable_key_rotation = true\n}\n'
    for n in range(teams):
        root += ('module "team_%d" {\n  source  = "./modules/team"\n  name    = "Team_%d"\n  key_arn = aws_kms_key.key.arn\n}\n' % (n, n))
    names = ", ".join("module.team_%d.names" % n for n in range(teams))
    write(folder, "main.tf", root + 'output "queues" {\n  value = length(concat(%s))\n}\n' % names)


SETTINGS = '''---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings-%(n)d, namespace: team-%(team)d}
data: {level: info}
'''

WORKLOAD = '''---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%(n)d, namespace: team-%(team)d}
spec:
  selector: {matchLabels: {app: web-%(n)d}}
  template:
    metadata: {labels: {app: web-%(n)d}}
    spec:
      containers:
      - {name: web, image: 'registry.example.com/web:1.%(team)d'}
'''


def manifests(folder, documents):
    """One file; every twentieth document is a workload, the others settings."""
    write(folder, "all.yaml", "".join((SETTINGS if n % 20 else WORKLOAD) % {"n": n, "team": n % 100} for n in range(documents)))


def template(folder, resources, size=0):
    """Pairs of a bucket and its policy, and one key for all; descriptions fill it up to `size` bytes."""
    made = {"Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True, "KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}}
    for n in range((resources - 1) // 2):
        made["Bucket%d" % n] = {"Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": {"Fn::Sub": "${AWS::StackName}-%d" % n},
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {
                "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]}}}]}}}
        made["Policy%d" % n] = {"Type": "AWS::S3::BucketPolicy", "Properties": {
            "Bucket": {"Ref": "Bucket%d" % n},
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": {"Fn::Sub": "${Bucket%d.Arn}/*" % n},
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}}}
    document = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": made}
    left = max(0, size - len(json.dumps(document)))
    for resource in made.values():
        resource["Metadata"] = {"Comment": "x" * max(1, left // len(made) - 30)}
    write(folder, "template.json", json.dumps(document))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--resources", type=int, default=20000)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--documents", type=int)
    parser.add_argument("--template", type=int)
    parser.add_argument("--bytes", type=int, default=0)
    args = parser.parse_args()
    if args.documents:
        return manifests(args.folder, args.documents)
    if args.template:
        return template(args.folder, args.template, args.bytes)
    generate(args.folder, args.resources, args.calls)


if __name__ == "__main__":
    main()
