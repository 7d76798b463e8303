//! The two layouts of a description.

use std::fmt::Write;

use super::{Description, MemberLine};
use crate::text::{fit, width};

/// Members that the compact form shows one by one; the others are only named.
const MOST_LINES: usize = 60;

impl Description {
    /// For a model: few characters, one member a line, `*` for required. Deprecated members are
    /// left out.
    #[must_use]
    pub fn compact(&self) -> String {
        let mut out = format!(
            "{} ({}{})",
            self.operation,
            self.access.class.as_str(),
            if self.deprecated { ", deprecated" } else { "" }
        );
        match (&self.path, &self.kind) {
            (Some(path), Some(kind)) => {
                let _ = write!(out, "\n{path}: {kind}");
                return out;
            }
            (Some(path), None) => {
                let _ = write!(out, " {path}");
            }
            _ => {}
        }
        if self.members.is_empty() {
            out.push_str("\nno parameters");
        }
        let live: Vec<&MemberLine> = self.members.iter().filter(|m| m.is_shown()).collect();
        for member in live.iter().take(MOST_LINES) {
            let _ = write!(out, "\n{}", member.compact());
        }
        if live.len() > MOST_LINES {
            let names: Vec<&str> = live.iter().skip(MOST_LINES).map(|m| m.name.as_str()).collect();
            let _ = write!(out, "\nalso: {}", names.join(", "));
        }
        if !self.answer.is_empty() {
            let names: Vec<String> = self.answer.iter().map(|m| format!("{} {}", m.name, m.kind)).collect();
            let _ = write!(out, "\nanswer: {}", fit(&names.join(", "), 400));
        }
        out
    }

    /// For a person: columns that fit into so many cells.
    #[must_use]
    pub fn readable(&self, cells: usize) -> String {
        let mut out = String::new();
        let irreversible = if self.access.irreversible { ", cannot be taken back" } else { "" };
        let deprecated = if self.deprecated { " (deprecated)" } else { "" };
        let _ = writeln!(out, "{}{deprecated}: {}", self.operation, self.title);
        let _ = writeln!(out, "{}{irreversible} ({})", self.access.class.as_str(), self.access.source);
        if let (Some(path), Some(kind)) = (&self.path, &self.kind) {
            let _ = writeln!(out, "\n{path}: {kind}");
            return out;
        }
        let _ = writeln!(out, "\n{}", self.path.as_deref().unwrap_or("Parameters (* required)"));
        if self.members.is_empty() {
            out.push_str("  none\n");
        }
        table(&mut out, &self.members, cells);
        if !self.answer.is_empty() {
            out.push_str("\nAnswer\n");
            table(&mut out, &self.answer, cells);
        }
        if self.members.iter().chain(&self.answer).any(|m| m.kind.contains('{')) && self.path.is_none() {
            out.push_str("\nMore of one member: --path NAME, of the answer: --path output.NAME\n");
        }
        out
    }
}

impl MemberLine {
    fn is_shown(&self) -> bool {
        self.required || !self.notes.iter().any(|note| note == "deprecated")
    }

    fn compact(&self) -> String {
        let star = if self.required { "*" } else { "" };
        let notes =
            if self.notes.is_empty() { String::new() } else { format!(" ({})", self.notes.join(", ")) };
        format!("{}{star}: {}{notes}", self.name, self.kind)
    }
}

fn table(out: &mut String, members: &[MemberLine], cells: usize) {
    let name = |m: &MemberLine| format!("{}{}", m.name, if m.required { "*" } else { "" });
    let column = members.iter().map(|m| width(&name(m))).max().unwrap_or(0).min(36);
    for member in members {
        let label = name(member);
        let pad = " ".repeat(column.saturating_sub(width(&label)));
        let mut about = member.kind.clone();
        for note in member.bounds.iter().chain(&member.notes) {
            let _ = write!(about, " · {note}");
        }
        let _ = writeln!(out, "{}", fit(&format!("  {label}{pad}  {about}"), cells));
    }
}

#[cfg(test)]
mod tests {
    use crate::catalog::compile::botocore::service_from_models;
    use crate::catalog::describe::describe;
    use crate::catalog::shapes::Service;
    use serde_json::json;

    fn service() -> Service {
        let values: Vec<String> = (1..=40).map(|n| format!("t{n}.large")).collect();
        let model = json!({
            "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "ec2", "protocol": "json", "jsonVersion": "1.1",
                "serviceFullName": "Elastic Compute", "serviceId": "EC2", "signatureVersion": "v4", "targetPrefix": "ec2"},
            "operations": {"RunInstances": {"name": "RunInstances", "http": {"method": "POST", "requestUri": "/"},
                "input": {"shape": "In"}, "output": {"shape": "Out"}},
                "ListNothing": {"name": "ListNothing", "http": {"method": "POST", "requestUri": "/"}}},
            "shapes": {
                "In": {"type": "structure", "required": ["MaxCount"], "members": {
                    "ImageId": {"shape": "Text"}, "Kind": {"shape": "Kind"}, "Old": {"shape": "Text", "deprecated": true},
                    "BlockDeviceMappings": {"shape": "Devices"}, "Tags": {"shape": "Map"},
                    "Token": {"shape": "Text", "idempotencyToken": true}, "MaxCount": {"shape": "Count"},
                    "Password": {"shape": "Secret"},
                }},
                "Out": {"type": "structure", "members": {"Instances": {"shape": "Instances"}}},
                "Instances": {"type": "list", "member": {"shape": "Instance"}},
                "Instance": {"type": "structure", "members": {"InstanceId": {"shape": "Text"}}},
                "Devices": {"type": "list", "member": {"shape": "Device"}},
                "Device": {"type": "structure", "required": ["Name"], "members": {
                    "Ebs": {"shape": "Ebs"}, "Name": {"shape": "Text"}}},
                "Ebs": {"type": "structure", "members": {"VolumeType": {"shape": "Volume"}, "Self": {"shape": "Devices"}}},
                "Volume": {"type": "string", "enum": ["gp2", "gp3"]},
                "Kind": {"type": "string", "enum": values},
                "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
                "Text": {"type": "string"}, "Secret": {"type": "string", "sensitive": true},
                "Count": {"type": "integer", "min": 1, "max": 9},
            },
        });
        service_from_models("ec2", &model, None, None, None).unwrap()
    }

    fn text(path: Option<&str>) -> String {
        let service = service();
        describe(&service, service.operation("RunInstances").unwrap(), path).unwrap().compact()
    }

    #[test]
    fn what_the_cloud_sets_is_in_the_answer_and_not_among_the_parameters() {
        let catalog = crate::catalog::Catalog::open(None).unwrap();
        let name = crate::plan::OperationName::new(
            crate::plan::CloudName::Azure,
            "compute",
            "VirtualMachines_CreateOrUpdate",
        );
        let found = catalog.operation(&name).unwrap();
        let whole = describe(found.service(), found.operation(), None).unwrap();
        assert!(whole.answer.iter().any(|line| line.name == "id"));
        let body = describe(found.service(), found.operation(), Some("body")).unwrap();
        assert!(body.members.iter().all(|line| line.name != "id"));
        let text = whole.readable(100);
        assert!(
            text.contains("resourceGroupName*") && text.contains("write (the request is a PUT)"),
            "{text}"
        );
    }

    #[test]
    fn a_model_sees_required_members_first_and_short_values() {
        insta::assert_snapshot!(text(None), @r"
        aws ec2 RunInstances (write)
        MaxCount*: integer
        ImageId: string
        Kind: t1.large|t2.large|t3.large|t4.large|t5.large|t6.large|… 34 more
        BlockDeviceMappings: [{Name*, Ebs}]
        Tags: {string: string}
        Token: string (filled in when absent)
        Password: string (secret)
        answer: Instances [{InstanceId}]
        ");
    }

    #[test]
    fn a_path_leads_through_lists_into_parameters_and_answer() {
        assert!(text(Some("BlockDeviceMappings.Ebs")).contains("VolumeType: gp2|gp3"));
        assert!(text(Some("BlockDeviceMappings[].Ebs.Self.Name")).contains(": string"));
        assert!(text(Some("output.Instances")).contains("InstanceId: string"));
        assert!(text(Some("Kind")).contains("t40.large"), "asked for by path, all values are shown");
    }

    #[test]
    fn a_wrong_path_offers_the_nearest_member() {
        let service = service();
        let operation = service.operation("RunInstances").unwrap();
        let message = describe(&service, operation, Some("BlockDeviceMapping.Ebs")).unwrap_err().to_string();
        assert!(message.contains("did you mean `BlockDeviceMappings`?"), "{message}");
        let message = describe(&service, operation, Some("ImageId.x")).unwrap_err().to_string();
        assert!(message.contains("`ImageId` is string and has no members"), "{message}");
    }

    #[test]
    fn a_person_sees_columns_that_fit() {
        let service = service();
        let description = describe(&service, service.operation("RunInstances").unwrap(), None).unwrap();
        let text = description.readable(60);
        assert!(text.lines().all(|line| crate::text::width(line) <= 80), "{text}");
        insta::assert_snapshot!(text);
        let nothing = describe(&service, service.operation("ListNothing").unwrap(), None).unwrap();
        assert!(nothing.readable(80).contains("none"));
    }
}
