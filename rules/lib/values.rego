# Values that may be known, absent, or unknown, and the findings that are made of them.
package provisioner.lib

import rego.v1

# Steps of any of these operations.
steps(names) := [step | some name in names; some step in input.by[name]]

# A value that is not known before an earlier step has run.
is_reference(value) if {
	is_string(value)
	contains(value, "${{")
}

# The value itself or something on the way to it is a reference.
unknown_at(value, _) if is_reference(value)

unknown_at(value, keys) if {
	some n in numbers.range(1, count(keys))
	is_reference(object.get(value, array.slice(keys, 0, n), null))
}

# One value or a list of them, as a list.
list(value) := value if is_array(value)

list(value) := [value] if {
	not is_array(value)
	value != null
}

list(null) := []

# Yes, as a value or as people write it.
is_yes(value) if word(value) == "true"

# A number, also where it stands as text.
number(value) := value if is_number(value)

number(value) := to_number(value) if {
	is_string(value)
	regex.match(`^-?[0-9]+(\.[0-9]+)?$`, value)
}

# A value as a word: texts in lower case, all else as JSON.
word(value) := lower(value) if is_string(value)

word(value) := json.marshal(value) if not is_string(value)

is_prod(environment) if lower(environment) in {"prod", "production", "prd", "live"}

is_nonprod(environment) if {
	environment != ""
	not is_prod(environment)
}

# The value of a book that holds one value per environment.
limit(book, step) := value if {
	value := book[step.environment]
} else := book["default"]

finding(rule, step, path, msg) := {"rule": rule, "step": step.id, "path": path, "msg": msg}

with_patch(found, operations) := object.union(found, {"patch": operations})

unknown(found) := object.union(found, {"state": "unknown"})

# Text as JSON, or the value itself where it is no text.
document(value) := json.unmarshal(value) if {
	is_string(value)
	json.is_valid(value)
}

document(value) := value if is_object(value)

# Steps that speak of the same resource as this one.
related(step) := [other | some id in step.related; other := input.steps[id]]
