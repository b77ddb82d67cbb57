"""The services of AWS that can be given trusted access, and which of them can have a delegated administrator.

Each row says where the principal stands. *Table*: the user guide's table of services with its page on the service
(docs/aws.md 3.5). A policy's name: AWS's managed policy that has it as a value of ``organizations:ServicePrincipal``.
Delegable is what the table says, or what a policy lets register.
"""

from ..words import PolicyType

# Service principal to whether a member account can be registered as its delegated administrator.
SERVICES: dict[str, bool] = {
    "access-analyzer.amazonaws.com": True,  # table; aws_service_access_principals in public Terraform
    "account.amazonaws.com": True,  # table
    "agentless.inspector2.amazonaws.com": True,  # AmazonInspector2FullAccess_v2
    "auditmanager.amazonaws.com": True,  # table; AWSAuditManagerAdministratorAccess
    "aws-artifact-account-sync.amazonaws.com": False,  # table; AWSArtifactAgreementsFullAccess
    "backup.amazonaws.com": True,  # table; AWSBackupOrganizationAdminAccess
    "billing-cost-management.amazonaws.com": False,  # table
    "cloudtrail.amazonaws.com": True,  # table; AWSControlTowerServiceRolePolicy
    "compute-optimizer.amazonaws.com": True,  # table
    "config-multiaccountsetup.amazonaws.com": True,  # API reference of Config, PutOrganizationConfigRule
    "config.amazonaws.com": True,  # table; AWSControlTowerServiceRolePolicy
    "controltower.amazonaws.com": False,  # table
    "cost-optimization-hub.bcm.amazonaws.com": True,  # table; CostOptimizationHubAdminAccess
    "dashboard.eks.amazonaws.com": True,  # table
    "detective.amazonaws.com": True,  # table; AmazonDetectiveOrganizationsAccess
    "devops-guru.amazonaws.com": True,  # table; AmazonDevOpsGuruOrganizationsAccess
    "ds.amazonaws.com": False,  # table; AWSDirectoryServiceFullAccess
    "ec2.amazonaws.com": False,  # table
    "ec2.capacitymanager.amazonaws.com": True,  # table; AWSEC2CapacityManagerServiceRolePolicy
    "fms.amazonaws.com": True,  # table; AWSFMAdminFullAccess
    "guardduty.amazonaws.com": True,  # table; AWSSecurityHubOrganizationsAccess
    "health.amazonaws.com": True,  # table; localstack/localstack#8559
    "iam.amazonaws.com": True,  # table
    "inspector2.amazonaws.com": True,  # table; AWSSecurityHubOrganizationsAccess
    "ipam.amazonaws.com": True,  # table
    "license-management.marketplace.amazonaws.com": False,  # table
    "license-manager.amazonaws.com": True,  # table
    "license-manager.member-account.amazonaws.com": True,  # table
    "macie.amazonaws.com": True,  # table; AmazonDetectiveOrganizationsAccess
    "malware-protection.guardduty.amazonaws.com": True,  # table; AWSSecurityHubOrganizationsAccess
    "member.org.stacksets.cloudformation.amazonaws.com": True,  # table; pepperize/cdk-organizations#1718
    "mgn.amazonaws.com": True,  # guide of Application Migration Service
    "network-security-director.amazonaws.com": True,  # NetworkSecurityDirectorServiceLinkedRolePolicy
    "networkflowmonitor.amazonaws.com": True,  # table
    "networkmanager.amazonaws.com": True,  # table
    "notifications.amazonaws.com": True,  # AWSUserNotificationsServiceLinkedRolePolicy
    "observabilityadmin.amazonaws.com": True,  # table; AWSObservabilityAdminServiceRolePolicy
    "opsdatasync.ssm.amazonaws.com": False,  # listed in the Systems Manager guide
    "private-marketplace.marketplace.amazonaws.com": True,  # table; AWSPrivateMarketplaceAdminFullAccess
    "procurement-insights.marketplace.amazonaws.com": True,  # guide of AWS Marketplace
    "q.amazonaws.com": False,  # table
    "ram.amazonaws.com": False,  # table
    "reachabilityanalyzer.networkinsights.amazonaws.com": True,  # guide of Reachability Analyzer
    "reporting.trustedadvisor.amazonaws.com": True,  # table; AWSTrustedAdvisorPriorityFullAccess
    "resource-explorer-2.amazonaws.com": True,  # table; AWSResourceExplorerOrganizationsAccess
    "security-ir.amazonaws.com": True,  # table
    "securityhub.amazonaws.com": True,  # table; AWSSecurityHubOrganizationsAccess
    "securitylake.amazonaws.com": True,  # table; SecurityLakeServiceLinkedRole
    "selfservicereporting.managedservices.amazonaws.com": True,  # table
    "servicecatalog.amazonaws.com": True,  # table
    "servicequotas.amazonaws.com": False,  # table; ServiceQuotasFullAccess
    "ssm-quicksetup.amazonaws.com": True,  # onboarding policy of the Systems Manager guide
    "ssm.amazonaws.com": True,  # table
    "sso.amazonaws.com": True,  # table; AWSSSOMasterAccountAdministrator
    "storage-lens.s3.amazonaws.com": True,  # table
    "tagpolicies.tag.amazonaws.com": False,  # table
    "thirdparty.inspector2.amazonaws.com": True,  # AmazonInspector2FullAccess_v2 of 2026
    "topology.networkflowmonitor.amazonaws.com": True,  # table
    "wellarchitected.amazonaws.com": False,  # table
}

# The service whose trusted access a policy type depends on: it must be there before the type can be enabled, and stays
# while the type is enabled. AWS's model names Security Hub; of the others docs/aws.md 3.5 says what is known.
REQUIRED_BY: dict[PolicyType, str] = {
    PolicyType.SECURITYHUB_POLICY: "securityhub.amazonaws.com",
    PolicyType.INSPECTOR_POLICY: "inspector2.amazonaws.com",
    PolicyType.GUARDDUTY_POLICY: "guardduty.amazonaws.com",
    PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY: "network-security-director.amazonaws.com",
}
