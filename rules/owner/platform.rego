# What the owner of the platform decides: services, images, networks, names, and what may go.
package provisioner.owner

import rego.v1

import data.provisioner.lib

# OWN-SVC-01
deny contains found if {
	patterns := data.books.owner.allowed_services
	some step in input.steps
	service := sprintf("%s %s", [step.cloud, step.service])
	count([1 | some pattern in patterns; glob.match(pattern, [], service)]) == 0
	found := lib.finding("OWN-SVC-01", step, "service", sprintf("The service %s is not allowed", [service]))
}

deny contains found if {
	some pattern in data.books.owner.forbidden_operations
	some step in input.steps
	glob.match(pattern, [], step.name)
	found := lib.finding("OWN-SVC-01", step, "operation", sprintf("The operation %s is forbidden", [step.name]))
}

# OWN-DEL-01
deny contains found if {
	some step in destroying
	found := lib.finding("OWN-DEL-01", step, "$", sprintf("%s destroys something", [step.operation]))
}

# One operation is for all its steps what it is for one.
destroying contains step if {
	some group in input.by
	destroys(group[0])
	some step in group
}

destroys(step) if step.class == "delete"

destroys(step) if regex.match(`^(Delete|Terminate|Purge)|_(Begin)?Delete$|Purge`, step.operation)

destroys(step) if step.name in {"aws ec2 ReleaseAddress", "aws kms ScheduleKeyDeletion"}

# OWN-DEL-02
deny contains found if {
	some step in destroying
	some id, tags in input.inventory.tags
	some member, value in step.params
	id in lib.list(value)
	some key, wanted in data.books.owner.protected_tags
	tags[key] == wanted
	found := lib.finding("OWN-DEL-02", step, sprintf("$.%s", [member]), sprintf("%s is protected by the tag %s=%s", [id, key, wanted]))
}

# What an earlier step names may be protected.
deny contains found if {
	count(object.get(data.books.owner, "protected_tags", {})) > 0
	some step in destroying
	some member, value in step.params
	some one in lib.list(value)
	lib.is_reference(one)
	found := lib.unknown(lib.finding("OWN-DEL-02", step, sprintf("$.%s", [member]), "Whether it is protected is known only once an earlier step has run"))
}

# OWN-CMP-01
deny contains found if {
	some group in input.by
	group[0].cloud == "oci"
	some step in group
	compartment := step.params.body.compartmentId
	in_root(compartment)
	step.makes
	not step.name in {"oci identity.identity CreateCompartment", "oci identity.identity CreatePolicy"}
	found := lib.finding("OWN-CMP-01", step, "$.body.compartmentId", sprintf("The compartment %s is the tenancy itself", [compartment]))
}

in_root(compartment) if compartment == data.books.owner.tenancy

in_root(compartment) if startswith(compartment, "ocid1.tenancy.")

# OWN-IMG-01: {step, path, image} of every image in the form of the book's patterns.
images contains {"step": step, "path": "$.ImageId", "image": image} if {
	some step in lib.steps(["aws ec2 RunInstances"])
	image := step.params.ImageId
}

images contains {"step": step, "path": "$.LaunchTemplateData.ImageId", "image": image} if {
	some step in lib.steps(["aws ec2 CreateLaunchTemplate"])
	image := step.params.LaunchTemplateData.ImageId
}

images contains {"step": step, "path": "$.body.properties.storageProfile.imageReference", "image": image} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	reference := step.params.body.properties.storageProfile.imageReference
	image := object.get(reference, "id", sprintf("%s:%s:%s", [object.get(reference, "publisher", ""), object.get(reference, "offer", ""), object.get(reference, "sku", "")]))
}

images contains {"step": step, "path": "$.body.sourceDetails.imageId", "image": image} if {
	some step in lib.steps(["oci core.compute LaunchInstance"])
	image := step.params.body.sourceDetails.imageId
}

deny contains found if {
	some entry in images
	patterns := data.books.owner.images[entry.step.cloud]
	count(patterns) > 0
	not lib.is_reference(entry.image)
	count([1 | some pattern in patterns; glob.match(lower(pattern), [], lower(entry.image))]) == 0
	found := lib.finding("OWN-IMG-01", entry.step, entry.path, sprintf("The image %s is not approved", [entry.image]))
}

deny contains found if {
	some entry in images
	count(data.books.owner.images[entry.step.cloud]) > 0
	lib.is_reference(entry.image)
	found := lib.unknown(lib.finding("OWN-IMG-01", entry.step, entry.path, "The image is known only once an earlier step has run"))
}

# OWN-NET-01: VMs by the network that they land in.
vms contains {"step": step, "subnet": subnet, "count": object.get(step.params, "MaxCount", 1), "path": "$.SubnetId"} if {
	some step in lib.steps(["aws ec2 RunInstances"])
	subnet := aws_subnet(step.params)
}

aws_subnet(params) := params.SubnetId

aws_subnet(params) := card.SubnetId if {
	not params.SubnetId
	some i, card in params.NetworkInterfaces
	i == 0
}

vms contains {"step": step, "subnet": subnet, "count": 1, "path": "$.body.createVnicDetails.subnetId"} if {
	some step in lib.steps(["oci core.compute LaunchInstance"])
	subnet := object.get(step.params, ["body", "createVnicDetails", "subnetId"], object.get(step.params, ["body", "subnetId"], null))
	subnet != null
}

# Azure VMs name a card; all cards of one plan are taken to be in one network.
vms contains {"step": step, "subnet": "azure", "count": 1, "path": "$.body.properties.networkProfile"} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
}

# A subnet of the plan belongs to the VPC that its own step names; others the graph knows.
network_of(subnet) := input.inventory.subnets[subnet].network

network_of(subnet) := network if {
	some name, keys in {"aws ec2 CreateSubnet": ["VpcId"], "oci core.virtual_network CreateSubnet": ["body", "vcnId"]}
	some step in input.by[name]
	contains(subnet, sprintf("steps.%s.output", [step.id]))
	network := object.get(step.params, keys, "?")
}

network_of("azure") := "the network of the plan"

known_network(subnet) if network_of(subnet)

deny contains found if {
	most := data.books.owner.max_vms_per_network
	networks := {network_of(vm.subnet) | some vm in vms}
	some network in networks
	there := object.get(input.inventory, ["networks", network, "vms"], 0)
	those := [vm | some vm in vms; network_of(vm.subnet) == network]
	total := there + sum([vm.count | some vm in those; is_number(vm.count)])
	total > most
	some vm in those
	found := lib.finding("OWN-NET-01", vm.step, vm.path, sprintf("The network would hold %d VMs, more than the %d allowed", [total, most]))
}

# Where the network is not known, the plan alone can still be too much.
deny contains found if {
	most := data.books.owner.max_vms_per_network
	some vm in vms
	not known_network(vm.subnet)
	is_number(vm.count)
	vm.count > most
	found := lib.finding("OWN-NET-01", vm.step, "$.MaxCount", sprintf("The step alone makes %d VMs, more than the %d allowed in a network", [vm.count, most]))
}

deny contains found if {
	most := data.books.owner.max_vms_per_network
	some vm in vms
	not known_network(vm.subnet)
	is_number(vm.count)
	vm.count <= most
	found := lib.unknown(lib.finding("OWN-NET-01", vm.step, vm.path, sprintf("How many VMs the network of %s holds already is not known", [vm.subnet])))
}

# OWN-NET-02: data in subnets that are public.
data_subnets contains {"step": step, "path": sprintf("$.%s[%d]", [concat(".", keys), i]), "subnet": subnet} if {
	some name, keys in {
		"aws rds CreateDBSubnetGroup": ["SubnetIds"], "aws elasticache CreateCacheSubnetGroup": ["SubnetIds"],
		"aws redshift CreateClusterSubnetGroup": ["SubnetIds"],
	}
	some step in input.by[name]
	some i, subnet in lib.list(object.get(step.params, keys, []))
}

data_subnets contains {"step": step, "path": sprintf("$.%s", [concat(".", keys)]), "subnet": subnet} if {
	some name, keys in {
		"azure postgresqlflexibleservers Servers_CreateOrUpdate": ["body", "properties", "network", "delegatedSubnetResourceId"],
		"oci database.database CreateAutonomousDatabase": ["body", "subnetId"],
	}
	some step in input.by[name]
	subnet := object.get(step.params, keys, null)
	subnet != null
}

public_subnet(subnet) if subnet in object.get(data.books.owner, "public_subnets", [])

public_subnet(subnet) if input.inventory.subnets[subnet].public == true

# A subnet of the plan is public if it gives addresses or routes to an internet gateway.
public_subnet(subnet) if {
	some step in lib.steps(["aws ec2 ModifySubnetAttribute"])
	step.params.SubnetId == subnet
	lib.word(object.get(step.params, ["MapPublicIpOnLaunch", "Value"], false)) == "true"
}

public_subnet(subnet) if {
	some association in lib.steps(["aws ec2 AssociateRouteTable"])
	association.params.SubnetId == subnet
	some route in lib.steps(["aws ec2 CreateRoute"])
	route.params.RouteTableId == association.params.RouteTableId
	gateway := route.params.GatewayId
	leads_out(gateway)
}

public_subnet(subnet) if {
	some step in lib.steps(["oci core.virtual_network CreateSubnet"])
	contains(subnet, sprintf("steps.%s.output", [step.id]))
	object.get(step.params, ["body", "prohibitPublicIpOnVnic"], false) == false
}

leads_out(gateway) if startswith(gateway, "igw-")

leads_out(gateway) if {
	some step in lib.steps(["aws ec2 CreateInternetGateway"])
	contains(gateway, sprintf("steps.%s.output", [step.id]))
}

known_subnet(subnet) if input.inventory.subnets[subnet].public in {true, false}

known_subnet(subnet) if {
	some name in ["aws ec2 CreateSubnet", "oci core.virtual_network CreateSubnet"]
	some step in input.by[name]
	contains(subnet, sprintf("steps.%s.output", [step.id]))
}

deny contains found if {
	some entry in data_subnets
	public_subnet(entry.subnet)
	found := lib.finding("OWN-NET-02", entry.step, entry.path, sprintf("The subnet %s is public, and data must not be in one", [entry.subnet]))
}

deny contains found if {
	some entry in data_subnets
	not public_subnet(entry.subnet)
	not known_subnet(entry.subnet)
	found := lib.unknown(lib.finding("OWN-NET-02", entry.step, entry.path, sprintf("Whether the subnet %s is public is not known", [entry.subnet])))
}

# OWN-NAM-01
name_members := {
	"Bucket", "RoleName", "FunctionName", "TableName", "DBInstanceIdentifier", "DBClusterIdentifier", "GroupName",
	"QueueName", "Name", "clusterName", "repositoryName", "vmName", "accountName", "vaultName", "virtualNetworkName",
	"networkSecurityGroupName", "serverName", "registryName", "resourceName",
}

deny contains found if {
	pattern := data.books.owner.name_pattern
	some step in input.steps
	step.makes
	some place in named(step)
	is_string(place.value)
	not lib.is_reference(place.value)
	not regex.match(sprintf("^(?:%s)$", [pattern]), place.value)
	found := lib.finding("OWN-NAM-01", step, place.path, sprintf("The name %s does not fit %s", [place.value, pattern]))
}

deny contains found if {
	data.books.owner.name_pattern
	some step in input.steps
	step.makes
	some place in named(step)
	lib.is_reference(place.value)
	found := lib.unknown(lib.finding("OWN-NAM-01", step, place.path, "The name is known only once an earlier step has run"))
}

named(step) := array.concat(
	[{"path": sprintf("$.%s", [member]), "value": value} | some member in object.keys(step.params); member in name_members; value := step.params[member]],
	[{"path": sprintf("$.body.%s", [member]), "value": value} | some member in ["displayName", "name"]; value := object.get(step.params, ["body", member], null); value != null],
)

# OWN-TIM-01: one word for each environment, at its first step.
first_steps[environment] := group[0] if {
	some environment in {step.environment | some step in input.steps; step.environment != ""}
	group := [step | some step in input.steps; step.environment == environment]
}

deny contains found if {
	count(object.get(data.books.owner, "change_window", {})) > 0
	some environment, step in first_steps
	window := lib.limit(data.books.owner.change_window, step)
	not open_now(window)
	found := lib.finding("OWN-TIM-01", step, "environment", sprintf("It is %s %s; %s is changed from %s to %s%s", [
		input.now.day, input.now.time, environment, window.from, window.to, on_days(window),
	]))
}

deny contains found if {
	some freeze in object.get(data.books.owner, "freezes", [])
	freeze.from <= input.now.date
	input.now.date <= freeze.to
	some environment, step in first_steps
	lib.is_prod(environment)
	found := lib.finding("OWN-TIM-01", step, "environment", sprintf("Production is left alone from %s to %s: %s", [freeze.from, freeze.to, freeze.reason]))
}

open_now(window) if {
	on_day(window)
	window.from <= input.now.time
	input.now.time < window.to
}

# A window over midnight.
open_now(window) if {
	window.to < window.from
	on_day(window)
	window.from <= input.now.time
}

open_now(window) if {
	window.to < window.from
	on_day(window)
	input.now.time < window.to
}

on_day(window) if count(window.days) == 0

on_day(window) if input.now.day in window.days

on_days(window) := "" if count(window.days) == 0

on_days(window) := sprintf(" on %s", [concat(", ", window.days)]) if count(window.days) > 0
