"""Resource types as tag policies name them: `service:type`, `service:*` or `service:ALL_SUPPORTED` (section 6.7)."""

import re

from .text import refuse

# AWS's table also lists the types of each service; here any type of a known service is accepted [inferred].
SERVICES = """
    access-analyzer acm acm-pca airflow amplify aoss apigateway appconfig appflow appmesh apprunner appstream appsync
    athena auditmanager autoscaling backup batch bedrock cloud9 cloudformation cloudfront cloudhsm cloudtrail cloudwatch
    codeartifact codebuild codecommit codedeploy codeguru-reviewer codepipeline codestar-connections cognito-identity
    cognito-idp comprehend config connect dataexchange datapipeline datasync dax detective directconnect dlm dms
    docdb-elastic ds dynamodb ec2 ecr ecs eks elasticache elasticbeanstalk elasticfilesystem elasticloadbalancing
    elasticmapreduce emr-containers emr-serverless es events evidently finspace firehose fis fms forecast frauddetector
    fsx gamelift geo glacier globalaccelerator glue grafana greengrass groundstation guardduty healthlake iam
    imagebuilder inspector inspector2 iot iotanalytics iotevents iotfleethub iotsitewise iottwinmaker iotwireless ivs
    ivschat kafka kendra kinesis kinesisanalytics kinesisvideo kms lakeformation lambda lex license-manager lightsail
    logs lookoutequipment lookoutmetrics lookoutvision machinelearning macie2 managedblockchain mediaconnect
    mediaconvert medialive mediapackage mediatailor memorydb mobiletargeting mq neptune-graph network-firewall
    networkmanager oam omics opsworks organizations osis outposts panorama payment-cryptography personalize pipes
    profile qldb quicksight ram rds redshift redshift-serverless refactor-spaces rekognition resiliencehub
    resource-explorer-2 resource-groups robomaker rolesanywhere route53 route53resolver rum s3 s3-outposts sagemaker
    scheduler schemas secretsmanager securityhub securitylake servicecatalog servicediscovery servicequotas ses shield
    signer sms-voice sns sqs ssm ssm-contacts ssm-incidents sso states storagegateway synthetics textract timestream
    transcribe transfer translate verifiedpermissions voiceid vpc-lattice wafv2 wellarchitected wisdom workspaces
    workspaces-web xray
"""
SUPPORTED = frozenset(SERVICES.split())
RESOURCE_TYPE = re.compile(r"([a-z0-9-]+):(\*|[A-Za-z][A-Za-z0-9_/.-]*)")


def resource_type(value: object) -> str:
    """A reader of resource types; `ecs:*` has to be written `ecs:ALL_SUPPORTED`."""
    named = RESOURCE_TYPE.fullmatch(value) if isinstance(value, str) else None
    return named[0] if named and named[1] in SUPPORTED and named[0] != "ecs:*" else refuse()


def covers(listed: list[str], wanted: str) -> bool:
    """Whether a list of resource types holds this one, by itself or with its whole service."""
    service = wanted.partition(":")[0]
    return any(one in listed for one in (wanted, f"{service}:*", f"{service}:ALL_SUPPORTED"))
