"""The services of AWS that can be given trusted access, and which of them can have a delegated administrator.

Source: docs/aws.md 3.5, completed with principals from the user guide's page of each service.
"""

from ..words import PolicyType

# Service principal to whether a member account can be registered as its delegated administrator.
SERVICES: dict[str, bool] = {
    "access-analyzer.amazonaws.com": True,
    "account.amazonaws.com": True,
    # In AWS's managed policy AmazonInspector2FullAccess_v2.
    "agentless.inspector2.amazonaws.com": False,
    "auditmanager.amazonaws.com": True,
    "aws-artifact-account-sync.amazonaws.com": False,
    "backup.amazonaws.com": True,
    "billing-cost-management.amazonaws.com": False,
    "cloudtrail.amazonaws.com": True,
    "compute-optimizer.amazonaws.com": True,
    "config-multiaccountsetup.amazonaws.com": True,
    "config.amazonaws.com": True,
    "controltower.amazonaws.com": False,
    "cost-optimization-hub.bcm.amazonaws.com": True,
    "dashboard.eks.amazonaws.com": True,
    "detective.amazonaws.com": True,
    "devops-guru.amazonaws.com": True,
    "ds.amazonaws.com": False,
    "ec2.amazonaws.com": False,
    "ec2.capacitymanager.amazonaws.com": True,
    "fms.amazonaws.com": True,
    "guardduty.amazonaws.com": True,
    "health.amazonaws.com": True,
    "iam.amazonaws.com": True,
    "inspector2.amazonaws.com": True,
    "ipam.amazonaws.com": True,
    "license-management.marketplace.amazonaws.com": False,
    "license-manager.amazonaws.com": True,
    "license-manager.member-account.amazonaws.com": True,
    "macie.amazonaws.com": True,
    "malware-protection.guardduty.amazonaws.com": True,
    "member.org.stacksets.cloudformation.amazonaws.com": True,
    "mgn.amazonaws.com": True,
    # Undocumented for this one; its own managed policy reads the delegated administrators [inferred].
    "network-security-director.amazonaws.com": True,
    "networkflowmonitor.amazonaws.com": True,
    "networkmanager.amazonaws.com": True,
    # The guide prints `notifications.amazon.com`, which fits no other principal.
    "notifications.amazonaws.com": True,
    "observabilityadmin.amazonaws.com": True,
    # As ListAWSServiceAccessForOrganization printed it in AWS's guide.
    "opsdatasync.ssm.amazonaws.com": False,
    "private-marketplace.marketplace.amazonaws.com": True,
    "procurement-insights.marketplace.amazonaws.com": True,
    "q.amazonaws.com": False,
    "ram.amazonaws.com": False,
    "reachabilityanalyzer.networkinsights.amazonaws.com": True,
    "reporting.trustedadvisor.amazonaws.com": True,
    "resource-explorer-2.amazonaws.com": True,
    "security-ir.amazonaws.com": True,
    "securityhub.amazonaws.com": True,
    "securitylake.amazonaws.com": True,
    "selfservicereporting.managedservices.amazonaws.com": True,
    "servicecatalog.amazonaws.com": True,
    "servicequotas.amazonaws.com": False,
    "ssm.amazonaws.com": True,
    "sso.amazonaws.com": True,
    "storage-lens.s3.amazonaws.com": True,
    "tagpolicies.tag.amazonaws.com": False,
    "topology.networkflowmonitor.amazonaws.com": True,
    "wellarchitected.amazonaws.com": False,
}

# The service whose trusted access a policy type depends on: it must be there before the type can be enabled, and stays
# while the type is enabled. Security Hub is the only one that AWS names.
REQUIRED_BY: dict[PolicyType, str] = {PolicyType.SECURITYHUB_POLICY: "securityhub.amazonaws.com"}
