# The rules that are rows of data: one parameter and the values that are good or bad.
package provisioner.lib

import rego.v1

check_findings(pack) := {found |
	some name in object.keys(input.by)
	some row in data.checks[pack][name]
	some step in input.by[name]
	not object.get(step.params, row.paths[0], null) in row.fine
	row_fits(row, step)
	some item in items(row, step.params)
	found := check_finding(row, step, item)
}

row_fits(row, step) if {
	row_environment(row.environment, step.environment)
	row_when(row, step.params)
	not row_excepted(row, step.params)
}

row_environment(null, _) := true

row_environment("prod", environment) if is_prod(environment)

row_environment("!prod", environment) if is_nonprod(environment)

row_when(row, _) if not row.when

row_when(row, params) if condition_holds(row.when, params)

row_excepted(row, params) if condition_holds(row.unless, params)

condition_holds(condition, params) if {
	value := object.get(params, condition.keys, null)
	value != null
	condition_admits(condition.is, value)
}

condition_admits([], _) := true

condition_admits(values, value) if value_in(value, values)

items(row, params) := [{"at": "$", "pointer": "", "value": params}] if not row.in_list

items(row, params) := found if {
	row.in_list
	values := list(object.get(params, row.each, []))
	at := concat(".", row.each)
	pointer := concat("/", row.each)
	found := [item |
		some i
		value := values[i]
		item := {"at": sprintf("$.%s[%d]", [at, i]), "pointer": sprintf("/%s/%d", [pointer, i]), "value": value}
	]
}

row_unknown(row, value) if {
	some keys in row.paths
	unknown_at(value, keys)
}

# The first of the row's places that holds something.
present(row, value) := [keys, object.get(value, keys, null)] if {
	places := [keys | some keys in row.paths; object.get(value, keys, null) != null]
	keys := places[0]
}

check_finding(row, step, item) := unknown(finding(
	row.rule, step, sprintf("%s.%s", [item.at, concat(".", row.paths[0])]),
	sprintf("%s? `%s` is known only once an earlier step has run; %s", [row.title, concat(".", row.paths[0]), wanted(row)]),
)) if {
	row_unknown(row, item.value)
} else := found if {
	[keys, value] := present(row, item.value)
	is_bad(row, value)
	found := repaired(row, item, keys, finding(
		row.rule, step, sprintf("%s.%s", [item.at, concat(".", keys)]),
		sprintf("%s: `%s` is %s; %s", [row.title, concat(".", keys), word(value), wanted(row)]),
	))
} else := found if {
	row.absent == "bad"
	not present(row, item.value)
	found := repaired(row, item, row.paths[0], finding(
		row.rule, step, sprintf("%s.%s", [item.at, concat(".", row.paths[0])]),
		sprintf("%s: `%s` is not set; %s", [row.title, concat(".", row.paths[0]), wanted(row)]),
	))
} else := found if {
	row.absent == "unknown"
	not present(row, item.value)
	found := unknown(repaired(row, item, row.paths[0], finding(
		row.rule, step, sprintf("%s.%s", [item.at, concat(".", row.paths[0])]),
		sprintf("%s? `%s` is not set, so the account decides; %s", [row.title, concat(".", row.paths[0]), wanted(row)]),
	)))
}

is_bad(row, value) if {
	count(row.good) > 0
	not value_in(value, row.good)
}

is_bad(row, value) if value_in(value, row.bad)

value_in(value, values) if {
	some other in values
	word(other) == word(value)
}

wanted(row) := sprintf("it must be %s", [concat(" or ", [word(value) | some value in row.good])]) if count(row.good) > 0

wanted(row) := sprintf("it must not be %s", [concat(" or ", [word(value) | some value in row.bad])]) if count(row.bad) > 0

wanted(row) := "it must be set" if {
	count(row.good) == 0
	count(row.bad) == 0
}

repaired(row, item, keys, found) := with_patch(found, [operation]) if {
	row.set != null
	is_object(item.value)
	operation := setting(item.value, item.pointer, keys, row.set)
} else := found

# The operation that sets a value whose parents may not be there yet.
setting(value, pointer, keys, wanted_value) := operation if {
	depths := [n | some n in numbers.range(0, count(keys) - 1); is_object(parent(value, keys, n))]
	depth := max(depths)
	operation := {
		"op": "add",
		"path": sprintf("%s/%s", [pointer, concat("/", array.slice(keys, 0, depth + 1))]),
		"value": nested(array.slice(keys, depth + 1, count(keys)), wanted_value),
	}
}

parent(value, _, 0) := value

parent(value, keys, n) := object.get(value, array.slice(keys, 0, n), null) if n > 0

nested([], value) := value

nested([a], value) := {a: value}

nested([a, b], value) := {a: {b: value}}

nested([a, b, c], value) := {a: {b: {c: value}}}

nested([a, b, c, d], value) := {a: {b: {c: {d: value}}}}
