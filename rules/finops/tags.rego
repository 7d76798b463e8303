# FIN-TAG-01: tags that every resource must carry.
package provisioner.finops

import rego.v1

import data.provisioner.lib

mandatory := object.get(data.books.owner, "mandatory_tags", [])

lacking contains {"steps": tagging.steps, "unknown": tagging.unknown, "missing": missing} if {
	some tagging in input.taggings
	missing := [key | some tag in mandatory; key := tag.key; not tagging.tags[key]]
	count(missing) > 0
}

deny contains found if {
	some tagging in lacking
	not tagging.unknown
	some step in tagging.steps
	found := lib.finding("FIN-TAG-01", step, tag_path(step), sprintf("Tags missing: %s", [concat(", ", tagging.missing)]))
}

deny contains found if {
	some tagging in lacking
	tagging.unknown
	some step in tagging.steps
	found := lib.unknown(lib.finding(
		"FIN-TAG-01", step, tag_path(step),
		sprintf("Whether the tags %s are there is known only once an earlier step has run", [concat(", ", tagging.missing)]),
	))
}

deny contains found if {
	some tagging in input.taggings
	some tag in mandatory
	value := tagging.tags[tag.key]
	not lib.is_reference(value)
	not good_value(tag, value)
	some step in tagging.steps
	found := lib.finding("FIN-TAG-01", step, tag_path(step), sprintf("The tag %s is %s; it must be %s", [tag.key, value, wanted(tag)]))
}

good_value(tag, value) if {
	value != ""
	allowed_value(tag, value)
	matches(tag, value)
}

allowed_value(tag, _) if count(tag.values) == 0

allowed_value(tag, value) if value in tag.values

matches(tag, _) if not tag.pattern

matches(tag, value) if regex.match(sprintf("^(?:%s)$", [tag.pattern]), value)

wanted(tag) := sprintf("one of %s", [concat(", ", tag.values)]) if count(tag.values) > 0

wanted(tag) := sprintf("like %s", [tag.pattern]) if {
	count(tag.values) == 0
	tag.pattern
}

wanted(tag) := "something" if {
	count(tag.values) == 0
	not tag.pattern
}

tag_path(step) := "$.body.tags" if step.cloud == "azure"

tag_path(step) := "$.body.freeformTags" if step.cloud == "oci"

tag_path(step) := path if {
	step.cloud == "aws"
	names := [name | some name in object.keys(step.params); lower(name) in tag_members]
	path := sprintf("$.%s", [array.concat(names, ["Tags"])[0]])
}

tag_members := {"tags", "tagspecifications", "taglist"}
