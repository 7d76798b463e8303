# FIN-REG-01: regions that may be used.
package provisioner.finops

import rego.v1

import data.provisioner.lib

# Services that have one endpoint for the whole cloud.
global_services := {"aws": {
	"iam", "sts", "route53", "route53domains", "cloudfront", "organizations", "support", "budgets", "ce",
	"globalaccelerator", "shield", "waf", "account", "savingsplans", "networkmanager",
}}

is_global(step) if step.service in global_services[step.cloud]

places(step) := array.concat(
	[{"path": "$.body.location", "region": plain(region)} | step.cloud == "azure"; region := object.get(step.params, ["body", "location"], null); region != null],
	array.concat(
		[{"path": "$.CreateBucketConfiguration.LocationConstraint", "region": region} |
			step.name == "aws s3 CreateBucket"
			region := object.get(step.params, ["CreateBucketConfiguration", "LocationConstraint"], null)
			region != null
		],
		[{"path": "region", "region": step.region} | step.cloud != "azure"; step.region != null],
	),
)

# "Switzerland North" and switzerlandnorth are one place.
plain(region) := lower(replace(region, " ", ""))

deny contains found if {
	allowed := data.books.owner.regions
	some step in input.steps
	count(allowed[step.cloud]) > 0
	not is_global(step)
	some place in places(step)
	not lib.is_reference(place.region)
	not place.region in allowed[step.cloud]
	place.region != "global"
	found := lib.finding(
		"FIN-REG-01", step, place.path,
		sprintf("The region %s is not allowed; allowed are %s", [place.region, concat(", ", allowed[step.cloud])]),
	)
}

deny contains found if {
	allowed := data.books.owner.regions
	some step in input.steps
	count(allowed[step.cloud]) > 0
	not is_global(step)
	some place in places(step)
	lib.is_reference(place.region)
	found := lib.unknown(lib.finding("FIN-REG-01", step, place.path, "The region is known only once an earlier step has run"))
}

# What names no place at all: where it goes is not known, and that is no pass. A part of something in Azure has the place of the
# whole.
deny contains found if {
	allowed := data.books.owner.regions
	some step in input.steps
	step.cloud != "azure"
	count(allowed[step.cloud]) > 0
	not is_global(step)
	count(places(step)) == 0
	found := lib.unknown(lib.finding("FIN-REG-01", step, "region", "Neither the step nor the settings of this machine name a region"))
}
