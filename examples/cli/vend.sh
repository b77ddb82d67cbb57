#!/bin/sh
# Vend an account with the AWS CLI: create it, wait until it exists, and move it into an OU below the root.
#
#   vend.sh Payments payments@example.com Sandbox
#
# POLL_SECONDS is the time between two questions, by default 10.
set -eu
name=$1 email=$2 unit=$3
organizations() { aws organizations "$@" --output text; }

request=$(organizations create-account --account-name "$name" --email "$email" --query CreateAccountStatus.Id)
while
    status=$(organizations describe-create-account-status --create-account-request-id "$request" \
        --query 'CreateAccountStatus.[State, AccountId, FailureReason]')
    [ "${status%%	*}" = IN_PROGRESS ]
do
    sleep "${POLL_SECONDS:-10}"
done

IFS='	' read -r state account reason <<END
$status
END
if [ "$state" != SUCCEEDED ]; then
    echo "$name: $reason" >&2
    exit 1
fi

root=$(organizations list-roots --query 'Roots[0].Id')
target=$(organizations list-organizational-units-for-parent --parent-id "$root" \
    --query "OrganizationalUnits[?Name=='$unit'].Id | [0]")
if [ "$target" = None ]; then
    target=$(organizations create-organizational-unit --parent-id "$root" --name "$unit" --query OrganizationalUnit.Id)
fi
organizations move-account --account-id "$account" --source-parent-id "$root" --destination-parent-id "$target"
echo "$account"
