# S3 buckets, and images and snapshots that can be shared.
package provisioner.security

import rego.v1

import data.provisioner.lib

block_flags := ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]

# SEC-AWS-S3-01: a block that leaves a door open.
deny contains found if {
	some step in lib.steps(["aws s3 PutPublicAccessBlock", "aws s3control PutPublicAccessBlock"])
	block := object.get(step.params, "PublicAccessBlockConfiguration", {})
	not lib.is_reference(block)
	off := [flag | some flag in block_flags; value := object.get(block, flag, false); not lib.is_yes(value); not lib.is_reference(value)]
	count(off) > 0
	found := lib.with_patch(
		lib.finding(
			"SEC-AWS-S3-01", step, sprintf("$.PublicAccessBlockConfiguration.%s", [off[0]]),
			sprintf("The bucket can be made public: %s must be true", [concat(", ", off)]),
		),
		[{"op": "add", "path": "/PublicAccessBlockConfiguration", "value": {flag: true | some flag in block_flags}}],
	)
}

deny contains found if {
	some step in lib.steps(["aws s3 PutPublicAccessBlock", "aws s3control PutPublicAccessBlock"])
	some flag in block_flags
	lib.unknown_at(step.params, ["PublicAccessBlockConfiguration", flag])
	found := lib.unknown(lib.finding(
		"SEC-AWS-S3-01", step, sprintf("$.PublicAccessBlockConfiguration.%s", [flag]),
		sprintf("Whether %s is on is known only once an earlier step has run", [flag]),
	))
}

deny contains found if {
	some step in lib.steps(["aws s3 DeletePublicAccessBlock", "aws s3control DeletePublicAccessBlock"])
	found := lib.finding("SEC-AWS-S3-01", step, "$", "The public access block is taken away, so the bucket can be made public")
}

# An access point has a block of its own, which is on where nothing is said.
deny contains found if {
	some step in lib.steps(["aws s3control CreateAccessPoint"])
	some flag in block_flags
	value := object.get(step.params, ["PublicAccessBlockConfiguration", flag], true)
	lib.word(value) == "false"
	found := lib.with_patch(
		lib.finding("SEC-AWS-S3-01", step, sprintf("$.PublicAccessBlockConfiguration.%s", [flag]), sprintf("The access point can be made public: %s must be true", [flag])),
		[{"op": "replace", "path": sprintf("/PublicAccessBlockConfiguration/%s", [flag]), "value": true}],
	)
}

acl_steps := [
	"aws s3 PutBucketAcl", "aws s3 PutObjectAcl", "aws s3 CreateBucket", "aws s3 PutObject", "aws s3 CopyObject",
	"aws s3 CreateMultipartUpload",
]

deny contains found if {
	some step in lib.steps(acl_steps)
	acl := object.get(step.params, "ACL", "")
	lib.word(acl) in {"public-read", "public-read-write", "authenticated-read"}
	found := lib.with_patch(
		lib.finding("SEC-AWS-S3-01", step, "$.ACL", sprintf("The ACL %s lets strangers in", [acl])),
		[{"op": "replace", "path": "/ACL", "value": "private"}],
	)
}

deny contains found if {
	some step in lib.steps(acl_steps)
	some i, grant in lib.list(object.get(step.params, ["AccessControlPolicy", "Grants"], []))
	uri := object.get(grant, ["Grantee", "URI"], "")
	regex.match(`/(AllUsers|AuthenticatedUsers)$`, uri)
	found := lib.with_patch(
		lib.finding(
			"SEC-AWS-S3-01", step, sprintf("$.AccessControlPolicy.Grants[%d].Grantee.URI", [i]),
			sprintf("The grant to %s lets strangers in", [uri]),
		),
		[{"op": "remove", "path": sprintf("/AccessControlPolicy/Grants/%d", [i])}],
	)
}

deny contains found if {
	some step in lib.steps(acl_steps)
	some member in ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"]
	value := object.get(step.params, member, "")
	regex.match(`(AllUsers|AuthenticatedUsers)`, value)
	found := lib.with_patch(
		lib.finding("SEC-AWS-S3-01", step, sprintf("$.%s", [member]), sprintf("%s lets strangers in: %s", [member, value])),
		[{"op": "remove", "path": sprintf("/%s", [member])}],
	)
}

deny contains found if {
	some step in lib.steps(acl_steps)
	lib.is_reference(object.get(step.params, "ACL", ""))
	found := lib.unknown(lib.finding("SEC-AWS-S3-01", step, "$.ACL", "Whom the ACL lets in is known only once an earlier step has run"))
}

policy_steps := ["aws s3 PutBucketPolicy", "aws s3control PutAccessPointPolicy", "aws s3control PutBucketPolicy"]

deny contains found if {
	some step in lib.steps(policy_steps)
	count(lib.public_statements(object.get(step.params, "Policy", ""))) > 0
	found := lib.finding("SEC-AWS-S3-01", step, "$.Policy", "The bucket policy allows everybody (Principal *) without a condition that limits who")
}

deny contains found if {
	some step in lib.steps(policy_steps)
	policy := object.get(step.params, "Policy", "")
	lib.is_reference(policy)
	not lib.document(policy)
	found := lib.unknown(lib.finding("SEC-AWS-S3-01", step, "$.Policy", "The bucket policy is known only once an earlier step has run"))
}

# SEC-AWS-S3-04: a new bucket without a block of its own.
deny contains found if {
	some step in lib.steps(["aws s3 CreateBucket"])
	not followed_by(step, {"aws s3 PutPublicAccessBlock"})
	found := lib.finding(
		"SEC-AWS-S3-04", step, "$.Bucket",
		sprintf("No step sets the public access block of bucket %s", [object.get(step.params, "Bucket", "?")]),
	)
}

# SEC-AWS-S3-03: plain HTTP is not refused.
deny contains found if {
	some step in lib.steps(["aws s3 PutBucketPolicy"])
	policy := object.get(step.params, "Policy", "")
	lib.document(policy)
	not refuses_plain_http(policy)
	found := lib.finding("SEC-AWS-S3-03", step, "$.Policy", "The bucket policy does not refuse plain HTTP (no Deny on aws:SecureTransport false)")
}

deny contains found if {
	some step in lib.steps(["aws s3 CreateBucket"])
	not followed_by(step, {"aws s3 PutBucketPolicy"})
	found := lib.finding(
		"SEC-AWS-S3-03", step, "$.Bucket",
		sprintf("No policy makes bucket %s refuse plain HTTP", [object.get(step.params, "Bucket", "?")]),
	)
}

refuses_plain_http(policy) if {
	some statement in lib.list(object.get(lib.document(policy), "Statement", []))
	statement.Effect == "Deny"
	some operator, conditions in statement.Condition
	startswith(operator, "Bool")
	some key, value in conditions
	lower(key) == "aws:securetransport"
	some one in lib.list(value)
	lib.word(one) == "false"
}

followed_by(step, names) if {
	some other in lib.related(step)
	other.name in names
}

# SEC-AWS-EC2-06: images and snapshots for everybody.
deny contains found if {
	some step in lib.steps(["aws ec2 ModifyImageAttribute", "aws ec2 ModifySnapshotAttribute"])
	some member in ["LaunchPermission", "CreateVolumePermission"]
	some i, added in lib.list(object.get(step.params, [member, "Add"], []))
	lib.word(object.get(added, "Group", "")) == "all"
	found := lib.with_patch(
		lib.finding("SEC-AWS-EC2-06", step, sprintf("$.%s.Add[%d].Group", [member, i]), "Shared with everybody (group all)"),
		[{"op": "remove", "path": sprintf("/%s/Add/%d", [member, i])}],
	)
}

deny contains found if {
	some step in lib.steps([
		"aws ec2 ModifyImageAttribute", "aws ec2 ModifySnapshotAttribute",
		"aws rds ModifyDBSnapshotAttribute", "aws rds ModifyDBClusterSnapshotAttribute",
	])
	some member in ["ValuesToAdd", "UserGroups", "GroupNames"]
	some i, value in lib.list(object.get(step.params, member, []))
	lib.word(value) == "all"
	lib.word(object.get(step.params, "OperationType", "add")) == "add"
	found := lib.finding("SEC-AWS-EC2-06", step, sprintf("$.%s[%d]", [member, i]), "Shared with everybody (all)")
}

deny contains found if {
	some step in lib.steps([
		"aws ec2 ModifyImageAttribute", "aws ec2 ModifySnapshotAttribute",
		"aws rds ModifyDBSnapshotAttribute", "aws rds ModifyDBClusterSnapshotAttribute",
	])
	some keys in [["LaunchPermission", "Add"], ["CreateVolumePermission", "Add"], ["ValuesToAdd"], ["UserGroups"], ["GroupNames"]]
	some one in lib.list(object.get(step.params, keys, []))
	lib.unknown_at(one, ["Group"])
	found := lib.unknown(lib.finding("SEC-AWS-EC2-06", step, sprintf("$.%s", [concat(".", keys)]), "With whom it is shared is known only once an earlier step has run"))
}
