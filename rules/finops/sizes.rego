# Types and sizes of VMs, disks, and databases.
package provisioner.finops

import rego.v1

import data.provisioner.lib

# Every place that names the type of a VM: {step, path, pointer, type}.
vm_types contains {"step": step, "path": "$.InstanceType", "pointer": "/InstanceType", "type": type, "rule": "FIN-SIZE-01"} if {
	some step in lib.steps(["aws ec2 RunInstances"])
	type := step.params.InstanceType
}

vm_types contains {"step": step, "path": "$.InstanceType.Value", "pointer": "/InstanceType/Value", "type": type, "rule": "FIN-SIZE-01"} if {
	some step in lib.steps(["aws ec2 ModifyInstanceAttribute"])
	type := step.params.InstanceType.Value
}

vm_types contains {"step": step, "path": "$.LaunchTemplateData.InstanceType", "pointer": "/LaunchTemplateData/InstanceType", "type": type, "rule": "FIN-SIZE-01"} if {
	some step in lib.steps(["aws ec2 CreateLaunchTemplate", "aws ec2 CreateLaunchTemplateVersion"])
	type := step.params.LaunchTemplateData.InstanceType
}

vm_types contains {"step": step, "path": "$.body.properties.hardwareProfile.vmSize", "pointer": "/body/properties/hardwareProfile/vmSize", "type": type, "rule": "FIN-SIZE-02"} if {
	some step in lib.steps(["azure compute VirtualMachines_CreateOrUpdate"])
	type := step.params.body.properties.hardwareProfile.vmSize
}

vm_types contains {"step": step, "path": "$.body.sku.name", "pointer": "/body/sku/name", "type": type, "rule": "FIN-SIZE-02"} if {
	some step in lib.steps(["azure compute VirtualMachineScaleSets_CreateOrUpdate", "azure web AppServicePlans_CreateOrUpdate"])
	type := step.params.body.sku.name
}

vm_types contains {
	"step": step, "path": sprintf("$.body.properties.agentPoolProfiles[%d].vmSize", [i]),
	"pointer": sprintf("/body/properties/agentPoolProfiles/%d/vmSize", [i]), "type": type, "rule": "FIN-SIZE-02",
} if {
	some step in lib.steps(["azure containerservice ManagedClusters_CreateOrUpdate"])
	some i, pool in step.params.body.properties.agentPoolProfiles
	type := pool.vmSize
}

vm_types contains {"step": step, "path": "$.body.shape", "pointer": "/body/shape", "type": type, "rule": "FIN-SIZE-03"} if {
	some step in lib.steps(["oci core.compute LaunchInstance"])
	type := step.params.body.shape
}

deny contains found if {
	some vm in vm_types
	allowed := data.books.owner.vm_types[vm.step.cloud]
	count(allowed) > 0
	not lib.is_reference(vm.type)
	not allowed_type(vm.type, allowed)
	found := lib.with_patch(
		lib.finding(vm.rule, vm.step, vm.path, sprintf("The VM type %s is not on the list: %s", [vm.type, concat(", ", allowed)])),
		[{"op": "replace", "path": vm.pointer, "value": nearest(vm.type, allowed)}],
	)
}

deny contains found if {
	some vm in vm_types
	count(data.books.owner.vm_types[vm.step.cloud]) > 0
	lib.is_reference(vm.type)
	found := lib.unknown(lib.finding(vm.rule, vm.step, vm.path, "The VM type is known only once an earlier step has run"))
}

allowed_type(type, allowed) if {
	some pattern in allowed
	glob.match(lower(pattern), [], lower(type))
}

# The first allowed type of the same family, else the last of the list.
nearest(type, allowed) := kin[0] if {
	kin := [other | some other in allowed; split(other, ".")[0] == split(type, ".")[0]]
	count(kin) > 0
} else := allowed[count(allowed) - 1]

# FIN-SIZE-03: flexible shapes have a size of their own.
deny contains found if {
	some step in lib.steps(["oci core.compute LaunchInstance"])
	some size in [
		{"member": "ocpus", "most": lib.limit(object.get(data.books.finops, "max_ocpus", {}), step), "unit": "OCPUs"},
		{"member": "memoryInGBs", "most": lib.limit(object.get(data.books.finops, "max_memory_gib", {}), step), "unit": "GB of memory"},
	]
	value := step.params.body.shapeConfig[size.member]
	is_number(value)
	value > size.most
	found := lib.with_patch(
		lib.finding("FIN-SIZE-03", step, sprintf("$.body.shapeConfig.%s", [size.member]), sprintf("%v %s are more than the %v allowed", [value, size.unit, size.most])),
		[{"op": "replace", "path": sprintf("/body/shapeConfig/%s", [size.member]), "value": size.most}],
	)
}
