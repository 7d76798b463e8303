# What is made and then not used, and what is kept without end.
package provisioner.finops

import rego.v1

import data.provisioner.lib

# Another step that uses the resource, not only tags it.
used(step) if {
	some other in lib.related(step)
	not contains(lower(other.operation), "tag")
}

# Azure names resources in texts.
used(step) if {
	step.cloud == "azure"
	name := step.params.publicIpAddressName
	some other in input.steps
	other.id != step.id
	contains(lower(json.marshal(other.params)), lower(sprintf("/publicIPAddresses/%s\"", [name])))
}

# FIN-NET-01
deny contains found if {
	some step in lib.steps(["aws ec2 AllocateAddress", "azure network PublicIPAddresses_CreateOrUpdate", "oci core.virtual_network CreatePublicIp"])
	not used(step)
	object.get(step.params, ["body", "privateIpId"], null) == null
	found := lib.finding("FIN-NET-01", step, "$", "The address is paid for, and no step of the plan attaches it")
}

# FIN-NET-02
deny contains found if {
	some i, step in lib.steps(["aws ec2 CreateNatGateway"])
	lib.is_nonprod(step.environment)
	i > 0
	found := lib.finding("FIN-NET-02", step, "$", sprintf("NAT gateway number %d of the plan, outside production", [i + 1]))
}

# FIN-NET-03
deny contains found if {
	some step in lib.steps(["aws elbv2 CreateLoadBalancer", "oci load_balancer.load_balancer CreateLoadBalancer"])
	not used(step)
	count(object.get(step.params, ["body", "listeners"], {})) == 0
	found := lib.finding("FIN-NET-03", step, "$", "The load balancer has no listener in the plan")
}

# FIN-LOG-01
deny contains found if {
	some step in lib.steps(["aws logs CreateLogGroup"])
	count([1 | some other in lib.related(step); other.name == "aws logs PutRetentionPolicy"]) == 0
	found := lib.finding("FIN-LOG-01", step, "$.logGroupName", sprintf("The logs of %s are kept and paid for without end", [object.get(step.params, "logGroupName", "the group")]))
}

deny contains found if {
	some step in lib.steps(["aws logs DeleteRetentionPolicy"])
	found := lib.finding("FIN-LOG-01", step, "$.logGroupName", "The logs will be kept and paid for without end")
}

deny contains found if {
	some step in lib.steps(["aws logs PutRetentionPolicy"])
	days := step.params.retentionInDays
	days > data.books.finops.max_log_days
	found := lib.finding("FIN-LOG-01", step, "$.retentionInDays", sprintf("Logs are kept for %v days, more than the %v allowed", [days, data.books.finops.max_log_days]))
}

# FIN-S3-01
deny contains found if {
	some name, wanted_steps in {
		"aws s3 CreateBucket": {"aws s3 PutBucketLifecycleConfiguration", "aws s3 PutBucketLifecycle"},
		"aws ecr CreateRepository": {"aws ecr PutLifecyclePolicy"},
	}
	some step in input.by[name]
	count([1 | some other in lib.related(step); other.name in wanted_steps]) == 0
	found := lib.finding("FIN-S3-01", step, "$", "No step cleans up what is old")
}
