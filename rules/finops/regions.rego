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

# "Switzerland North" and switzerlandnorth are one place.
plain("azure", region) := lower(replace(region, " ", ""))

plain(cloud, region) := region if cloud != "azure"

# Places of steps, and of buckets that say it once more: {step, path, region}.
elsewhere contains {"step": step, "path": place.path, "region": region} if {
	some place in input.places
	limited(place.cloud)
	region := plain(place.cloud, place.region)
	not region in data.books.owner.regions[place.cloud]
	some step in place.steps
}

elsewhere contains {"step": step, "path": "$.CreateBucketConfiguration.LocationConstraint", "region": region} if {
	limited("aws")
	some step in lib.steps(["aws s3 CreateBucket"])
	region := bucket_region(step)
	not region in data.books.owner.regions.aws
}

limited(cloud) if count(data.books.owner.regions[cloud]) > 0

bucket_region(step) := step.params.CreateBucketConfiguration.LocationConstraint if step.name == "aws s3 CreateBucket"

deny contains found if {
	some entry in elsewhere
	not is_global(entry.step)
	not lib.is_reference(entry.region)
	is_string(entry.region)
	entry.region != "global"
	found := lib.finding(
		"FIN-REG-01", entry.step, entry.path,
		sprintf("The region %s is not allowed; allowed are %s", [entry.region, concat(", ", data.books.owner.regions[entry.step.cloud])]),
	)
}

deny contains found if {
	some entry in elsewhere
	not is_global(entry.step)
	lib.is_reference(entry.region)
	found := lib.unknown(lib.finding("FIN-REG-01", entry.step, entry.path, "The region is known only once an earlier step has run"))
}

# What names no place at all: where it goes is not known, and that is no pass.
deny contains found if {
	some entry in elsewhere
	not is_global(entry.step)
	entry.region == null
	not bucket_region(entry.step)
	found := lib.unknown(lib.finding("FIN-REG-01", entry.step, "region", "Neither the step nor the settings of this machine name a region"))
}
