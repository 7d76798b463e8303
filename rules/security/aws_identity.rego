# Who may do what on AWS.
package provisioner.security

import rego.v1

import data.provisioner.lib

policy_members := {
	"aws iam CreatePolicy": "PolicyDocument", "aws iam CreatePolicyVersion": "PolicyDocument",
	"aws iam PutRolePolicy": "PolicyDocument", "aws iam PutUserPolicy": "PolicyDocument",
	"aws iam PutGroupPolicy": "PolicyDocument", "aws sso-admin PutInlinePolicyToPermissionSet": "InlinePolicy",
}

# SEC-AWS-IAM-01: all actions.
deny contains found if {
	some name, member in policy_members
	some step in input.by[name]
	policy := object.get(step.params, member, "")
	some statement in lib.allow_statements(policy)
	some action in lib.list(object.get(statement, "Action", []))
	every_action(action)
	found := lib.finding("SEC-AWS-IAM-01", step, sprintf("$.%s", [member]), sprintf("The policy allows every action (%s)", [action]))
}

# "*", "**", and "*:*" are one thing.
every_action(action) if regex.match(`^(\*+|\*+:\*+)$`, action)

deny contains found if {
	some name, member in policy_members
	some step in input.by[name]
	policy := object.get(step.params, member, "")
	lib.is_reference(policy)
	not lib.document(policy)
	found := lib.unknown(lib.finding("SEC-AWS-IAM-01", step, sprintf("$.%s", [member]), "What the policy allows is known only once an earlier step has run"))
}

deny contains found if {
	some step in lib.steps(attach_steps)
	some member in ["PolicyArn", "ManagedPolicyArn"]
	arn := object.get(step.params, member, "")
	regex.match(`:aws:policy/(AdministratorAccess|IAMFullAccess)$`, arn)
	found := lib.finding("SEC-AWS-IAM-01", step, sprintf("$.%s", [member]), sprintf("%s gives full administrator rights", [arn]))
}

attach_steps := [
	"aws iam AttachRolePolicy", "aws iam AttachUserPolicy", "aws iam AttachGroupPolicy",
	"aws sso-admin AttachManagedPolicyToPermissionSet",
]

# SEC-AWS-IAM-02: roles that anybody can take.
trust_members := {"aws iam CreateRole": "AssumeRolePolicyDocument", "aws iam UpdateAssumeRolePolicy": "PolicyDocument"}

deny contains found if {
	some name, member in trust_members
	some step in input.by[name]
	count(lib.public_statements(object.get(step.params, member, ""))) > 0
	found := lib.finding("SEC-AWS-IAM-02", step, sprintf("$.%s", [member]), "Anybody can take the role: Principal * without a condition that limits who")
}

deny contains found if {
	some name, member in trust_members
	some step in input.by[name]
	policy := object.get(step.params, member, "")
	lib.is_reference(policy)
	not lib.document(policy)
	found := lib.unknown(lib.finding("SEC-AWS-IAM-02", step, sprintf("$.%s", [member]), "Who can take the role is known only once an earlier step has run"))
}

# SEC-AWS-IAM-03: rights and keys for a person.
deny contains found if {
	some step in lib.steps([
		"aws iam PutUserPolicy", "aws iam AttachUserPolicy", "aws iam CreateAccessKey", "aws iam CreateLoginProfile",
	])
	found := lib.finding("SEC-AWS-IAM-03", step, "$.UserName", sprintf("%s gives rights or keys to one user", [step.operation]))
}

# SEC-AWS-KMS-02: keys for everybody.
deny contains found if {
	some step in lib.steps(["aws kms CreateKey", "aws kms PutKeyPolicy", "aws kms ReplicateKey"])
	count(lib.public_statements(object.get(step.params, "Policy", {}))) > 0
	found := lib.finding("SEC-AWS-KMS-02", step, "$.Policy", "The key policy allows everybody (Principal *) without a condition that limits who")
}

deny contains found if {
	some step in lib.steps(["aws kms CreateKey", "aws kms PutKeyPolicy", "aws kms ReplicateKey"])
	policy := object.get(step.params, "Policy", {})
	lib.is_reference(policy)
	not lib.document(policy)
	found := lib.unknown(lib.finding("SEC-AWS-KMS-02", step, "$.Policy", "Whom the key policy allows is known only once an earlier step has run"))
}

# SEC-AWS-KMS-01: keys that never rotate.
deny contains found if {
	some step in lib.steps(["aws kms CreateKey"])
	object.get(step.params, "KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
	object.get(step.params, "KeyUsage", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
	object.get(step.params, "Origin", "AWS_KMS") == "AWS_KMS"
	not followed_by(step, {"aws kms EnableKeyRotation"})
	found := lib.finding("SEC-AWS-KMS-01", step, "$", "No step turns on rotation of the key")
}

# SEC-AWS-LAM-02: functions that anybody may invoke.
deny contains found if {
	some step in lib.steps(["aws lambda AddPermission", "aws lambda AddLayerVersionPermission"])
	object.get(step.params, "Principal", "") == "*"
	every member in ["SourceArn", "SourceAccount", "PrincipalOrgID", "OrganizationId"] {
		object.get(step.params, member, null) == null
	}
	found := lib.finding("SEC-AWS-LAM-02", step, "$.Principal", "Anybody may invoke the function: Principal is *")
}

deny contains found if {
	some step in lib.steps(["aws lambda AddPermission", "aws lambda AddLayerVersionPermission"])
	lib.is_reference(object.get(step.params, "Principal", ""))
	found := lib.unknown(lib.finding("SEC-AWS-LAM-02", step, "$.Principal", "Who may invoke the function is known only once an earlier step has run"))
}
