# Databases, clusters, load balancers, logs, queues, and networks of AWS.
package provisioner.security

import rego.v1

import data.provisioner.lib

# SEC-AWS-DB-04: backups kept for fewer days than the book asks for.
deny contains found if {
	some step in lib.steps(["aws rds CreateDBInstance", "aws rds CreateDBCluster", "aws rds ModifyDBInstance"])
	days := lib.number(step.params.BackupRetentionPeriod)
	days > 0
	days < data.books.security.min_backup_days
	found := lib.with_patch(
		lib.finding("SEC-AWS-DB-04", step, "$.BackupRetentionPeriod", sprintf("Backups are kept for %v days, fewer than the %v asked for", [days, data.books.security.min_backup_days])),
		[{"op": "replace", "path": "/BackupRetentionPeriod", "value": data.books.security.min_backup_days}],
	)
}

# A table has continuous backups only once another call turns them on.
deny contains found if {
	some step in lib.steps(["aws dynamodb CreateTable"])
	lib.is_prod(step.environment)
	not followed_by(step, {"aws dynamodb UpdateContinuousBackups"})
	found := lib.finding("SEC-AWS-DB-04", step, "$.TableName", "No step turns on point-in-time recovery of the table")
}

# SEC-AWS-EKS-01
open_to_all(cidrs) if count(cidrs) == 0

open_to_all(cidrs) if {
	some cidr in cidrs
	lib.is_public(cidr)
}

deny contains found if {
	some step in lib.steps(["aws eks CreateCluster"])
	settings := object.get(step.params, "resourcesVpcConfig", {})
	lib.is_yes(object.get(settings, "endpointPublicAccess", true))
	open_to_all(lib.list(object.get(settings, "publicAccessCidrs", [])))
	found := open_cluster(step)
}

deny contains found if {
	some step in lib.steps(["aws eks UpdateClusterConfig"])
	settings := object.get(step.params, "resourcesVpcConfig", {})
	lib.is_yes(object.get(settings, "endpointPublicAccess", true))
	touched := [1 | some member in ["endpointPublicAccess", "publicAccessCidrs"]; object.get(settings, member, null) != null]
	count(touched) > 0
	open_to_all(lib.list(object.get(settings, "publicAccessCidrs", [])))
	found := open_cluster(step)
}

deny contains found if {
	some step in lib.steps(["aws eks CreateCluster", "aws eks UpdateClusterConfig"])
	lib.unknown_at(step.params, ["resourcesVpcConfig", "endpointPublicAccess"])
	found := lib.unknown(lib.finding(
		"SEC-AWS-EKS-01", step, "$.resourcesVpcConfig.endpointPublicAccess",
		"Whether the internet can reach the Kubernetes API is known only once an earlier step has run",
	))
}

deny contains found if {
	some step in lib.steps(["aws eks CreateCluster", "aws eks UpdateClusterConfig"])
	settings := object.get(step.params, "resourcesVpcConfig", {})
	is_object(settings)
	lib.is_yes(object.get(settings, "endpointPublicAccess", true))
	cidrs := lib.list(object.get(settings, "publicAccessCidrs", []))
	not open_to_all(cidrs)
	some cidr in cidrs
	lib.is_reference(cidr)
	found := lib.unknown(lib.finding(
		"SEC-AWS-EKS-01", step, "$.resourcesVpcConfig.publicAccessCidrs",
		"Who can reach the Kubernetes API is known only once an earlier step has run",
	))
}

open_cluster(step) := lib.with_patch(
	lib.finding(
		"SEC-AWS-EKS-01", step, "$.resourcesVpcConfig.endpointPublicAccess",
		"The internet can reach the Kubernetes API: public access is on and not limited to networks",
	),
	[lib.setting(step.params, "", ["resourcesVpcConfig", "endpointPublicAccess"], false)],
)

# SEC-AWS-EKS-02
deny contains found if {
	some step in lib.steps(["aws eks CreateCluster"])
	encrypted := [1 |
		some entry in lib.list(object.get(step.params, "encryptionConfig", []))
		"secrets" in lib.list(object.get(entry, "resources", []))
	]
	count(encrypted) == 0
	not lib.is_reference(object.get(step.params, "encryptionConfig", null))
	found := lib.finding("SEC-AWS-EKS-02", step, "$.encryptionConfig", "Kubernetes secrets are not encrypted with a key of your own: encryptionConfig does not name secrets")
}

deny contains found if {
	some step in lib.steps(["aws eks CreateCluster"])
	lib.is_reference(object.get(step.params, "encryptionConfig", null))
	found := lib.unknown(lib.finding("SEC-AWS-EKS-02", step, "$.encryptionConfig", "Whether Kubernetes secrets are encrypted is known only once an earlier step has run"))
}

# SEC-AWS-LB-01, SEC-AWS-LB-02: listeners.
listeners contains step if some step in lib.steps(["aws elbv2 CreateListener", "aws elbv2 ModifyListener"])

redirects(step) if {
	some action in lib.list(object.get(step.params, "DefaultActions", []))
	lib.word(action.Type) == "redirect"
	upper(object.get(action, ["RedirectConfig", "Protocol"], "")) == "HTTPS"
}

plain_listener(step) if {
	upper(object.get(step.params, "Protocol", "")) == "HTTP"
	not redirects(step)
}

deny contains found if {
	some step in listeners
	plain_listener(step)
	found := lib.finding("SEC-AWS-LB-01", step, "$.Protocol", "The listener serves plain HTTP and does not redirect to HTTPS")
}

deny contains found if {
	some step in listeners
	plain_listener(step)
	found := lib.finding("SEC-AWS-LB-02", step, "$.Protocol", "The listener has no TLS at all: Protocol is HTTP")
}

deny contains found if {
	some step in listeners
	lib.is_reference(object.get(step.params, "Protocol", ""))
	found := lib.unknown(lib.finding("SEC-AWS-LB-01", step, "$.Protocol", "Whether the listener serves plain HTTP is known only once an earlier step has run"))
}

good_tls_policy(policy) if regex.match(`^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)`, policy)

good_tls_policy(policy) if policy in object.get(data.books.security, "tls_policies", [])

best_tls_policy := "ELBSecurityPolicy-TLS13-1-2-2021-06"

deny contains found if {
	some step in listeners
	policy := step.params.SslPolicy
	not lib.is_reference(policy)
	not good_tls_policy(policy)
	found := lib.with_patch(
		lib.finding("SEC-AWS-LB-02", step, "$.SslPolicy", sprintf("The policy %s accepts TLS older than 1.2", [policy])),
		[{"op": "replace", "path": "/SslPolicy", "value": best_tls_policy}],
	)
}

deny contains found if {
	some step in listeners
	upper(object.get(step.params, "Protocol", "")) in {"HTTPS", "TLS"}
	object.get(step.params, "SslPolicy", null) == null
	found := lib.with_patch(
		lib.finding("SEC-AWS-LB-02", step, "$.SslPolicy", "No TLS policy is named, and the default accepts TLS older than 1.2"),
		[{"op": "add", "path": "/SslPolicy", "value": best_tls_policy}],
	)
}

deny contains found if {
	some step in listeners
	lib.is_reference(object.get(step.params, "SslPolicy", ""))
	found := lib.unknown(lib.finding("SEC-AWS-LB-02", step, "$.SslPolicy", "The TLS policy is known only once an earlier step has run"))
}

# SEC-AWS-LOG-01: audit trails.
deny contains found if {
	some step in lib.steps(["aws cloudtrail StopLogging", "aws cloudtrail DeleteTrail"])
	found := lib.finding("SEC-AWS-LOG-01", step, "$.Name", sprintf("%s ends the audit trail %s", [step.operation, object.get(step.params, "Name", "?")]))
}

trail_flags := ["IsMultiRegionTrail", "EnableLogFileValidation"]

deny contains found if {
	some step in lib.steps(["aws cloudtrail CreateTrail"])
	off := array.concat(
		[flag | some flag in trail_flags; value := object.get(step.params, flag, false); not lib.is_yes(value); not lib.is_reference(value)],
		[member | some member in ["KmsKeyId"]; object.get(step.params, member, "") == ""],
	)
	count(off) > 0
	found := lib.with_patch(
		lib.finding("SEC-AWS-LOG-01", step, sprintf("$.%s", [off[0]]), sprintf("The audit trail lacks %s", [concat(", ", off)])),
		[{"op": "add", "path": sprintf("/%s", [flag]), "value": true} | some flag in trail_flags; flag in off],
	)
}

deny contains found if {
	some step in lib.steps(["aws cloudtrail UpdateTrail"])
	off := array.concat(
		[flag | some flag in trail_flags; lib.word(object.get(step.params, flag, true)) == "false"],
		[member | some member in ["KmsKeyId"]; step.params[member] == ""],
	)
	count(off) > 0
	found := lib.finding("SEC-AWS-LOG-01", step, sprintf("$.%s", [off[0]]), sprintf("The audit trail loses %s", [concat(", ", off)]))
}

deny contains found if {
	some step in lib.steps(["aws cloudtrail CreateTrail", "aws cloudtrail UpdateTrail"])
	some flag in trail_flags
	lib.is_reference(object.get(step.params, flag, false))
	found := lib.unknown(lib.finding("SEC-AWS-LOG-01", step, sprintf("$.%s", [flag]), sprintf("Whether the audit trail has %s is known only once an earlier step has run", [flag])))
}

# SEC-AWS-LOG-02
deny contains found if {
	some step in lib.steps(["aws logs PutRetentionPolicy"])
	days := lib.number(step.params.retentionInDays)
	days < data.books.security.min_log_days
	found := lib.finding("SEC-AWS-LOG-02", step, "$.retentionInDays", sprintf("Logs are kept for %v days, fewer than the %v asked for", [days, data.books.security.min_log_days]))
}

deny contains found if {
	data.books.security.min_log_days
	some step in lib.steps(["aws logs PutRetentionPolicy"])
	lib.is_reference(object.get(step.params, "retentionInDays", 0))
	found := lib.unknown(lib.finding("SEC-AWS-LOG-02", step, "$.retentionInDays", "How long logs are kept is known only once an earlier step has run"))
}

# SEC-AWS-NET-06: network ACLs.
deny contains found if {
	some step in lib.steps(["aws ec2 CreateNetworkAclEntry", "aws ec2 ReplaceNetworkAclEntry"])
	not lib.is_yes(object.get(step.params, "Egress", false))
	lower(object.get(step.params, "RuleAction", "")) == "allow"
	some member in ["CidrBlock", "Ipv6CidrBlock"]
	cidr := step.params[member]
	lib.is_public(cidr)
	some port in [22, 3389]
	acl_holds(step.params, port)
	found := lib.finding("SEC-AWS-NET-06", step, sprintf("$.%s", [member]), sprintf("The network ACL lets the internet (%s) reach port %d", [cidr, port]))
}

deny contains found if {
	some step in lib.steps(["aws ec2 CreateNetworkAclEntry", "aws ec2 ReplaceNetworkAclEntry"])
	not lib.is_yes(object.get(step.params, "Egress", false))
	lower(object.get(step.params, "RuleAction", "")) == "allow"
	some member in ["CidrBlock", "Ipv6CidrBlock"]
	lib.is_reference(step.params[member])
	some port in [22, 3389]
	acl_holds(step.params, port)
	found := lib.unknown(lib.finding("SEC-AWS-NET-06", step, sprintf("$.%s", [member]), sprintf("Who can reach port %d through the network ACL is known only once an earlier step has run", [port])))
}

acl_holds(params, _) if lib.protocol(object.get(params, "Protocol", "-1")) == "all"

acl_holds(params, port) if {
	lib.protocol(object.get(params, "Protocol", "-1")) == "tcp"
	bounds := lib.ports(object.get(params, ["PortRange", "From"], null), object.get(params, ["PortRange", "To"], null))
	lib.holds(bounds, port)
}

# SEC-AWS-NET-08
deny contains found if {
	some step in lib.steps(["aws ec2 CreateVpc"])
	not followed_by(step, {"aws ec2 CreateFlowLogs"})
	found := lib.finding("SEC-AWS-NET-08", step, "$", "No step records the traffic of the new VPC in flow logs")
}

# SEC-AWS-MSG-01: queues are encrypted unless that is turned off.
deny contains found if {
	some step in lib.steps(["aws sqs CreateQueue", "aws sqs SetQueueAttributes"])
	lib.word(object.get(step.params, ["Attributes", "SqsManagedSseEnabled"], "true")) == "false"
	object.get(step.params, ["Attributes", "KmsMasterKeyId"], "") == ""
	found := lib.finding("SEC-AWS-MSG-01", step, "$.Attributes.SqsManagedSseEnabled", "Messages are not encrypted at rest: SqsManagedSseEnabled is false and there is no key")
}

deny contains found if {
	some step in lib.steps(["aws sqs CreateQueue", "aws sqs SetQueueAttributes"])
	lib.unknown_at(step.params, ["Attributes", "SqsManagedSseEnabled"])
	found := lib.unknown(lib.finding("SEC-AWS-MSG-01", step, "$.Attributes.SqsManagedSseEnabled", "Whether messages are encrypted at rest is known only once an earlier step has run"))
}
