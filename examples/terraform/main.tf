# An organization with an OU, an account in it, and a guardrail, on a server of orgsim's:
#
#   orgsim serve --clock simulated
#   curl -X POST http://127.0.0.1:4570/_orgsim/clock -d '{"auto": true}'
#   terraform init && terraform apply

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {
  description = "A server of orgsim's, or a world on it: http://127.0.0.1:4570/w/NAME"
  default     = "http://127.0.0.1:4570"
}

provider "aws" {
  region     = "us-east-1"
  access_key = "111111111111" # twelve digits are that account
  secret_key = "anything"

  endpoints {
    organizations = var.endpoint
    sts           = var.endpoint
  }
}

resource "aws_organizations_organization" "this" {
  feature_set          = "ALL"
  enabled_policy_types = ["SERVICE_CONTROL_POLICY"]
}

resource "aws_organizations_organizational_unit" "sandbox" {
  name      = "Sandbox"
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_account" "payments" {
  name      = "Payments"
  email     = "payments@example.com"
  parent_id = aws_organizations_organizational_unit.sandbox.id
}

resource "aws_organizations_policy" "deny_leaving" {
  name = "DenyLeaving"
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "organizations:LeaveOrganization", Resource = "*" }]
  })
}

resource "aws_organizations_policy_attachment" "sandbox" {
  policy_id = aws_organizations_policy.deny_leaving.id
  target_id = aws_organizations_organizational_unit.sandbox.id
}
