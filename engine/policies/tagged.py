"""Resource types in tag policies: `service:type`, `service:*` or `service:ALL_SUPPORTED` (docs/aws.md 6.7)."""

import re

from .text import refuse, shown

# The services in AWS's table, and some more whose types AWS accepts, as elastic-inference (schubergphilis/
# terraform-aws-mcaf-landing-zone#188). The table lists more than a thousand types, and was seen to differ from what AWS
# accepts; so any type of a listed service is accepted here [inferred].
SERVICES = """
    a4b access-analyzer acm acm-pca aiops airflow airflow-serverless amazonelasticinference amplify amplifyuibuilder
    aoss apigateway app-integrations appconfig appfabric appflow application-autoscaling application-signals
    applicationinsights appmesh apprunner appstream appsync apptest aps arc-region-switch athena auditmanager
    autoscaling aws-marketplace b2bi backup backup-gateway backup-search batch bcm-data-exports bcm-pricing-calculator
    bedrock bedrock-agentcore billing billingconductor braket budgets bugbust cases cassandra catalog ce chatbot chime
    cleanrooms cleanrooms-ml cloud9 clouddirectory cloudformation cloudfront cloudhsm cloudsearch cloudtrail cloudwatch
    codeartifact codebuild codecatalyst codecommit codeconnections codedeploy codeguru-profiler codeguru-reviewer
    codeguru-security codepipeline codestar codestar-connections codestar-notifications codewhisperer cognito-identity
    cognito-idp comprehend config connect connect-campaigns controltower cur databrew dataexchange datapipeline
    datasync datazone dax deadline deepcomposer deepracer detective devicefarm diode diode-messaging directconnect dlm
    dms docdb-elastic drs ds dsql dynamodb ec2 ecr ecr-public ecs eks elastic-inference elasticache elasticbeanstalk
    elasticfilesystem
    elasticloadbalancing elasticmapreduce elemental-appliances-software elemental-support-cases emr-containers
    emr-serverless entityresolution es events evidently evs finspace firehose fis fms forecast frauddetector freertos
    fsx gamelift gameliftstreams geo glacier globalaccelerator glue grafana greengrass groundstation guardduty
    healthlake honeycode iam imagebuilder inspector inspector2 internetmonitor invoicing iot iot1click iotanalytics
    iotdeviceadvisor iotdigitaltwin iotevents iotfleethub iotfleetwise iotmanagedintegrations iotroborunner iotsitewise
    iottwinmaker iotwireless ivs ivschat kafka kafkaconnect kendra kendra-ranking kinesis kinesisanalytics kinesisvideo
    kms lakeformation lambda launchwizard lex license-manager license-manager-linux-subscriptions
    license-manager-user-subscriptions lightsail logs lookoutequipment lookoutmetrics lookoutvision m2 machinelearning
    macie macie2 managedblockchain mediaconnect mediaconvert medialive mediapackage mediapackage-vod mediapackagev2
    mediastore mediatailor medical-imaging memorydb mgn migrationhub-orchestrator mobiletargeting mpa mq neptune-graph
    network-firewall networkmanager networkmonitor nile nimble notifications notifications-contacts oam
    observabilityadmin odb omics one opensearch opsworks opsworks-cm organizations osis outposts panorama
    partnercentral payment-cryptography payments pca-connector-ad pca-connector-scep pcs personalize pi pipes
    private-networks profile proton purchase-orders qapps qbusiness qldb quicksight ram rbin rds redshift
    redshift-serverless refactor-spaces rekognition repostspace resiliencehub resource-explorer-2 resource-groups
    robomaker rolesanywhere route53 route53-recovery-control route53-recovery-readiness route53globalresolver
    route53profiles route53resolver rtbfabric rum s3 s3-outposts s3express s3tables s3vectors sagemaker
    sagemaker-geospatial savingsplans scheduler schemas scn secretsmanager securityhub securitylake servicecatalog
    servicediscovery servicequotas ses shield signer simspaceweaver sms-voice snow-device-management sns
    social-messaging sqlworkbench sqs ssm ssm-contacts ssm-incidents ssm-quicksetup ssm-sap sso states storagegateway
    swf synthetics textract thinclient timestream timestream-influxdb tnb transcribe transfer transform translate
    vendor-insights verifiedpermissions voiceid vpc-lattice waf waf-regional wafv2 wellarchitected wickr wisdom
    worklink workmail workspaces workspaces-instances workspaces-web workspacesweb xray
"""
SUPPORTED = frozenset(SERVICES.split())
RESOURCE_TYPE = re.compile(r"([a-z0-9-]+):(\*|[A-Za-z][A-Za-z0-9_/.:-]*)")


def resource_type(value: object) -> str:
    """Read a resource type; `ecs:*` has to be written `ecs:ALL_SUPPORTED`."""
    named = RESOURCE_TYPE.fullmatch(value) if isinstance(value, str) else None
    if named is None:
        refuse(f"{shown(value)} must be a resource type, such as ec2:instance or ec2:ALL_SUPPORTED")
    if named[1] not in SUPPORTED:
        refuse(f"{shown(value)} is of a service that tag policies do not support")
    return named[0] if named[0] != "ecs:*" else refuse("ecs:* must be written ecs:ALL_SUPPORTED")


def covers(listed: list[str], wanted: str) -> bool:
    """Tell whether a list of resource types has this one, by itself or with its whole service."""
    service = wanted.partition(":")[0]
    return any(one in listed for one in (wanted, f"{service}:*", f"{service}:ALL_SUPPORTED"))
